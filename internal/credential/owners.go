package credential

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

// ownerText is a value of delivery_owners: project:4.
func ownerText(owner gitlab.Target) string { return fmt.Sprintf("%s:%d", owner.Kind, owner.ID) }

// ownerOf reads what [ownerText] wrote; the zero target is of anything else.
func ownerOf(value attr.Value) gitlab.Target {
	text, ok := value.(types.String)
	if !ok {
		return gitlab.Target{}
	}
	kind, number, _ := strings.Cut(text.ValueString(), ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return gitlab.Target{}
	}
	return gitlab.Target{Kind: gitlab.Kind(kind), ID: id}
}

// plannedOwners binds configured deliveries to the projects and groups that the plan saw. Each that is
// known is bound, whatever is not known of the others.
func plannedOwners(configured types.Map, wanted map[string]delivery.Delivery) types.Map {
	switch {
	case configured.IsUnknown():
		return types.MapUnknown(types.StringType)
	case configured.IsNull():
		return types.MapNull(types.StringType)
	}
	elements := map[string]attr.Value{}
	for label, d := range wanted {
		elements[label] = types.StringUnknown()
		if !d.Unknown && d.Owner.ID != 0 {
			elements[label] = types.StringValue(ownerText(d.Owner))
		}
	}
	return types.MapValueMust(types.StringType, elements)
}

// owners are those of the deliveries that were made, also of those whose variable is gone.
func (r privateState) owners(deliveries types.Map) types.Map {
	elements := map[string]attr.Value{}
	for label, gone := range r.Missing {
		elements[label] = types.StringValue(ownerText(gone.owner()))
	}
	for label, sealed := range r.Deliveries {
		elements[label] = types.StringValue(ownerText(sealed.Owner()))
	}
	if len(elements) == 0 && deliveries.IsNull() {
		return types.MapNull(types.StringType)
	}
	return types.MapValueMust(types.StringType, elements)
}
