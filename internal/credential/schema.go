package credential

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
)

// deployTokenScopes are those of a deploy token, in a project and in a group alike, as far as this provider
// knows them: GitLab adds new ones. See
// https://docs.gitlab.com/user/project/deploy_tokens/#scope.
var deployTokenScopes = []string{
	"read_repository", "read_registry", "write_registry", "read_package_registry", "write_package_registry",
	"read_virtual_registry", "write_virtual_registry",
}

// accessTokenScopes are those of a project or group access token. See
// https://docs.gitlab.com/user/project/settings/project_access_tokens/#scopes-for-a-project-access-token.
var accessTokenScopes = []string{
	"api", "read_api", "create_runner", "manage_runner", "k8s_proxy", "self_rotate", "read_repository", "write_repository",
	"read_registry", "write_registry", "read_virtual_registry", "write_virtual_registry", "read_observability", "write_observability", "ai_features",
}

// shownScopes tells of both lists that they are not all.
const shownScopes = " A scope that is newer than this provider works too; the plan warns of it, as it does of a slip."

// usernamePattern is GitLab's rule for a deploy token's user name.
var usernamePattern = regexp.MustCompile(`^[a-zA-Z0-9.+_-]+$`)

// The days that a rotation's interval and overlap may have together. GitLab lets no access token live longer
// than 400; deploy tokens may live forever, and a century is what can be reckoned with safely. See
// https://docs.gitlab.com/user/project/settings/project_access_tokens/#access-token-expiration.
const (
	longestAccessTokenRotation = 398
	longestDeployTokenRotation = 36500
)

func (k kind) longestRotation() int64 {
	if k.token == tokens.Access {
		return longestAccessTokenRotation
	}
	return longestDeployTokenRotation
}

func (k kind) schema() schema.Schema {
	attributes := map[string]schema.Attribute{
		string(k.parent): schema.StringAttribute{
			MarkdownDescription: fmt.Sprintf("Full path or numeric id of the %s that the token belongs to. Two spellings of one %s are the same; only another one replaces the resource.", k.parent, k.parent),
			Required:            true,
			Validators:          []validator.String{ref.Valid(k.parent)},
		},
		k.idName(): schema.Int64Attribute{
			MarkdownDescription: fmt.Sprintf("Numeric id of the %s.", k.parent),
			Computed:            true,
		},
		"name": schema.StringAttribute{
			MarkdownDescription: "Name of the token. It need not be the only one of that name.",
			Required:            true,
			Validators:          []validator.String{check.Length(1, 255), oneLine{}},
		},
		"scopes": schema.SetAttribute{
			MarkdownDescription: "What the token opens: " + quoted(k.scopes()) + "." + shownScopes,
			Required:            true,
			ElementType:         types.StringType,
			Validators:          []validator.Set{check.SomeTexts(check.Filled(), oneLine{})},
		},
		"expires_at": schema.StringAttribute{
			MarkdownDescription: k.expiryDescription(),
			Optional:            true,
			Computed:            true,
			Validators:          []validator.String{instant{of: k.token, orNever: true}},
		},
		"rotation": schema.SingleNestedAttribute{
			MarkdownDescription: "How a new token takes the place of an old one, and when: every so often with `every_days`, at once with `trigger`, or by any other change that needs one. Terraform drops a misspelt key in it without a word: without `every_days` nothing is due, and `rotates_at` is null.",
			Optional:            true,
			Validators:          []validator.Object{rotationLength{k.longestRotation()}},
			Attributes: map[string]schema.Attribute{
				"every_days": schema.Int64Attribute{
					MarkdownDescription: "Days after which a new token is due: a plan made after `rotates_at` shows it. Every token made so ends by itself one to two days after the overlap, should nobody apply any more; so `expires_at` is left out then. Without `every_days`, tokens end at `expires_at`.",
					Optional:            true,
					Validators:          []validator.Int64{check.AtLeast(1)},
				},
				"overlap_days": schema.Int64Attribute{
					MarkdownDescription: k.overlapDescription(),
					Required:            true,
					Validators:          []validator.Int64{check.AtLeast(0)},
				},
				"trigger": schema.StringAttribute{
					MarkdownDescription: "Any text, such as the date of a leak. Another one than before, and also the first one, makes a new token with the next apply; taking it out makes none. With `overlap_days = 0` the old token ends in the same apply.",
					Optional:            true,
				},
			},
		},
		"deliveries": delivery.Attribute(k.stores()...),
		"delivery_owners": schema.MapAttribute{
			MarkdownDescription: "By the labels of `deliveries`, the project or group that each goes to, such as `project:4`. It binds the apply to what the plan saw: should a path belong to another one by then, Terraform stops before a token is made or a variable written, says that the provider produced an inconsistent final plan, and names this attribute with both ids. Plan again, and look whose path it is.",
			Computed:            true,
			ElementType:         types.StringType,
		},
		"token_in_state": schema.BoolAttribute{
			MarkdownDescription: "Whether the secret is written into the state, in plain text, as `token`. Default `false`.",
			Optional:            true,
			Computed:            true,
			Default:             booldefault.StaticBool(false),
		},
		"token": schema.StringAttribute{
			MarkdownDescription: "The secret, with `token_in_state = true`; otherwise null.",
			Computed:            true,
			Sensitive:           true,
		},
		"token_id":           schema.Int64Attribute{MarkdownDescription: "Numeric id of the token. A new one is made under a new id.", Computed: true},
		"previous_token_ids": schema.ListAttribute{MarkdownDescription: "Older tokens that still work, for the length of the overlap.", Computed: true, ElementType: types.Int64Type},
		"active":             schema.BoolAttribute{MarkdownDescription: "Whether the token works: neither revoked nor expired.", Computed: true},
		"revoked":            schema.BoolAttribute{MarkdownDescription: "Whether the token was revoked, or deleted.", Computed: true},
		"expired":            schema.BoolAttribute{MarkdownDescription: "Whether the token's time is over.", Computed: true},
		"rotates_at":         schema.StringAttribute{MarkdownDescription: "When a new token is due, with `rotation`.", Computed: true},
		"rotation_due":       schema.StringAttribute{MarkdownDescription: "Why a new token is due: the date has come, or it was revoked, or a variable was changed. The next apply makes one. Found by a refresh, so `-refresh=false` never plans one.", Computed: true},
	}
	maps.Copy(attributes, k.ownAttributes())
	return schema.Schema{
		MarkdownDescription: fmt.Sprintf("A %s's %s whose secret need not touch the state: it goes into CI/CD variables. What GitLab fixes when it makes a token changes by a new one: made, delivered, then the old one ends. Needs the %s role in the %s%s.",
			k.parent, k.token, k.role().Title, k.parent, k.tier()),
		Attributes: attributes,
	}
}

