package faults_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// breakage is a mistake in the provider that the table has to notice.
type breakage struct {
	name string
	// file holds from once; to is what it is replaced with.
	file, from, to string
	// rows are the part of the table that is run: a pattern of -run.
	rows string
	// noticed is what one of its rows must say.
	noticed string
}

var breakages = []breakage{
	{
		"a retry too many", "internal/gitlab/transport/retry.go",
		"case !effect.repeatable():\n\t\treturn 0\n\tcase a.timedOut:", "case !effect.repeatable():\n\t\treturn 1\n\tcase a.timedOut:",
		"jobtoken_allowlist_create/cut_after", "is sent again though GitLab may have acted on it",
	},
	{
		"a lost answer taken for a failure", "internal/gitlab/allowlists/write.go",
		"ok && e.Uncertain", "ok && e.Uncertain && e.Status == 418",
		"jobtoken_allowlist_(create|update)/cut_after", "the state has|the server, without a state, has",
	},
	{
		"an error of an entry swallowed", "internal/allowlist/apply.go",
		"if result.Err != nil {\n\t\t\ta.diags.Append(diagnoseChange(result))\n\t\t} else {", "if result.Err == nil {",
		"jobtoken_allowlist_update/payload_error", "the server has",
	},
	{
		"the state set before the answer", "internal/allowlist/apply.go",
		"done.record(project, s, intent.Of(project, lists[i]), results)", "_, _ = s, i",
		"jobtoken_allowlist_update/payload_error", "the state has",
	},
	{
		"a failed removal taken for done", "internal/allowlist/entry_resource.go",
		"l.change(ctx, intent.Of(project, intent.List{Kind: e.kind, Before: intended([]entry{e})}))\n\tresp.Diagnostics.Append(l.diags...)",
		"l.change(ctx, intent.Of(project, intent.List{Kind: e.kind, Before: intended([]entry{e})}))",
		"jobtoken_allowlist_entry_.*_destroy/payload_error", "the server, after the destroy, has",
	},
	{
		"an error without GitLab's words", "internal/gitlab/apierror/graphql.go",
		"return &Error{Kind: heaviest(kinds), Words: joinWords(0, messages)}", "return &Error{Kind: heaviest(kinds), Words: \"Error\"}",
		"jobtoken_settings_create/payload_error", "no error speaks of the fault",
	},
	{
		"a token created a second time", "internal/gitlab/tokens/endpoints.go",
		"gitlab.RESTContext(transport.WithEffect(ctx, transport.Credential))\n\tif of.kind == Deploy {", "gitlab.RESTContext(transport.WithEffect(ctx, transport.Read))\n\tif of.kind == Deploy {",
		"jobtoken_project_deploy_token_create/(500_after|cut_after)", "is sent again though GitLab may have acted on it",
	},
	{
		"a lost token left alive", "internal/gitlab/tokens/lost.go",
		"if err := s.end(ctx, of, found[0].ID); err != nil {", "if err := error(nil); err != nil {",
		"jobtoken_project_access_token_create/cut_after", "the server, without a state, has",
	},
	{
		"a token ended that a proxy's answer may have left to somebody else", "internal/gitlab/tokens/lost.go",
		"if why := proxied(failure); why != \"\" {", "if why := proxied(failure); why == \"-\" {",
		"jobtoken_project_deploy_token_create/502_with_HTML_after", "a token that may be somebody else's is not left to the user",
	},
	{
		"a token ended though its name was in use", "internal/gitlab/tokens/lost.go",
		"case len(others) > 0:", "case len(others) > 99:",
		"jobtoken_project_deploy_token_\\(of_a_name_in_use\\)_create/cut_after", "a token that may be somebody else's is not left to the user",
	},
	{
		"tokens forgotten that the state alone names", "internal/credential/private.go",
		"id.Equal(state.TokenID) ||", "true ||",
		"jobtoken_project_deploy_token_\\(without_private_state\\)_update/payload_error", "the server.* has",
	},
	{
		"a token that was not delivered left alive", "internal/credential/lifecycle.go",
		"\tl.undo(ctx, token, done)\n}", "\t_ = token\n}",
		"jobtoken_group_deploy_token_create/payload_error", "the server, without a state, has|the server has",
	},
	{
		"the old token ended before the new one is delivered", "internal/credential/lifecycle.go",
		"\tif done.Err != nil {\n\t\tl.settle(ctx, token, done)\n\t\tl.renewedInPart",
		"\tif done.Err != nil {\n\t\tl.end(ctx, []int64{state.TokenID.ValueInt64()})\n\t\tl.settle(ctx, token, done)\n\t\tl.renewedInPart",
		"jobtoken_project_deploy_token_update/a_variable_refused", "the server has",
	},
	{
		"a variable that was there not put back", "internal/credential/delivery/deliver.go",
		"_, err = s.Variables.Set(ctx, a.Owner, variables.Change{Variable: *a.Before, Describe: true, Again: 1})", "err = nil",
		`jobtoken_project_deploy_token_\(variables_that_were_there\)_create/a_variable_refused`, "the server, without a state, has",
	},
	{
		"the token revoked that a hidden variable holds", "internal/credential/delivery/deliver.go",
		"\t\treturn true, &apierror.Error{\n\t\t\tKind: apierror.Conflict, Doing: doing, Target: a.Owner.String(), Note: \"it was", "\t\treturn false, &apierror.Error{\n\t\t\tKind: apierror.Conflict, Doing: doing, Target: a.Owner.String(), Note: \"it was",
		`jobtoken_project_deploy_token_\(a_hidden_variable_that_was_there\)_create/a_variable_refused`, "the server, without a state, has",
	},
	{
		"a write that stored another flag taken for none", "internal/gitlab/variables/write.go",
		"\tcase w.wrote, w.deleted:\n\t\treturn Overwritten", "\tcase w.wrote, w.deleted:\n\t\treturn Untouched",
		`jobtoken_project_deploy_token_\(one_consumer\)_update/another_flag`, "the server has",
	},
	{
		"deliveries matched by label", "internal/credential/places.go",
		"names[d.Place()] = label", "names[delivery.Place{}] = label",
		`jobtoken_project_deploy_token_\(relabelled\)_update/429`, "a token is made, or a variable changed, that needs neither",
	},
	{
		"a new delivery rotates", "internal/credential/change.go",
		"known := !state.Token.IsNull() || stored.Readable && state.Active.ValueBool()", "known := !state.Token.IsNull()",
		`jobtoken_project_deploy_token_\(relabelled\)_update/429`, "a token is made, or a variable changed, that needs neither",
	},
	{
		"owners by what their paths lead to", "internal/credential/places.go",
		"\t\t\treturn sealed.Owner(), sealed.Deleted, true", "\t\t\treturn sealed.Owner(), sealed.Deleted, false",
		`jobtoken_project_deploy_token_\(owners_renamed_and_taken_over\)_update/429`, "the server has",
	},
}

// The table can fail: each mistake, made on purpose in a copy of one file, is noticed.
//
//nolint:paralleltest // each is a build, which takes all cores
func TestBreakages(t *testing.T) {
	tried := breakages
	if !*all {
		tried = breakages[:1]
	}
	for _, b := range tried {
		t.Run(b.name, func(t *testing.T) {
			mistake := acctest.Mistake{File: b.file, From: b.from, To: b.to}
			output := mistake.Test(t, "-run", "TestFaults/"+b.rows, "./internal/faults", "-all")
			if !regexp.MustCompile(b.noticed).MatchString(output) {
				t.Fatalf("nothing says %q:\n%s", b.noticed, output)
			}
			fmt.Printf("noticed: %s\n", b.name)
		})
	}
}
