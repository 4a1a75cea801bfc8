package transport

import (
	"context"
	"net/http"
)

// Effect is what a request may have done if its answer is lost. It decides
// which failures are followed by another try.
type Effect int

const (
	// Read changes nothing: it is tried again after any failure that may pass.
	Read Effect = iota + 1
	// Repeatable changes something, but says what is to be: sent twice it does the
	// same as once, so it is tried again like a Read.
	Repeatable
	// Write changes something: it is tried again only if GitLab surely did not act on it.
	Write
	// Credential makes a secret that a lost answer would orphan: it is never
	// sent a second time once it may have been sent.
	Credential
)

func (e Effect) repeatable() bool { return e == Read || e == Repeatable }

type effectKey struct{}

type operationKey struct{}

// WithEffect says what the REST requests made under ctx do. Without it GET and
// HEAD are [Read], everything else is [Write].
func WithEffect(ctx context.Context, e Effect) context.Context {
	return context.WithValue(ctx, effectKey{}, e)
}

func effectOf(req *http.Request) Effect {
	if e, ok := req.Context().Value(effectKey{}).(Effect); ok {
		return e
	}
	if req.Method == http.MethodGet || req.Method == http.MethodHead || req.Method == "" {
		return Read
	}
	return Write
}

func withOperation(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, operationKey{}, name)
}

func operationOf(ctx context.Context) string {
	name, _ := ctx.Value(operationKey{}).(string)
	return name
}
