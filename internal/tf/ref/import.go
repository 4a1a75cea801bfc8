package ref

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// Identified refuses an id of an identity that can be nobody's.
func Identified(name string, id types.Int64) diag.Diagnostics {
	if id.IsNull() || id.ValueInt64() > 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic(string(diagnose.Import),
		fmt.Sprintf("%s is %d, and ids are positive whole numbers. GitLab shows them on the page of the project, group or token, and in its API.", name, id.ValueInt64()))}
}

// ImportProject reads the project that an import names: by full path, by numeric id, or by the
// identity attribute project_id. Problems go to the response.
func ImportProject(ctx context.Context, client *gitlab.Client, req resource.ImportStateRequest, resp *resource.ImportStateResponse) int64 {
	if req.ID == "" {
		var id types.Int64
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root("project_id"), &id)...)
		resp.Diagnostics.Append(Identified("project_id", id)...)
		return id.ValueInt64()
	}
	r, err := gitlab.ParseRef(gitlab.KindProject, req.ID)
	if err != nil {
		resp.Diagnostics.AddError(string(diagnose.Import), fmt.Sprintf("The import id %q cannot be a project: %s.", req.ID, err))
		return 0
	}
	target, err := client.Resolve(ctx, gitlab.KindProject, r)
	if err != nil {
		resp.Diagnostics.Append(diagnose.Error(diagnose.Import, err))
	}
	return target.ID
}
