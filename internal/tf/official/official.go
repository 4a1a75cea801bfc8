// Package official reads the states of GitLab's official provider, for moves.
//
// A move has no client: it takes over what the state says, and the read that follows completes it.
package official

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/own"
)

// Text is a string that older schemas wrote as a number.
type Text string

// UnmarshalJSON reads a string, a number or null.
func (s *Text) UnmarshalJSON(data []byte) error {
	text := string(data)
	if text == "null" {
		return nil
	}
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	*s = Text(text)
	return nil
}

// Read reads the state of one of some resource types of the official provider; false for any other.
func Read[S any](req resource.MoveStateRequest, typeNames ...string) (state S, ok bool, diags diag.Diagnostics) {
	if !slices.Contains(typeNames, req.SourceTypeName) || !comesFrom(req.SourceProviderAddress) {
		return state, false, nil
	}
	if err := json.Unmarshal(req.SourceRawState.JSON, &state); err != nil {
		diags.AddError(string(diagnose.Move), fmt.Sprintf("The state of the %s (schema version %d) cannot be read: %v.", req.SourceTypeName, req.SourceSchemaVersion, err))
		return state, false, diags
	}
	return state, true, nil
}

// comesFrom tells whether an address can be the official provider's. The type names, which are nobody else's,
// guard what OpenTofu sends in its place: before 1.12.4 the last part alone, and in every version, of a
// resource with for_each, this provider's own address for all instances but the first.
func comesFrom(address string) bool {
	return address == "gitlab" || strings.HasSuffix(address, "/gitlabhq/gitlab") || own.Address(address)
}

// Reference is the first text that is not empty, as it was typed, and its id where that is what was
// typed.
func Reference(texts ...Text) (types.String, types.Int64) {
	for _, text := range texts {
		if text == "" {
			continue
		}
		id, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			return types.StringValue(string(text)), types.Int64Null()
		}
		return types.StringValue(string(text)), types.Int64Value(id)
	}
	return types.StringNull(), types.Int64Null()
}
