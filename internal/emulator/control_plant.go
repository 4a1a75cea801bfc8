package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// planting is what POST plant takes: records that older versions left behind, or
// that take a user interface or five minutes of waiting to come about. What is
// absent stays as it is.
type planting struct {
	// Project is an id, as a number or text, or a full path.
	Project any `json:"project"`
	// OutboundEnabled is the legacy switch, which every API only switches off.
	OutboundEnabled *bool `json:"outbound_enabled"`
	// OutboundTargets are full paths of projects for the legacy outbound list.
	OutboundTargets []string `json:"outbound_targets"`
	// Permissions are given to entries, which are made where there are none. The
	// names need not be known to this version.
	Permissions []plantedPermissions `json:"permissions"`
	// AuthLog are rows of the authentication log.
	AuthLog []plantedUse `json:"auth_log"`
	// JobTokenPoliciesEnabled is the setting of the project's top-level namespace
	// without which GitLab below 18.3 has no fine-grained permissions.
	JobTokenPoliciesEnabled *bool `json:"job_token_policies_enabled"`
	// VariableLimits are the plan limits of CI/CD variables, by "project" and "group".
	VariableLimits map[store.SourceKind]int `json:"variable_limits"`
	// RevokedDeployTokens are ids of deploy tokens, of any project or group, to end
	// as the user interface does: the API only deletes them.
	RevokedDeployTokens []int64 `json:"revoked_deploy_tokens"`
}

type plantedPermissions struct {
	Target string   `json:"target"`
	Names  []string `json:"names"`
}

type plantedUse struct {
	Origin           string    `json:"origin"`
	LastAuthorizedAt time.Time `json:"last_authorized_at"`
}

// plant writes past every rule; nothing is written unless all of it can be.
func (s *Server) plant(w http.ResponseWriter, r *http.Request) {
	var sent planting
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&sent); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
		return
	}
	var missing error
	s.store.Write(func(st *store.State) {
		var change func()
		if change, missing = sent.resolve(st); missing == nil {
			change()
		}
	})
	if missing != nil {
		reply(w, http.StatusNotFound, map[string]string{"message": missing.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// resolve finds everything that is named and gives what writes it.
func (p planting) resolve(st *store.State) (change func(), missing error) {
	project := findProject(st, p.Project)
	if project == nil {
		return nil, fmt.Errorf("404 Project %v Not Found", p.Project)
	}
	var steps []func()
	if p.OutboundEnabled != nil {
		steps = append(steps, func() {
			st.UpdateProject(project, func(changed *store.Project) { changed.JobToken.Outbound = *p.OutboundEnabled })
		})
	}
	for _, path := range p.OutboundTargets {
		target := st.ProjectByPath(path)
		if target == nil {
			return nil, fmt.Errorf("404 Project %s Not Found", strconv.Quote(path))
		}
		source := store.Source{Kind: store.ProjectSource, ID: target.ID}
		steps = append(steps, func() { plantLink(st, project, source, store.Outbound, true, nil) })
	}
	for _, entry := range p.Permissions {
		source, found := plantedTarget(st, entry.Target)
		if !found {
			return nil, fmt.Errorf("404 Target %s Not Found", strconv.Quote(entry.Target))
		}
		steps = append(steps, func() { plantLink(st, project, source, store.Inbound, false, entry.Names) })
	}
	for _, use := range p.AuthLog {
		origin := st.ProjectByPath(use.Origin)
		if origin == nil {
			return nil, fmt.Errorf("404 Project %s Not Found", strconv.Quote(use.Origin))
		}
		steps = append(steps, func() { st.AuthorizedBefore(project.ID, origin.ID, use.LastAuthorizedAt) })
	}
	for _, id := range p.RevokedDeployTokens {
		token := st.DeployToken(id)
		if token == nil {
			return nil, fmt.Errorf("404 Deploy Token %d Not Found", id)
		}
		steps = append(steps, func() { st.RevokeDeployToken(token) })
	}
	for kind, most := range p.VariableLimits {
		steps = append(steps, func() { st.Settings.MaxVariables[kind] = most })
	}
	if p.JobTokenPoliciesEnabled != nil {
		lineage := st.Lineage(project.NamespaceID)
		steps = append(steps, func() {
			st.UpdateNamespace(lineage[len(lineage)-1], func(n *store.Namespace) { n.JobTokenPolicies = *p.JobTokenPoliciesEnabled })
		})
	}
	return func() {
		for _, step := range steps {
			step()
		}
	}, nil
}

func plantedTarget(st *store.State, path string) (store.Source, bool) {
	target := rules.FindTarget(st, path)
	switch {
	case target.Group != nil:
		return store.Source{Kind: store.GroupSource, ID: target.Group.ID}, true
	case target.Project != nil:
		return store.Source{Kind: store.ProjectSource, ID: target.Project.ID}, true
	}
	return store.Source{}, false
}

func plantLink(st *store.State, project *store.Project, target store.Source, direction store.Direction, byDefault bool, names []string) {
	if names == nil {
		names = []string{}
	}
	link := st.Link(project.ID, target, direction)
	if link == nil {
		link = st.CreateLink(store.Link{SourceProjectID: project.ID, Target: target, Direction: direction, AddedByID: project.CreatorID})
	}
	st.UpdateLink(link, func(l *store.Link) { l.DefaultPermissions, l.Policies = byDefault, names })
}
