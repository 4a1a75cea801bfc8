package ref

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// Unreadable explains why the project of a resource cannot be read, and whether it was deleted.
//
// A 404 alone does not say so: only while the namespace of its last known path is still visible is
// the project taken for gone. A namespace that is out of sight, or in which the role is too low, is
// one error however many of its projects are managed; the others keep their state in silence, since
// the error ends the plan anyway.
func Unreadable(ctx context.Context, s *session.Session, title diagnose.Title, last gitlab.Target, err error) (gone bool, diags diag.Diagnostics) {
	namespace, _, inNamespace := cutLast(last.Path, "/")
	switch {
	case apierror.Is(err, apierror.NotFound) && inNamespace:
		visible, lookupErr := s.GitLab.NamespaceVisible(ctx, namespace)
		if lookupErr != nil {
			return false, diag.Diagnostics{diagnose.Error(diagnose.FindProject, lookupErr)}
		}
		if visible {
			return true, diag.Diagnostics{diag.NewWarningDiagnostic(string(diagnose.ProjectGone.For(last.Path)), fmt.Sprintf(
				"The %s is gone, while its namespace %s is still there. It is dropped from the state.", last, namespace))}
		}
		if s.Once("out of sight: " + namespace) {
			diags.AddError(string(diagnose.FindProject), outOfSight(last, namespace))
		}
	case apierror.Is(err, apierror.Forbidden) && inNamespace:
		if s.Once("forbidden: " + namespace) {
			diags.AddError(string(title), diagnose.Detail(err)+fmt.Sprintf(
				"\n\nOther projects of %s may be out of reach for the same reason; they are not reported one by one. Nothing was dropped from the state.", namespace))
		}
	default:
		diags.Append(diagnose.Error(title, err))
	}
	return false, diags
}

func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return "", text, false
	}
	return text[:i], text[i+len(separator):], true
}

func outOfSight(project gitlab.Target, namespace string) string {
	return fmt.Sprintf("Neither the %s nor its namespace %s is visible to the provider's user any more, so nothing tells whether the project was deleted. "+
		"It stays in the state, as do other projects of %s, which are not reported one by one.\n\n"+
		"Give the user a role in %s again, or let go of the resources without a write:\n\n"+
		"removed {\n  from = <resource address>\n  lifecycle {\n    destroy = false\n  }\n}", project, namespace, namespace, namespace)
}
