package rest

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

var accessTokenScopes = []string{
	"api", "read_api", "create_runner", "manage_runner", "k8s_proxy", "self_rotate", "read_repository", "write_repository",
	"read_registry", "write_registry", "read_virtual_registry", "write_virtual_registry", "read_observability",
	"write_observability", "ai_features",
}

// accessTokenEndpoints is the API of the pages "Project access tokens" and
// "Group access tokens". Ids of tokens are texts there.
func (a *API) accessTokenEndpoints(kind store.SourceKind) []endpoint {
	path := "/" + string(kind) + "s/:id/access_tokens"
	levels := []string{"10", "15", "20", "30", "40", "50"}
	if a.services.Version.HasSecurityManager() {
		levels = append(levels, "25")
	}
	scopes := accessTokenScopes
	if a.services.Version.HasAgentScopes() {
		scopes = append(slices.Clone(scopes), "mcp", "ai_workflows")
	}
	id, expires := req("token_id", text), opt("expires_at", day)
	expiresAtCreation := expires
	expiresAtCreation.required = !a.services.Version.MakesEndlessAccessTokens()
	return []endpoint{
		{http.MethodGet, path, signedIn, accessTokenFilters(), a.listAccessTokens(kind)},
		{http.MethodPost, path, signedIn, []param{
			req("name", text), opt("description", text), expiresAtCreation,
			{name: "scopes", is: array, required: true, values: scopes},
			{name: "access_level", is: integer, values: levels},
		}, a.createAccessToken(kind)},
		{http.MethodGet, path + "/:token_id", signedIn, []param{id}, a.getAccessToken(kind)},
		{http.MethodDelete, path + "/:token_id", signedIn, []param{id}, a.revokeAccessToken(kind)},
		{http.MethodPost, path + "/:token_id/rotate", signedIn, []param{id, expires}, a.rotateAccessToken(kind)},
		{http.MethodPost, path + "/self/rotate", signedIn, []param{expires}, a.rotateOwnAccessToken(kind)},
	}
}

type accessTokenEntity struct {
	tokenEntity

	LastUsedIPs  *[]string `json:"last_used_ips,omitempty"`
	AccessLevel  int       `json:"access_level"`
	ResourceType string    `json:"resource_type,omitempty"`
	ResourceID   int64     `json:"resource_id,omitempty"`
}

func (r *request) accessToken(t *store.Token) accessTokenEntity {
	version, parent := r.api.services.Version, r.state.User(t.UserID).BotOf
	entity := accessTokenEntity{tokenEntity: r.token(t), AccessLevel: int(rules.AccessTokenLevel(r.state, parent, t))}
	if version.ShowsTokenAddresses() {
		entity.LastUsedIPs = &[]string{}
	}
	if version.ShowsTokenResource() {
		entity.ResourceType, entity.ResourceID = string(parent.Kind), parent.ID
	}
	return entity
}

func (r *request) accessTokenWithSecret(t *store.Token) accessTokenEntity {
	entity := r.accessToken(t)
	entity.Token = t.Secret
	return entity
}

// accessTokensOf finds the project or group whose access tokens the caller has a
// right to. Without it GitLab says 401 where others say 403.
func (r *request) accessTokensOf(kind store.SourceKind, allowed func(*store.State, rules.Caller, store.Source) bool) (store.Source, error) {
	parent, err := r.findSource(kind)
	switch {
	case err != nil:
		return store.Source{}, err
	case allowed(r.state, r.caller, parent):
		return parent, nil
	}
	return store.Source{}, unauthorized()
}

var leadingNumber = regexp.MustCompile(`\A\s*\d{1,18}`)

// findAccessToken finds the token of the path by the number its id begins with,
// as the database reads a text for an integer; without one there is none.
func (r *request) findAccessToken(parent store.Source) (*store.Token, error) {
	id, _ := strconv.ParseInt(leadingNumber.FindString(r.text("token_id")), 10, 64)
	if token := r.state.AccessToken(parent, id); token != nil {
		return token, nil
	}
	return nil, notFound(string(parent.Kind) + " Access Token")
}

func (a *API) getAccessToken(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		parent, err := r.accessTokensOf(kind, rules.CanReadAccessTokens)
		if err != nil {
			return answer{}, err
		}
		token, err := r.findAccessToken(parent)
		if err != nil {
			return answer{}, err
		}
		return ok(r.accessToken(token))
	}
}

func (a *API) createAccessToken(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		parent, err := r.findSource(kind)
		if err != nil {
			return answer{}, err
		}
		level := store.Maintainer
		if asked := given[int64](r, "access_level"); asked != nil {
			level = store.AccessLevel(*asked)
		}
		token, refusal := a.services.CreateAccessToken(r.state, r.caller, parent, rules.AccessTokenAttributes{
			Name: r.text("name"), Description: given[string](r, "description"), Scopes: r.scopes(),
			Level: level, ExpiresAt: given[time.Time](r, "expires_at"),
		})
		if refusal != nil {
			return answer{}, refused(refusal)
		}
		return created(r.accessTokenWithSecret(token))
	}
}

// revokeAccessToken looks the token up before it asks for the right.
func (a *API) revokeAccessToken(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		parent, err := r.findSource(kind)
		if err != nil {
			return answer{}, err
		}
		token, err := r.findAccessToken(parent)
		if err != nil {
			return answer{}, err
		}
		if refusal := a.services.RevokeAccessToken(r.state, r.caller, parent, token); refusal != nil {
			return answer{}, refused(refusal)
		}
		return noContent()
	}
}

// rotateAccessToken is for people: an access token rotates itself by self/rotate,
// and no other. Administrators alone are told that a token does not exist.
func (a *API) rotateAccessToken(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		parent, err := r.accessTokensOf(kind, rules.CanManageAccessTokens)
		if err != nil {
			return answer{}, err
		}
		token, err := r.findAccessToken(parent)
		switch {
		case err != nil && r.caller.Admin():
			return answer{}, &failure{status: http.StatusNotFound, body: message("404 Not Found")}
		case err != nil:
			return answer{}, unauthorized()
		}
		return r.rotated(a.services.RotateAccessToken(r.state, r.caller, parent, token, given[time.Time](r, "expires_at")))
	}
}

// rotateOwnAccessToken is for access tokens alone: they end themselves.
func (a *API) rotateOwnAccessToken(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		if r.caller.Token == nil || !r.caller.User.Bot {
			return answer{}, &failure{status: http.StatusMethodNotAllowed, body: message("405 Method Not Allowed")}
		}
		parent, err := r.findSource(kind)
		if err != nil {
			return answer{}, err
		}
		if r.caller.User.BotOf != parent {
			return answer{}, unauthorized()
		}
		return r.rotated(a.services.RotateOwnAccessToken(r.state, r.caller, parent, given[time.Time](r, "expires_at")))
	}
}

func (r *request) rotated(token *store.Token, refusal *rules.Refusal) (answer, error) {
	if refusal != nil {
		return answer{}, refused(refusal)
	}
	return ok(r.accessTokenWithSecret(token))
}

var rotationPath = regexp.MustCompile(`access_tokens/(\d+|self)/rotate\z`)

// detectReuse ends a whole family of tokens where one of them, revoked already,
// asks for a rotation: somebody may have stolen it.
func (r *request) detectReuse(secret string) {
	if token := r.state.TokenBySecret(secret); token != nil && rotationPath.MatchString(r.http.URL.Path) {
		r.state.RevokeFamily(token)
	}
}
