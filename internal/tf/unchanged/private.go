package unchanged

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
)

// Private is the private state of a request, to be read and written.
type Private struct{ before, now map[string][]byte }

var _ private.Store = (*Private)(nil)

// errFrameworks is that the framework keeps something of its own there, after an import.
var errFrameworks = errors.New("the framework's own")

func decodePrivate(raw []byte) (*Private, error) {
	p := &Private{before: map[string][]byte{}}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &p.before); err != nil {
			return nil, err
		}
	}
	for key, value := range p.before {
		if strings.HasPrefix(key, ".") || !json.Valid(value) {
			return nil, errFrameworks
		}
	}
	p.now = maps.Clone(p.before)
	return p, nil
}

// GetKey implements private.Reader.
func (p *Private) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) {
	return p.now[key], nil
}

// SetKey implements private.Writer.
func (p *Private) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	if len(value) == 0 {
		delete(p.now, key)
	} else {
		p.now[key] = value
	}
	return nil
}

func (p *Private) same() bool { return maps.EqualFunc(p.before, p.now, bytes.Equal) }

// replay does to the private state of a response what was done to this one.
func (p *Private) replay(ctx context.Context, to private.Writer) (diags diag.Diagnostics) {
	for key := range p.before {
		if p.now[key] == nil {
			diags.Append(to.SetKey(ctx, key, nil)...)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.now)) {
		diags.Append(to.SetKey(ctx, key, p.now[key])...)
	}
	return diags
}