func (k kind) tier() string {
	if k.token == tokens.Access {
		return ", on GitLab.com the Premium tier, and the token of a service account or a user: GitLab lets no bot make or rotate access tokens. A service account, which every tier has from GitLab 18.11 on, is no such bot"
	}
	return ""
}

func (k kind) scopes() []string {
	if k.token == tokens.Access {
		return accessTokenScopes
	}
	return deployTokenScopes
}

func quoted(names []string) string {
	text := ""
	for i, name := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			text += " and "
		default:
			text += ", "
		}
		text += "`" + name + "`"
	}
	return text
}

func (k kind) expiryDescription() string {
	if k.token == tokens.Access {
		return "Date, such as `2027-01-31`, from which the token is refused: it ends at midnight UTC, as the day begins. A time of RFC 3339 will do where it is midnight UTC. GitLab takes dates up to 365 days ahead (400 where an administrator has allowed that). `never` makes a token that does not end, from GitLab 19.0 on and where the instance requires no expiry. Either this or `rotation.every_days` is needed. A date that has passed warns and plans nothing."
	}
	return "Date or time of RFC 3339, such as `2027-01-31` or `2027-01-31T12:00:00Z`, from which the token is refused; a date begins at midnight UTC, and fractions of a second do not count. Left out, or `never`, it does not end; left out, an import keeps what is there. A time that has passed warns and plans nothing."
}

func (k kind) overlapDescription() string {
	if k.token == tokens.Access {
		return "Days for which the old token works on after a new one was delivered, so that jobs under way end well; every token is a bot user of its own then. `0` has GitLab replace the token: the same bot user, and the old secret is dead at once."
	}
	return "Days for which the old token works on after a new one was delivered, so that jobs under way end well. With `0` it ends as soon as the new one is in every variable."
}

// ownAttributes are those that one kind of token has.
func (k kind) ownAttributes() map[string]schema.Attribute {
	if k.token == tokens.Deploy {
		return map[string]schema.Attribute{
			"username": schema.StringAttribute{
				MarkdownDescription: "What the token signs in with. Left out, GitLab makes `gitlab+deploy-token-<id>` up, which changes with every new token.",
				Optional:            true,
				Computed:            true,
				Validators: []validator.String{
					check.Length(0, 255),
					check.Form(usernamePattern, diagnose.InvalidText, "letters, digits and . + _ -; leave it out, or write null, for one that GitLab makes up"),
				},
			},
		}
	}
	return map[string]schema.Attribute{
		"access_level": schema.StringAttribute{
			MarkdownDescription: "Role of the token: `guest`, `planner`, `reporter`, `security_manager` (GitLab 19.0), `developer`, `maintainer` (default) or `owner`; at most that of the provider's user.",
			Optional:            true,
			Computed:            true,
			Validators:          []validator.String{check.OneOf(gitlab.RoleNames()...)},
		},
		"description": schema.StringAttribute{
			MarkdownDescription: "Description of the token. A blank one counts as left out.",
			Optional:            true,
			Computed:            true,
			Validators:          []validator.String{check.Length(0, 255)},
		},
		"user_id": schema.Int64Attribute{
			MarkdownDescription: "Numeric id of the token's bot user.",
			Computed:            true,
		},
	}
}

