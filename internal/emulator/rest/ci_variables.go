package rest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// variableEndpoints is the API of the pages "Project-level CI/CD variables" and
// "Group-level Variables". Their classes ask for the right to the variables
// before any parameter is looked at.
func (a *API) variableEndpoints(kind store.SourceKind) []endpoint {
	path := "/" + string(kind) + "s/:id/variables"
	class, flag, thing := projectVariables, boolean, "Variable"
	filter := []param{opt("filter", hash)}
	if kind == store.GroupSource {
		class, thing, filter = groupVariables, "GroupVariable", nil
		if a.services.Version.TakesGroupVariableFlagsAsText() {
			flag = text
		}
	}
	attributes := []param{
		opt("protected", flag), opt("masked", flag), opt("raw", flag), opt("environment_scope", text), opt("description", text),
		{name: "variable_type", values: []string{string(store.EnvVar), string(store.FileVariable)}},
	}
	return []endpoint{
		{http.MethodGet, path, class, paging(), a.listVariables},
		{http.MethodPost, path, class, slices.Concat([]param{req("key", text), req("value", text), opt("masked_and_hidden", flag)}, attributes), a.createVariable},
		{http.MethodGet, path + "/:key", class, filter, a.getVariable(thing)},
		{http.MethodPut, path + "/:key", class, slices.Concat([]param{opt("value", text)}, attributes, filter), a.updateVariable(thing)},
		{http.MethodDelete, path + "/:key", class, filter, a.deleteVariable(thing)},
	}
}

// authorizeClass finds the project or group whose variables an endpoint is about,
// for callers who may administer them.
func (r *request) authorizeClass() error {
	kind := store.ProjectSource
	switch r.endpoint.access {
	case anyone, signedIn, signedInToWrite, admin:
		return nil
	case groupVariables:
		kind = store.GroupSource
	case projectVariables:
	}
	if !r.caller.SignedIn() {
		return unauthorized()
	}
	container, err := r.findSource(kind)
	if err != nil {
		return err
	}
	if !rules.CanAdminVariables(r.state, r.caller, container) {
		return forbidden("")
	}
	r.container = container
	return nil
}

type variableEntity struct {
	VariableType     string  `json:"variable_type"`
	Key              string  `json:"key"`
	Value            *string `json:"value"`
	Hidden           bool    `json:"hidden"`
	Protected        bool    `json:"protected"`
	Masked           bool    `json:"masked"`
	Raw              bool    `json:"raw"`
	EnvironmentScope string  `json:"environment_scope"`
	Description      *string `json:"description"`
}

func variable(v *store.Variable) variableEntity {
	entity := variableEntity{
		VariableType: string(v.Type), Key: v.Key, Value: v.Value, Hidden: v.Hidden, Protected: v.Protected, Masked: v.Masked,
		Raw: v.Raw, EnvironmentScope: v.EnvironmentScope, Description: v.Description,
	}
	if v.Hidden {
		entity.Value = nil
	}
	return entity
}

func (a *API) listVariables(r *request) (answer, error) {
	return paged(r, r.state.Variables(r.container), func(v *store.Variable) any { return variable(v) })
}

func (a *API) createVariable(r *request) (answer, error) {
	made, refusal := a.services.CreateVariable(r.state, r.container, r.text("key"), r.hides(), r.variableAttributes())
	if refusal != nil {
		return answer{}, refused(refusal)
	}
	return created(variable(made))
}

func (r *request) variableAttributes() rules.VariableAttributes {
	attrs := rules.VariableAttributes{
		Value: given[string](r, "value"), Description: given[string](r, "description"),
		Protected: r.flag("protected"), Masked: r.flag("masked"), Raw: r.flag("raw"),
	}
	if kind := given[string](r, "variable_type"); kind != nil {
		converted := store.VariableType(*kind)
		attrs.Type = &converted
	}
	if _, sent := r.params["environment_scope"]; sent {
		scope := r.text("environment_scope")
		attrs.EnvironmentScope = &scope
	}
	return attrs
}

// flag reads a flag that is declared as a boolean or a text. The model takes any
// text for true that is not one of those that mean false.
func (r *request) flag(name string) *bool {
	written := given[string](r, name)
	if written == nil {
		return given[bool](r, name)
	}
	if *written == "" {
		return nil
	}
	on := !slices.Contains([]string{"0", "f", "false", "off"}, strings.ToLower(*written))
	return &on
}

// hides says whether masked_and_hidden was sent and holds. The service looks at it
// before the model does: declared as a text it holds whatever the text is.
func (r *request) hides() bool {
	return r.boolean("masked_and_hidden") || given[string](r, "masked_and_hidden") != nil
}

// scopeFilter is filter[environment_scope], which group endpoints take although
// they do not declare it.
func (r *request) scopeFilter() (scope string, sent bool) {
	if r.container.Kind == store.GroupSource && r.api.services.Version.Flipped(release.GroupVariableFilterIgnored) {
		return "", false
	}
	filter, sent := r.sent["filter"].(map[string]any)
	scope, _ = filter["environment_scope"].(string)
	if strings.TrimSpace(scope) == "" {
		return "", sent
	}
	return scope, sent
}

func (r *request) findVariable(thing string) (*store.Variable, error) {
	scope, _ := r.scopeFilter()
	found, refusal := rules.FindVariable(r.state, r.container, r.pathParam("key"), scope)
	switch {
	case refusal != nil:
		return nil, refused(refusal)
	case found == nil:
		return nil, notFound(thing)
	}
	return found, nil
}

// findVariableToUpdate is findVariable, except that a group's endpoint takes the
// oldest variable of the key without a filter, and also where none matches it.
func (r *request) findVariableToUpdate(thing string) (*store.Variable, error) {
	if r.container.Kind == store.ProjectSource {
		return r.findVariable(thing)
	}
	if scope, sent := r.scopeFilter(); sent {
		found, refusal := rules.FindVariable(r.state, r.container, r.pathParam("key"), scope)
		if found != nil || refusal != nil {
			return found, refused(refusal)
		}
	}
	found := rules.FirstVariable(r.state, r.container, r.pathParam("key"))
	if found == nil {
		return nil, notFound(thing)
	}
	return found, nil
}

func (a *API) getVariable(thing string) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		found, err := r.findVariable(thing)
		if err != nil {
			return answer{}, err
		}
		return ok(variable(found))
	}
}

func (a *API) updateVariable(thing string) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		found, err := r.findVariableToUpdate(thing)
		if err != nil {
			return answer{}, err
		}
		changed, refusal := a.services.UpdateVariable(r.state, found, r.variableAttributes())
		if refusal != nil {
			return answer{}, refused(refusal)
		}
		return ok(variable(changed))
	}
}

func (a *API) deleteVariable(thing string) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		found, err := r.findVariable(thing)
		if err != nil {
			return answer{}, err
		}
		if r.container.Kind == store.GroupSource && r.modifiedSince(found.UpdatedAt) {
			return answer{}, &failure{status: http.StatusPreconditionFailed, body: message("412 Precondition Failed")}
		}
		r.state.DeleteVariable(found)
		return noContent()
	}
}

// modifiedSince says whether a record has changed after the time of the request's
// If-Unmodified-Since header.
func (r *request) modifiedSince(updated time.Time) bool {
	since, err := http.ParseTime(r.http.Header.Get("If-Unmodified-Since"))
	return err == nil && updated.After(since)
}
