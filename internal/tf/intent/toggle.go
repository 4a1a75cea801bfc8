package intent

import "github.com/hashicorp/terraform-plugin-framework/types"

// Toggle is what becomes of one toggle.
type Toggle struct {
	// Write is the value to write; nil leaves it as it is.
	Write *bool
	// Meanwhile means that somebody else has switched it although the plan leaves it as it is.
	Meanwhile bool
}

// ToggleOf compares a configured toggle with the state (null in a creation) and the server. One that is
// not configured is never written.
func ToggleOf(configured, state types.Bool, stored bool) Toggle {
	switch {
	case configured.IsNull() || configured.IsUnknown() || configured.ValueBool() == stored:
		return Toggle{}
	case configured.Equal(state):
		return Toggle{Meanwhile: true}
	default:
		return Toggle{Write: configured.ValueBoolPointer()}
	}
}