func (k kind) identitySchema() identityschema.Schema {
	return identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		k.idName(): identityschema.Int64Attribute{RequiredForImport: true, Description: fmt.Sprintf("Numeric id of the %s.", k.parent)},
		"token_id": identityschema.Int64Attribute{RequiredForImport: true, Description: "Numeric id of the token."},
	}}
}

// instant checks that a text is a date or time that a kind of token can end at.
type instant struct {
	of tokens.Kind
	// orNever means that there need be no end.
	orNever bool
}

// Description implements validator.Describer.
func (v instant) Description(context.Context) string {
	text := "a date such as 2027-01-31"
	if v.of == tokens.Deploy {
		text += ", or a time such as 2027-01-31T12:00:00Z"
	}
	if v.orNever {
		text += ", or never"
	}
	return text
}

// MarkdownDescription implements validator.Describer.
func (v instant) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String.
func (v instant) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	at, err := parseInstant(req.ConfigValue.ValueString())
	if err == nil && (v.of == tokens.Deploy || at.Equal(at.Truncate(day))) && (v.orNever || !at.IsZero()) {
		return
	}
	resp.Diagnostics.Append(diagnose.Problem(req.Path, diagnose.InvalidExpiry, "%q is not %s.", req.ConfigValue.ValueString(), v.Description(ctx)))
}

// oneLine refuses texts that are blank, or go on over several lines: GitLab does the one, and shows the other
// as something else.
type oneLine struct{}

// Description implements validator.Describer.
func (oneLine) Description(context.Context) string { return "one line that is not blank" }

// MarkdownDescription implements validator.Describer.
func (v oneLine) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String. The empty text is left to the length.
func (v oneLine) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	text := req.ConfigValue
	if blank(text) && text.ValueString() != "" || strings.ContainsAny(text.ValueString(), "\n\r\v\f\u0085\u2028\u2029") {
		resp.Diagnostics.Append(diagnose.Problem(req.Path, diagnose.InvalidText, "%q is not %s.", text.ValueString(), v.Description(ctx)))
	}
}

// checkEnd asks for one answer to when a token ends.
func (k kind) checkEnd(config attributes) (diags diag.Diagnostics) {
	at, every := path.Root("expires_at"), config.ofRotation("every_days")
	switch {
	case config.ExpiresAt.IsUnknown(), config.everyUnknown():
	case !config.ExpiresAt.IsNull() && !every.IsNull():
		diags.Append(diagnose.Problem(at, diagnose.InvalidExpiry,
			"With rotation.every_days the end of each token comes of the rotation. Leave expires_at out, which configurations generated for an import write: an imported token stays as it is until it is due. Or leave every_days out, and the end is the one written here."))
	case config.ExpiresAt.IsNull() && every.IsNull() && k.token == tokens.Access:
		diags.Append(diagnose.Problem(at, diagnose.InvalidExpiry,
			"GitLab makes no access token without an end. Write expires_at, a date; or rotation with every_days, and new ones are made in time. expires_at = \"never\" asks for a token that does not end, which GitLab 19.0 makes where the instance requires no expiry."))
	}
	return diags
}

// rotationLength holds a rotation against the longest life of a token, in days.
type rotationLength struct{ longest int64 }

// Description implements validator.Describer.
func (v rotationLength) Description(context.Context) string {
	return fmt.Sprintf("interval and overlap together at most %d days", v.longest)
}

// MarkdownDescription implements validator.Describer.
func (v rotationLength) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateObject implements validator.Object.
func (v rotationLength) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	r := (attributes{common: &common{Rotation: req.ConfigValue}}).rotation()
	// Each by itself too: the sum of two that are absurd may overflow.
	if r == nil || r.Every <= v.longest && r.Overlap <= v.longest && r.Every+r.Overlap <= v.longest {
		return
	}
	why := ""
	if v.longest == longestAccessTokenRotation {
		why = " GitLab lets no access token live longer than 400 days, and each has to outlive both."
	}
	resp.Diagnostics.Append(diagnose.Problem(req.Path, diagnose.InvalidExpiry,
		"An interval of %d days and an overlap of %d are too long: together they may be %d days.%s", r.Every, r.Overlap, v.longest, why))
}
