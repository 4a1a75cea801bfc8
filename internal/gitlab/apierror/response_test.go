package apierror

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func headers(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func TestFromResponse(t *testing.T) {
	t.Parallel()
	const asJSON, asHTML, asText = "application/json", "text/html; charset=utf-8", "text/plain"
	cases := map[string]struct {
		status int
		form   string
		body   string
		kind   Kind
		words  string
	}{
		"parameter validation":     {400, asJSON, `{"error":"target_project_id is missing"}`, Invalid, "target_project_id is missing"},
		"service error":            {400, asJSON, `{"message":"400 Bad request - Target project is not valid"}`, Invalid, "Target project is not valid"},
		"required attribute":       {400, asJSON, `{"message":"400 Bad request - \"name\" not given"}`, Invalid, `"name" not given`},
		"model validation":         {400, asJSON, `{"message":{"name":["is too short","can't be blank"],"key":["is invalid"]}}`, Invalid, "key is invalid; name is too short; name can't be blank"},
		"model validation on base": {422, asJSON, `{"message":{"base":["Scopes can't be blank"]}}`, Invalid, "Scopes can't be blank"},
		"embedded entity":          {400, asJSON, `{"message":{"owner":{"email":["is taken"]}}}`, Invalid, "owner email is taken"},
		"already taken":            {400, asJSON, `{"message":{"key":["(TOKEN) has already been taken"]}}`, Conflict, "key (TOKEN) has already been taken"},
		"taken, and more wrong":    {400, asJSON, `{"message":{"key":["has already been taken"],"value":["is invalid"]}}`, Invalid, "key has already been taken; value is invalid"},
		"already on the list":      {400, asJSON, `{"message":"400 Bad request - This project is already in the job token allowlist."}`, Conflict, "This project is already in the job token allowlist."},
		"not on the list":          {400, asJSON, `{"message":"400 Bad request - Target project is not in the job token scope"}`, NotFound, "Target project is not in the job token scope"},
		"list full":                {400, asJSON, `{"message":"400 Bad request - Validation failed: Source project exceeds the allowable number of group links"}`, Limit, "Validation failed: Source project exceeds the allowable number of group links"},
		"enforced":                 {400, asJSON, `{"message":"400 Bad request - Job token scope cannot be disabled for this project because it is enforced for the instance."}`, Forbidden, "Job token scope cannot be disabled for this project because it is enforced for the instance."},
		"hidden target":            {400, asJSON, `{"message":"400 Bad request - The target_project that you are attempting to access does not exist or you don't have permission to perform this action"}`, NotFound, "The target_project that you are attempting to access does not exist or you don't have permission to perform this action"},
		"no token":                 {401, asJSON, `{"message":"401 Unauthorized"}`, Unauthenticated, "Unauthorized"},
		"expired":                  {401, asJSON, `{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}`, Unauthenticated, "Token is expired. You can either do re-authorization or token refresh."},
		"token refused by GraphQL": {401, asJSON, `{"errors":[{"message":"Invalid token"}]}`, Unauthenticated, "Invalid token"},
		"token, no right":          {400, asJSON, `{"message":"400 Bad request - User does not have permission to create project access token"}`, Forbidden, "User does not have permission to create project access token"},
		"token, level too high":    {400, asJSON, `{"message":"400 Bad request - Access level of the token contains permissions not held by the creating user"}`, Forbidden, "Access level of the token contains permissions not held by the creating user"},
		"token, expiry too late":   {400, asJSON, `{"message":"400 Bad request - Expires at must be before 2027-01-31"}`, Invalid, "Expires at must be before 2027-01-31"},
		"token, revoked":           {400, asJSON, `{"message":"400 Bad request - Token already revoked"}`, Conflict, "Token already revoked"},
		"role":                     {403, asJSON, `{"message":"403 Forbidden"}`, Forbidden, "Forbidden"},
		"role, with reason":        {403, asJSON, `{"message":"403 Forbidden - Insufficient permissions to modify the job token scope"}`, Forbidden, "Insufficient permissions to modify the job token scope"},
		"grant":                    {403, asJSON, `{"error":"insufficient_granular_scope","error_description":"Access denied: This operation requires a fine-grained personal access token with the following project permissions: [Job Token Scope: Read]."}`, FineGrained, "Access denied: This operation requires a fine-grained personal access token with the following project permissions: [Job Token Scope: Read]."},
		"no grant is made":         {403, asJSON, `{"error":"insufficient_granular_scope","error_description":"Access denied: This operation doesn't support fine-grained personal access tokens."}`, FineGrained, "Access denied: This operation doesn't support fine-grained personal access tokens."},
		"grant, in other words":    {403, asJSON, `{"error":"insufficient_granular_scope"}`, FineGrained, "insufficient_granular_scope"},
		"scope":                    {403, asJSON, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}`, InsufficientScope, "The request requires higher privileges than provided by the access token.; needed scope: api"},
		"project not there":        {404, asJSON, `{"message":"404 Project Not Found"}`, NotFound, "Project Not Found"},
		"target not there":         {404, asJSON, `{"message":"404 target_project_id not found Not Found"}`, NotFound, "target_project_id not found Not Found"},
		"not there, no body":       {404, "", ``, NotFound, ""},
		"no such route":            {404, asJSON, `{"error":"404 Not Found"}`, Unsupported, "this GitLab has no such endpoint"},
		"404 of a web server":      {404, asHTML, `<html><head><title>Page not found</title></head></html>`, Invalid, "Page not found"},
		"404 as text":              {404, asText, "404 page not found\n", Invalid, "page not found"},
		"moved project":            {405, asText, `Non GET methods are not allowed for moved projects`, Invalid, "Non GET methods are not allowed for moved projects"},
		"lock":                     {409, asJSON, `{"message":"409 Conflict: Resource lock"}`, Conflict, "Conflict: Resource lock"},
		"request too large":        {413, asHTML, `<title>413 Request Entity Too Large</title>`, Limit, "Request Entity Too Large"},
		"query too large":          {422, asJSON, `{"errors":[{"message":"Query too large"}]}`, Limit, "Query too large"},
		"other unprocessable":      {422, asJSON, `{"errors":[{"message":"Mutations are forbidden in GET requests"}]}`, Invalid, "Mutations are forbidden in GET requests"},
		"throttle":                 {429, asText, "Retry later\n", RateLimited, "Retry later"},
		"application limit":        {429, asJSON, `{"message":{"error":"This endpoint has been requested too many times. Try again later."}}`, RateLimited, "This endpoint has been requested too many times. Try again later."},
		"internal error":           {500, asJSON, `{"message":"500 Internal Server Error"}`, Unavailable, "Internal Server Error"},
		"bad gateway page":         {502, asHTML, "<html>\n<head><title>502 Bad\n Gateway</title></head><body><script>alert(1)</script></body></html>", Unavailable, "Bad Gateway"},
		"page without a type":      {503, "", "\ufeff <!DOCTYPE html><title>Deploying &lt;b&gt;GitLab&lt;/b&gt;</title>", Unavailable, "Deploying bGitLab/b"},
		"page without a title":     {502, asHTML, `<html><body>glpat-abcdefghijkl</body></html>`, Unavailable, ""},
		"statement timeout":        {503, asJSON, `{"errors":[{"message":"Request timed out. Please try a less complex query or a smaller set of records."}]}`, Unavailable, "Request timed out. Please try a less complex query or a smaller set of records."},
		"not implemented":          {501, asText, "no", Unsupported, "no"},
		"unknown members":          {400, asJSON, `{"token":"some value that was sent"}`, Invalid, ""},
		"broken JSON":              {400, asJSON, `{"token":"some value that`, Invalid, ""},
		"list":                     {400, asJSON, `["one","two","one"]`, Invalid, "one; two"},
		"errors as strings":        {400, asJSON, `{"errors":["one","two"]}`, Invalid, "one; two"},
		"number that is no status": {400, asJSON, `{"message":"200 is the limit"}`, Invalid, "200 is the limit"},
		"GraphQL echo of a value":  {422, asJSON, `{"errors":[{"message":"no","extensions":{"value":{"secret":"hunter2hunter2"}}}]}`, Invalid, "no"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := FromResponse(c.status, headers("Content-Type", c.form, "X-Request-Id", "01ABC"), []byte(c.body))
			if got.Kind != c.kind || got.Words != c.words || got.Status != c.status || got.RequestID != "01ABC" {
				t.Errorf("got %v %q %d %q, want %v %q", got.Kind, got.Words, got.Status, got.RequestID, c.kind, c.words)
			}
		})
	}
}

func TestFromResponseRetryAfter(t *testing.T) {
	t.Parallel()
	date := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	cases := map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"none":                        {headers(), 0},
		"seconds":                     {headers("Retry-After", "60"), time.Minute},
		"date against the own date":   {headers("Retry-After", date.Add(90*time.Second).Format(http.TimeFormat), "Date", date.Format(http.TimeFormat)), 90 * time.Second},
		"date that has passed":        {headers("Retry-After", date.Format(http.TimeFormat)), 0},
		"negative":                    {headers("Retry-After", "-5"), 0},
		"no number":                   {headers("Retry-After", "NaN"), 0},
		"nonsense":                    {headers("Retry-After", "soon"), 0},
		"more than a Duration can be": {headers("Retry-After", "1e300"), 10 * 365 * 24 * time.Hour},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := FromResponse(429, c.header, nil).RetryAfter; got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestWordsAreShortAndPrintable(t *testing.T) {
	t.Parallel()
	got := FromResponse(400, headers("Content-Type", "text/plain"), []byte("a\x00b\x1b[31m\nc \xff"+strings.Repeat("ü", 2000))).Words
	if n := utf8.RuneCountInString(got); n != maxWords {
		t.Errorf("got %d runes, want %d", n, maxWords)
	}
	if !strings.HasPrefix(got, "ab[31m c ü") || !strings.HasSuffix(got, "…") {
		t.Errorf("got %q", got)
	}
}

func TestSecretAtTheEndOfTheWords(t *testing.T) {
	t.Parallel()
	for before := maxWords - 40; before < maxWords; before++ {
		body := strings.Repeat("a", before) + " https://user:" + strings.Repeat("hunter2", 20) + "@host"
		got := FromResponse(400, headers("Content-Type", "text/plain"), []byte(body)).Words
		if strings.Contains(got, "hunter") {
			t.Fatalf("%d: a part of a secret is left: …%s", before, got[before:])
		}
	}
}

func TestManyMessages(t *testing.T) {
	t.Parallel()
	body := `{"message":["` + strings.Repeat(`one more","`, 2_000) + `last"]}`
	if got := FromResponse(400, headers(), []byte(body)).Words; got != "one more; last" {
		t.Errorf("got %q", got)
	}
}

func FuzzFromResponse(f *testing.F) {
	for _, body := range []string{
		`{"message":"400 Bad request - no"}`, `{"message":{"a":{"b":["c"]}}}`, `{"error":"x","error_description":"y","scope":1}`,
		`{"errors":[{"message":"m","extensions":{"value":"v"}}]}`, `[[[["deep"]]]]`, `<html><title>a</title>`, "Retry later", "", "null", `"text"`,
		"glpat-aaaaaaaaaaaaaaaaaaaa", `{"message":"?private_token=abcdef"}`, "<title><title></title>", "{",
	} {
		f.Add(400, "application/json", "60", []byte(body))
		f.Add(404, "text/html", "Thu, 01 Jan 1970 00:00:00 GMT", []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, form, wait string, body []byte) {
		e := FromResponse(status, http.Header{"Content-Type": {form}, "Retry-After": {wait}}, body)
		if _, ok := kindNames[e.Kind]; !ok {
			t.Errorf("no kind: %v", e.Kind)
		}
		if utf8.RuneCountInString(e.Words) > maxWords || !utf8.ValidString(e.Words) {
			t.Errorf("words are too long or broken: %q", e.Words)
		}
		if i := strings.IndexFunc(e.Words, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("not printable at %d: %q", i, e.Words)
		}
		if Scrub(e.Words) != e.Words {
			t.Errorf("a secret is left: %q", e.Words)
		}
		if IsHTML(form, body) && strings.ContainsAny(e.Words, "<>") {
			t.Errorf("markup is left: %q", e.Words)
		}
		if e.RetryAfter < 0 {
			t.Errorf("negative wait %v", e.RetryAfter)
		}
		if e.Error() == "" {
			t.Error("no text")
		}
	})
}
