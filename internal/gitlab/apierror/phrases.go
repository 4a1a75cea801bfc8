package apierror

import "strings"

// phrases are the parts of GitLab's texts by which a kind is known where the
// status does not tell: REST answers 400 to most of them, GraphQL 200.
// The first one found decides. Texts of GitLab 17.11 to 19.x.
var phrases = []struct {
	part string
	kind Kind
	// leads means that the text must begin with the part.
	leads bool
}{
	{part: "exceeds the allowable number", kind: Limit},
	{part: "query has complexity of", kind: Limit},
	{part: "query has depth of", kind: Limit},
	{part: "query too large", kind: Limit},
	{part: "recursive query", kind: Limit},
	{part: "timeout on validation", kind: Unavailable},
	{part: "timeout", kind: Unavailable, leads: true},
	{part: "request timed out", kind: Unavailable},
	{part: "internal server error", kind: Unavailable},
	{part: "too many times", kind: RateLimited},
	{part: "too many requests", kind: RateLimited},
	{part: "already in the job token", kind: Conflict},
	{part: "has already been taken", kind: Conflict},
	// 18.0 to 18.2 where fine-grained permissions are not active.
	{part: "failed to update job token scope", kind: Unsupported},
	{part: "is not in the job token", kind: NotFound},
	{part: "unable to find a job token scope", kind: NotFound},
	{part: "enforced for the instance", kind: Forbidden},
	{part: "higher privileges than provided by the access token", kind: InsufficientScope},
	{part: "access denied: this operation requires a fine-grained", kind: FineGrained, leads: true},
	{part: "access denied: this operation doesn't support fine-grained", kind: FineGrained, leads: true},
	{part: "access denied: fine-grained", kind: FineGrained, leads: true},
	{part: "insufficient permission", kind: Forbidden},
	{part: "does not have permission to", kind: Forbidden},
	{part: "permissions not held by", kind: Forbidden},
	{part: "token already revoked", kind: Conflict},
	{part: "does not exist", kind: NotFound},
	{part: "don't have permission", kind: Forbidden},
}

// kindOfPhrase is Invalid for a text it does not know.
func kindOfPhrase(words string) Kind {
	lower := strings.ToLower(words)
	for _, phrase := range phrases {
		at := strings.Index(lower, phrase.part)
		if at == 0 || (at > 0 && !phrase.leads) {
			return phrase.kind
		}
	}
	return Invalid
}

// weight orders kinds where several messages come together: the heavier one
// names the whole. NotFound and Conflict weigh least, because callers take
// them for "already gone" and "already there", which must hold for all.
var weight = map[Kind]int{
	Conflict: 1, NotFound: 2, Invalid: 3, Forbidden: 4, InsufficientScope: 5, FineGrained: 6, Unsupported: 7,
	Unavailable: 8, RateLimited: 9, Limit: 10, Unauthenticated: 11,
}

func heaviest(kinds []Kind) Kind {
	kind := Invalid
	for i, k := range kinds {
		if i == 0 || weight[k] > weight[kind] {
			kind = k
		}
	}
	return kind
}

func kindsOfPhrases(messages []string) []Kind {
	kinds := make([]Kind, 0, len(messages))
	for _, message := range messages {
		kinds = append(kinds, kindOfPhrase(message))
	}
	return kinds
}
