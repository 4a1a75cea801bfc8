// Package private keeps values of Go types in a resource's private state, in formats with a version.
package private

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// Reader is the private state of a request.
type Reader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// Writer is the private state of a response.
type Writer interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// Store is both: what is written can be read.
type Store interface {
	Reader
	Writer
}

// Format is how values of a struct are kept under a key: as an object of JSON, with the version beside the
// fields. Every field has a tag, so that a name in Go is free to change. Version 0 is of what was written
// before there were any.
//
// Former versions are read into the same struct: a field is never given another meaning or type, but joined
// by a new one. The package golden holds a format to that.
type Format[T any] struct {
	Key     string
	Version int
}

type version struct {
	Version int `json:"version"`
}

// Encode writes a value.
func (f Format[T]) Encode(value T) ([]byte, error) {
	fields, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	head, err := json.Marshal(version{f.Version})
	if err != nil {
		return nil, err
	}
	if string(fields) == "{}" {
		return head, nil
	}
	return append(append(head[:len(head)-1], ','), fields[1:]...), nil
}

// Decode reads what this version or a former one has written. All of it has to be understood: what is passed
// over would be lost with the next write.
func (f Format[T]) Decode(raw []byte) (T, error) {
	var none T
	var of version
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return none, errors.New("it is no object of JSON")
	}
	if err := json.Unmarshal(raw, &of); err != nil {
		return none, err
	}
	if of.Version > f.Version {
		return none, newer{of.Version, f.Version}
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return none, err
	}
	delete(fields, "version")
	rest, err := json.Marshal(fields)
	if err != nil {
		return none, err
	}
	var value T
	decoder := json.NewDecoder(bytes.NewReader(rest))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		return none, err
	}
	return value, nil
}

// newer is the error of what a later version of the provider has written.
type newer struct{ has, known int }

func (n newer) Error() string {
	return fmt.Sprintf("a newer version of the provider wrote it, in version %d of the format, and this one reads up to %d", n.has, n.known)
}

// Get reads the value; the zero value where there is none. What cannot be read is an error: taken for none it
// would have things made anew that are there, and forgotten that are to be taken back.
func (f Format[T]) Get(ctx context.Context, from Reader) (T, diag.Diagnostics) {
	var none T
	raw, diags := from.GetKey(ctx, f.Key)
	if len(raw) == 0 || diags.HasError() {
		return none, diags
	}
	value, err := f.Decode(raw)
	if err == nil {
		return value, diags
	}
	advice := "Go back to a former version of the state. If there is none, take the resource out of the state and import it: terraform state rm, then terraform import. " +
		"What an import cannot know, such as the CI/CD variables that a token was delivered into, has to be looked after by hand."
	if later := (newer{}); errors.As(err, &later) {
		advice = "Use that version of the provider, or a later one."
	}
	diags.AddError(string(diagnose.ReadPrivate),
		fmt.Sprintf("Could not read what the provider keeps beside the resource in the state (private state, key %q): %s. Nothing was changed for this resource.\n\n%s", f.Key, err, advice))
	return none, diags
}

// Set writes the value.
func (f Format[T]) Set(ctx context.Context, to Writer, value T) diag.Diagnostics {
	raw, err := f.Encode(value)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic(string(diagnose.StorePrivate), err.Error())}
	}
	return to.SetKey(ctx, f.Key, raw)
}

// Drop deletes the value.
func (f Format[T]) Drop(ctx context.Context, to Writer) diag.Diagnostics {
	return to.SetKey(ctx, f.Key, nil)
}
