package contract_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// meddling is something that somebody else does. Things are named as in the world.
type meddling struct {
	Do string `json:"do"`
	// Of is the project, or group for roles, that it is done to; Target what else it concerns.
	Of     string `json:"of,omitempty"`
	Target string `json:"target,omitempty"`
	// Permissions are an entry's; nil is the default ones.
	Permissions []string `json:"permissions"`
	// To is a new name, a toggle, or a variable's key.
	To string `json:"to,omitempty"`
	On bool   `json:"on,omitempty"`
}

func (m meddling) String() string {
	text := strings.Join(strings.Fields(strings.Join([]string{m.Do, m.Of, m.Target, m.To}, " ")), " ")
	if m.Permissions != nil {
		text += fmt.Sprintf(" %v", m.Permissions)
	}
	if m.Do == "toggle" || m.Do == "enforce" {
		text += fmt.Sprintf(" %t", m.On)
	}
	return text
}

// doings are what others can do. What cannot be done by then changes nothing.
var doings = map[string]func(testing.TB, *world, meddling){
	"allow": func(t testing.TB, w *world, m meddling) {
		w.mutate(t, "ciJobTokenScopeAddGroupOrProject", "CiJobTokenScopeAddGroupOrProjectInput", w.entry(m))
	},
	"permit": func(t testing.TB, w *world, m meddling) {
		w.mutate(t, "ciJobTokenScopeUpdatePolicies", "CiJobTokenScopeUpdatePoliciesInput", w.entry(m))
	},
	"deny": func(t testing.TB, w *world, m meddling) {
		list, id := "allowlist", w.projects[m.Target]
		if id == 0 {
			list, id = "groups_allowlist", w.groups[m.Target]
		}
		w.call(t, http.MethodDelete, fmt.Sprintf("/projects/%d/job_token_scope/%s/%d", w.projects[m.Of], list, id), nil, nil)
	},
	"toggle": func(t testing.TB, w *world, m meddling) {
		name := map[string]string{inbound: "inboundJobTokenScopeEnabled", push: "pushRepositoryForJobTokenAllowed", cross: "crossProjectPushForJobTokenAllowed"}[m.To]
		w.mutate(t, "projectCiCdSettingsUpdate", "ProjectCiCdSettingsUpdateInput", map[string]any{"fullPath": w.pathOf(m.Of), name: m.On})
	},
	"rename": func(t testing.TB, w *world, m meddling) { w.rename(t, m.Of, m.To) },
	"swap paths": func(t testing.TB, w *world, m meddling) {
		_, one := split(w.pathOf(m.Of))
		_, other := split(w.pathOf(m.Target))
		w.rename(t, m.Of, one+"-aside")
		w.rename(t, m.Target, one)
		w.rename(t, m.Of, other)
	},
	// The project moves away, and a new one takes its path.
	"take over": func(t testing.TB, w *world, m meddling) {
		path := w.pathOf(m.Of)
		_, name := split(path)
		w.rename(t, m.Of, name+"-moved")
		w.newProject(t, m.To, path)
	},
	"delete": func(t testing.TB, w *world, m meddling) { w.remove(t, m.Of) },
	"delete and take over": func(t testing.TB, w *world, m meddling) {
		path := w.pathOf(m.Of)
		w.remove(t, m.Of)
		w.newProject(t, m.To, path)
	},
	"transfer": func(t testing.TB, w *world, m meddling) {
		w.call(t, http.MethodPut, fmt.Sprintf("/projects/%d/transfer", w.projects[m.Of]), map[string]any{"namespace": w.groups[m.Target]}, nil)
	},
	"set variable": func(t testing.TB, w *world, m meddling) {
		at := fmt.Sprintf("/projects/%d/variables", w.projects[m.Of])
		if w.call(t, http.MethodPut, at+"/"+m.To, map[string]any{"value": "another-value"}, nil) >= 300 {
			w.call(t, http.MethodPost, at, map[string]any{"key": m.To, "value": "another-value"}, nil)
		}
	},
	// A variable that is somebody's: described, with other flags than a delivery has; On makes it hidden.
	"keep variable": func(t testing.TB, w *world, m meddling) {
		w.call(t, http.MethodPost, fmt.Sprintf("/projects/%d/variables", w.projects[m.Of]), map[string]any{
			"key": m.To, "value": "kept-by-hand", "description": "kept by hand", "protected": false, "masked_and_hidden": m.On, "raw": false,
		}, nil)
	},
	"describe variable": func(t testing.TB, w *world, m meddling) {
		w.call(t, http.MethodPut, fmt.Sprintf("/projects/%d/variables/%s", w.projects[m.Of], m.To), map[string]any{"description": "described by hand"}, nil)
	},
	"delete variable": func(t testing.TB, w *world, m meddling) {
		w.call(t, http.MethodDelete, fmt.Sprintf("/projects/%d/variables/%s", w.projects[m.Of], m.To), nil, nil)
	},
	"revoke tokens": func(t testing.TB, w *world, m meddling) {
		for i := range w.look() {
			if i.isToken() && i.of == projectRef(w.projects[m.Of]) {
				kind, id, _ := strings.Cut(i.what, " ")
				w.call(t, http.MethodDelete, fmt.Sprintf("/projects/%d/%ss/%s", w.projects[m.Of], kind, id), nil, nil)
			}
		}
	},
	"share": func(t testing.TB, w *world, m meddling) {
		at := fmt.Sprintf("/projects/%d/share", w.projects[m.Of])
		w.call(t, http.MethodDelete, fmt.Sprintf("%s/%d", at, w.groups[m.Target]), nil, nil)
		w.call(t, http.MethodPost, at, map[string]any{"group_id": w.groups[m.Target], "group_access": levels[m.To]}, nil)
	},
	"unshare": func(t testing.TB, w *world, m meddling) {
		w.call(t, http.MethodDelete, fmt.Sprintf("/projects/%d/share/%d", w.projects[m.Of], w.groups[m.Target]), nil, nil)
	},
	"enforce": func(t testing.TB, w *world, m meddling) {
		w.call(t, http.MethodPut, "/application/settings", map[string]any{"enforce_ci_inbound_job_token_scope_enabled": m.On}, nil)
	},
	"dismiss": func(t testing.TB, w *world, m meddling) {
		w.call(t, http.MethodDelete, fmt.Sprintf("/groups/%d/members/%d", w.groups[m.Of], w.user), nil, nil)
	},
	"welcome": func(t testing.TB, w *world, m meddling) {
		w.member(t, m.Of, map[string]int{"acme": 50, "ext": 30}[m.Of])
	},
}

