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
// the project taken for gone, with a warning. Otherwise there is an error.
func Unreadable(ctx context.Context, s *session.Session, title diagnose.Title, last gitlab.Target, err error) (gone bool, diags diag.Diagnostics) {
	gone, _, diags = explain(ctx, s, title, last, err)
	return gone, diags
}

// UnreadableOnce is [Unreadable] for reads and plans. A namespace that is out of sight, or in which
// the role is too low, is one error however many of its projects are managed: it ends the plan, and
// the others keep their state in silence.
func UnreadableOnce(ctx context.Context, s *session.Session, title diagnose.Title, last gitlab.Target, err error) (gone bool, diags diag.Diagnostics) {
	gone, cause, diags := explain(ctx, s, title, last, err)
	if cause != "" && !s.Once(cause) {
		return false, nil
	}
	return gone, diags
}

// Unplannable is [UnreadableOnce] for plans, in which a project that is gone is an error: the
// configuration still names it.
func Unplannable(ctx context.Context, s *session.Session, title diagnose.Title, last gitlab.Target, err error) diag.Diagnostics {
	gone, diags := UnreadableOnce(ctx, s, title, last, err)
	if gone {
		return diag.Diagnostics{diagnose.AttributeError(Attribute, diagnose.FindProject, err)}
	}
	return diags
}

// explain also gives the cause that an error shares with other projects; empty where there is none.
func explain(ctx context.Context, s *session.Session, title diagnose.Title, last gitlab.Target, err error) (gone bool, cause string, diags diag.Diagnostics) {
	err = About(err, last)
	namespace, inNamespace := namespaceOf(last.Path)
	switch {
	case apierror.Is(err, apierror.NotFound) && inNamespace:
		visible, lookupErr := s.GitLab.NamespaceVisible(ctx, namespace)
		if lookupErr != nil {
			return false, "", diag.Diagnostics{diagnose.LookupError(Attribute, diagnose.FindProject, lookupErr)}
		}
		if !visible {
			title := diagnose.FindProject
			if last.Kind == gitlab.KindGroup {
				title = diagnose.FindGroup
			}
			diags.AddError(string(title), outOfSight(last, namespace))
			return false, "out of sight: " + namespace, diags
		}
		title := diagnose.ProjectGone
		if last.Kind == gitlab.KindGroup {
			title = diagnose.GroupGone
		}
		diags.AddWarning(string(title.For(last.Path)), fmt.Sprintf(
			"The %s is gone, while its namespace %s is still there. It is dropped from the state.", last, namespace))
		return true, "", diags
	case apierror.Is(err, apierror.Forbidden) && inNamespace:
		diags.AddError(string(title), diagnose.Detail(err)+fmt.Sprintf(
			"\n\nOther projects of %s may be out of reach for the same reason; a plan does not report them one by one. Nothing was dropped from the state.", namespace))
		return false, "forbidden: " + namespace, diags
	case apierror.Is(err, apierror.FineGrained):
		return false, "fine-grained token", diag.Diagnostics{diagnose.ReadError(title, err)}
	default:
		return false, "", diag.Diagnostics{diagnose.ReadError(title, err)}
	}
}

// Deleted tells a deletion from a loss of sight, of which a 404 is the answer too: after a deletion the
// namespace of the last known path is still to be seen.
func Deleted(ctx context.Context, s *session.Session, last gitlab.Target, err error) bool {
	namespace, inNamespace := namespaceOf(last.Path)
	if !apierror.Is(err, apierror.NotFound) || !inNamespace {
		return false
	}
	visible, lookupErr := s.GitLab.NamespaceVisible(ctx, namespace)
	return lookupErr == nil && visible
}

// About names a project or group by its last known path too, in an error that knows its id alone.
func About(err error, last gitlab.Target) error {
	e, ok := apierror.As(err)
	if !ok || last.Path == "" || e.Target != (gitlab.Target{Kind: last.Kind, ID: last.ID}).String() {
		return err
	}
	named := *e
	named.Target = last.String()
	return &named
}

// namespaceOf is what stands before the last slash of a path.
func namespaceOf(path string) (namespace string, found bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", false
	}
	return path[:i], true
}

func outOfSight(last gitlab.Target, namespace string) string {
	return fmt.Sprintf("Neither the %s nor its namespace %s is visible to the provider's user any more, so nothing tells whether the %s was deleted. "+
		"It stays in the state, as does what else there is of %s, which is not reported one by one.\n\n"+
		"Give the user a role in %s again, or let go of the resources without a write:\n\n"+
		"removed {\n  from = <resource address>\n  lifecycle {\n    destroy = false\n  }\n}", last, namespace, last.Kind, namespace, namespace)
}
