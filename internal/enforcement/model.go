package enforcement

import "github.com/hashicorp/terraform-plugin-framework/types"

// setting is GitLab's name of what is managed: its import id, and its identity.
const setting = "enforce_ci_inbound_job_token_scope_enabled"

const enabledAttribute = "enabled"

// enforcementModel is the resource and the data source jobtoken_instance_enforcement.
type enforcementModel struct {
	Enabled types.Bool `tfsdk:"enabled"`
}

type identityModel struct {
	Setting types.String `tfsdk:"setting"`
}

func identity() identityModel { return identityModel{types.StringValue(setting)} }

func text(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