// movesPaths tells whether a path may lead elsewhere afterwards.
func (m meddling) movesPaths() bool {
	return slices.Contains([]string{"rename", "swap paths", "take over", "delete", "delete and take over", "transfer"}, m.Do)
}

func (w *world) meddle(t testing.TB, all []meddling) {
	t.Helper()
	for _, m := range all {
		w.proxy.others(m.String(), func() { doings[m.Do](t, w, m) })
	}
}

func (w *world) entry(m meddling) map[string]any {
	target := w.pathOf(m.Target)
	if _, isGroup := w.groups[m.Target]; isGroup {
		target = w.groupPath(m.Target)
	}
	policies := []string{}
	for _, p := range m.Permissions {
		policies = append(policies, strings.ToUpper(p))
	}
	return map[string]any{
		"projectPath": w.pathOf(m.Of), "targetPath": target, "defaultPermissions": m.Permissions == nil, "jobTokenPolicies": policies,
	}
}

func (w *world) rename(t testing.TB, name, to string) {
	t.Helper()
	w.call(t, http.MethodPut, fmt.Sprintf("/projects/%d", w.projects[name]), map[string]any{"path": to, "name": to}, nil)
}

// remove deletes a project for good; since 18.0 GitLab schedules that first.
func (w *world) remove(t testing.TB, name string) {
	t.Helper()
	at := fmt.Sprintf("/projects/%d", w.projects[name])
	w.call(t, http.MethodDelete, at, nil, nil)
	if path := w.pathOf(name); w.modern && path != "" {
		w.call(t, http.MethodDelete, at, map[string]any{"permanently_remove": true, "full_path": path}, nil)
	}
}
