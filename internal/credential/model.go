package credential

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
)

// common are the attributes of all four resources.
type common struct {
	Name             types.String `tfsdk:"name"`
	Scopes           types.Set    `tfsdk:"scopes"`
	ExpiresAt        types.String `tfsdk:"expires_at"`
	Rotation         types.Object `tfsdk:"rotation"`
	Deliveries       types.Map    `tfsdk:"deliveries"`
	DeliveryOwners   types.Map    `tfsdk:"delivery_owners"`
	TokenInState     types.Bool   `tfsdk:"token_in_state"`
	Token            types.String `tfsdk:"token"`
	TokenID          types.Int64  `tfsdk:"token_id"`
	PreviousTokenIDs types.List   `tfsdk:"previous_token_ids"`
	Active           types.Bool   `tfsdk:"active"`
	Revoked          types.Bool   `tfsdk:"revoked"`
	Expired          types.Bool   `tfsdk:"expired"`
	RotatesAt        types.String `tfsdk:"rotates_at"`
	RotationDue      types.String `tfsdk:"rotation_due"`
}

type ofProject struct {
	Project   types.String `tfsdk:"project"`
	ProjectID types.Int64  `tfsdk:"project_id"`
}

type ofGroup struct {
	Group   types.String `tfsdk:"group"`
	GroupID types.Int64  `tfsdk:"group_id"`
}

type deployToken struct {
	Username types.String `tfsdk:"username"`
}

type accessToken struct {
	AccessLevel types.String `tfsdk:"access_level"`
	Description types.String `tfsdk:"description"`
	UserID      types.Int64  `tfsdk:"user_id"`
}

type projectDeployToken struct {
	ofProject
	deployToken
	common
}

type groupDeployToken struct {
	ofGroup
	deployToken
	common
}

type projectAccessToken struct {
	ofProject
	accessToken
	common
}

type groupAccessToken struct {
	ofGroup
	accessToken
	common
}

// model is one of the four above.
type model interface{ attributes() attributes }

func (m *projectDeployToken) attributes() attributes {
	return attributes{common: &m.common, deployToken: &m.deployToken, Parent: &m.Project, ParentID: &m.ProjectID}
}

func (m *groupDeployToken) attributes() attributes {
	return attributes{common: &m.common, deployToken: &m.deployToken, Parent: &m.Group, ParentID: &m.GroupID}
}

func (m *projectAccessToken) attributes() attributes {
	return attributes{common: &m.common, accessToken: &m.accessToken, Parent: &m.Project, ParentID: &m.ProjectID}
}

func (m *groupAccessToken) attributes() attributes {
	return attributes{common: &m.common, accessToken: &m.accessToken, Parent: &m.Group, ParentID: &m.GroupID}
}

// attributes are those of a model, whatever its type, to be read and written. What a kind of token does not have is nil.
type attributes struct {
	*common
	*deployToken
	*accessToken

	Parent   *types.String
	ParentID *types.Int64
}

// parent is the project or group as the model spells it.
func (v attributes) parent(k kind) gitlab.Target {
	return gitlab.Target{Kind: k.parent, ID: v.ParentID.ValueInt64(), Path: v.Parent.ValueString()}
}

// rotation is how a token is made anew.
type rotation struct {
	// Every and Overlap are days; without Every no date makes a new token due.
	Every, Overlap int64
}

// scheduled tells whether tokens are made anew every so often. Their end comes of that.
func (r *rotation) scheduled() bool { return r != nil && r.Every > 0 }

var rotationType = types.ObjectType{AttrTypes: map[string]attr.Type{"every_days": types.Int64Type, "overlap_days": types.Int64Type, "trigger": types.StringType}}

// rotation is nil where none is configured, or where it is not known.
func (v attributes) rotation() *rotation {
	if v.Rotation.IsNull() || v.rotationUnknown() {
		return nil
	}
	days := func(name string) int64 {
		value, _ := v.Rotation.Attributes()[name].(types.Int64)
		return value.ValueInt64()
	}
	return &rotation{Every: days("every_days"), Overlap: days("overlap_days")}
}

// rotationUnknown tells whether how often a token is made anew, or for how long two work, is known only
// after the apply.
func (v attributes) rotationUnknown() bool {
	if v.Rotation.IsUnknown() {
		return true
	}
	return v.everyUnknown() || v.ofRotation("overlap_days").IsUnknown()
}

// everyUnknown tells whether it is known only after the apply that tokens are made anew every so often.
func (v attributes) everyUnknown() bool {
	return v.Rotation.IsUnknown() || v.ofRotation("every_days").IsUnknown()
}

func (v attributes) ofRotation(name string) attr.Value {
	if value, is := v.Rotation.Attributes()[name]; is {
		return value
	}
	return types.StringNull()
}

// trigger is what makes a new token by being another one; null for none.
func (v attributes) trigger() types.String {
	if v.Rotation.IsUnknown() {
		return types.StringUnknown()
	}
	trigger, _ := v.ofRotation("trigger").(types.String)
	if blank(trigger) {
		return types.StringNull()
	}
	return trigger
}

