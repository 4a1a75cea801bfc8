package allowlist

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

// fingerprint binds an apply to the targets that its plan saw: the plan holds, in this form, to which id
// each reference led, and Terraform stops an apply whose references lead elsewhere by then. It is null
// where no entries are managed, and stays the same when a target is renamed.
func fingerprint(ids map[gitlab.Kind]map[string]int64) types.String {
	if len(ids) == 0 {
		return types.StringNull()
	}
	hash := sha256.New()
	for _, kind := range kinds {
		for _, text := range slices.Sorted(maps.Keys(ids[kind])) {
			_, _ = fmt.Fprintf(hash, "%s %q: %d\n", kind, text, ids[kind][text]) // never fails
		}
	}
	const enough = 8 // bytes; it tells two sets apart, and is no secret
	return types.StringValue(hex.EncodeToString(hash.Sum(nil)[:enough]))
}

// fingerprint is that of what the state holds.
func (p *privateState) fingerprint(state *allowlistModel) types.String {
	ids := map[gitlab.Kind]map[string]int64{}
	for _, kind := range kinds {
		if !state.entries(kind).IsNull() {
			ids[kind] = p.ids(kind)
		}
	}
	return fingerprint(ids)
}