// blank tells of a text that is there and says nothing: it stands for one that is left out.
func blank(text types.String) bool {
	return !text.IsNull() && !text.IsUnknown() && strings.TrimSpace(text.ValueString()) == ""
}

// configured is a configuration with null for what is blank.
func configured(config model) attributes {
	v := config.attributes()
	if v.accessToken != nil && blank(v.Description) {
		v.Description = types.StringNull()
	}
	return v
}

// request is the token that a model asks for.
func (v attributes) request(expires time.Time) tokens.Request {
	request := tokens.Request{Name: v.Name.ValueString(), Scopes: texts(v.Scopes), ExpiresAt: expires}
	if v.deployToken != nil {
		request.Username = v.Username.ValueString()
	}
	if v.accessToken != nil {
		if !blank(v.Description) {
			request.Description = v.Description.ValueString()
		}
		request.AccessLevel = gitlab.RoleLevel(v.AccessLevel.ValueString())
	}
	return request
}

func texts(set types.Set) []string {
	var list []string
	for _, element := range set.Elements() {
		if text, ok := element.(types.String); ok {
			list = append(list, text.ValueString())
		}
	}
	slices.Sort(list)
	return list
}

// flatten writes what GitLab says of a token, each value as it was spelled where it means the same.
func (v attributes) flatten(token tokens.Token, now time.Time) {
	v.TokenID = types.Int64Value(token.ID)
	v.Name = types.StringValue(token.Name)
	scopes, _ := types.SetValueFrom(context.Background(), types.StringType, token.Scopes) // of strings
	v.Scopes = scopes
	if !sameInstant(v.ExpiresAt, token.ExpiresAt) || v.ExpiresAt.IsNull() {
		v.ExpiresAt = v.instant(token.ExpiresAt)
	}
	v.Active, v.Revoked, v.Expired = types.BoolValue(token.Active(now)), types.BoolValue(token.Revoked), types.BoolValue(token.Ended(now))
	if v.deployToken != nil {
		v.Username = types.StringValue(token.Username)
	}
	if v.accessToken != nil {
		v.UserID = types.Int64Value(token.UserID)
		if token.AccessLevel != 0 { // a revoked token's bot may be no member any more
			v.AccessLevel = types.StringValue(gitlab.RoleName(token.AccessLevel))
		}
		same := v.Description.ValueString() == token.Description || blank(v.Description) && token.Description == ""
		if !same || v.Description.IsUnknown() {
			v.Description = types.StringValue(token.Description)
		}
	}
}

// never is the expires_at of a token that does not end.
const never = "never"

// instant writes a time as GitLab means it: an access token's is a date, and if it has none, that has to
// be said.
func (v attributes) instant(at time.Time) types.String {
	switch {
	case at.IsZero() && v.accessToken != nil:
		return types.StringValue(never)
	case at.IsZero():
		return types.StringNull()
	case v.accessToken != nil:
		return types.StringValue(at.UTC().Format(time.DateOnly))
	default:
		return types.StringValue(at.UTC().Format(time.RFC3339))
	}
}

// expiry is when the token ends; zero means never, or that it is not known.
func (v attributes) expiry() time.Time {
	if v.ExpiresAt.IsNull() || v.ExpiresAt.IsUnknown() {
		return time.Time{}
	}
	at, _ := parseInstant(v.ExpiresAt.ValueString()) // checked by the schema
	return at
}

func sameInstant(spelled types.String, at time.Time) bool {
	if spelled.IsNull() || spelled.IsUnknown() {
		return spelled.IsNull() && at.IsZero()
	}
	parsed, err := parseInstant(spelled.ValueString())
	return err == nil && parsed.Equal(at.Truncate(time.Second))
}

// parseInstant reads a date, which begins at midnight UTC, or a time of RFC 3339, of which GitLab keeps
// the seconds. Never is the zero time.
func parseInstant(text string) (time.Time, error) {
	if text == never {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	return at.UTC().Truncate(time.Second), err
}

// madeUpName tells whether GitLab made a user name up of a token's id.
func madeUpName(username string) bool {
	rest, ok := strings.CutPrefix(username, "gitlab+deploy-token-")
	_, err := strconv.ParseInt(rest, 10, 64)
	return ok && err == nil
}

func idList(ids []int64) types.List {
	elements := make([]attr.Value, len(ids))
	for i, id := range ids {
		elements[i] = types.Int64Value(id)
	}
	return types.ListValueMust(types.Int64Type, elements)
}

// settle makes null of what is unknown, for a state of which nothing more can be learnt.
func (v attributes) settle() {
	for _, text := range []*types.String{&v.ExpiresAt, &v.Token, &v.RotatesAt, &v.RotationDue} {
		if text.IsUnknown() {
			*text = types.StringNull()
		}
	}
	if v.TokenID.IsUnknown() {
		v.TokenID = types.Int64Null()
	}
	if v.deployToken != nil && v.Username.IsUnknown() {
		v.Username = types.StringNull()
	}
	if v.accessToken != nil {
		if v.UserID.IsUnknown() {
			v.UserID = types.Int64Null()
		}
		if v.Description.IsUnknown() {
			v.Description = types.StringNull()
		}
	}
}
