// Package seed fills a new instance.
package seed

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// Plant fills a state by the name of a seed and gives the tokens it made by
// user name:
//
//   - "empty" or "": the administrator root alone;
//   - "acme": the demo's company, see acme.go;
//   - "estate:PxE": P projects estate/p0001…, each with the E projects
//     pool/q0001… on its allowlist.
//
// Every token has the scope api and does not expire.
func Plant(st *store.State, name string, version release.Version) (map[string]string, error) {
	st.Settings.EnforceInboundJobTokenScope = version.EnforcesAllowlistByDefault()
	st.Settings.MaxVariables = map[store.SourceKind]int{store.ProjectSource: 8000, store.GroupSource: 30000}
	g := &gardener{st: st, tokens: map[string]string{}}
	root := g.user("root", "Administrator", true)
	switch name {
	case "", "empty":
	case "acme":
		g.acme()
	default:
		projects, entries, err := parseEstate(name)
		if err != nil {
			return nil, err
		}
		g.estate(root, projects, entries)
	}
	return g.tokens, nil
}

type gardener struct {
	st     *store.State
	tokens map[string]string
}

func (g *gardener) user(username, name string, admin bool) *store.User {
	user := g.st.CreateUser(store.User{
		Username: username, Name: name, Email: username + "@example.com", State: "active", Admin: admin,
	})
	token := g.st.CreateToken(store.Token{UserID: user.ID, Name: "seed", Scopes: []string{"api"}})
	g.tokens[username] = token.Secret
	return user
}

func (g *gardener) group(parent *store.Namespace, path, name string) *store.Namespace {
	group := store.Namespace{Kind: store.GroupNamespace, Path: path, Name: name, Visibility: store.Private}
	if parent != nil {
		group.ParentID = parent.ID
	}
	return g.st.CreateNamespace(group)
}

func (g *gardener) project(in *store.Namespace, path string, by *store.User) *store.Project {
	return g.st.CreateProject(store.Project{
		NamespaceID: in.ID, CreatorID: by.ID, Path: path, Name: path, Visibility: store.Private,
		JobToken: store.JobTokenSettings{Inbound: true},
	})
}

func (g *gardener) member(in *store.Namespace, user *store.User, level store.AccessLevel) {
	g.st.PutMember(store.Member{
		Source: store.Source{Kind: store.GroupSource, ID: in.ID}, UserID: user.ID, Level: level, CreatedBy: user.ID,
	})
}

var estateForm = regexp.MustCompile(`\Aestate:([1-9]\d{0,4})x(\d{1,3})\z`)

const maxEntries = 200

func parseEstate(name string) (projects, entries int, err error) {
	parts := estateForm.FindStringSubmatch(name)
	if parts == nil {
		return 0, 0, fmt.Errorf("unknown seed %q: known are empty, acme and estate:PxE, such as estate:500x100", name)
	}
	projects, _ = strconv.Atoi(parts[1])
	entries, _ = strconv.Atoi(parts[2])
	if entries > maxEntries {
		return 0, 0, fmt.Errorf("seed %q: an allowlist holds at most %d projects", name, maxEntries)
	}
	return projects, entries, nil
}

func (g *gardener) estate(root *store.User, projects, entries int) {
	estate, pool := g.group(nil, "estate", "estate"), g.group(nil, "pool", "pool")
	terraform := g.user("terraform", "Terraform", false)
	g.member(estate, root, store.Owner)
	g.member(pool, root, store.Owner)
	g.member(estate, terraform, store.Maintainer)
	g.member(pool, terraform, store.Developer)
	targets := make([]*store.Project, entries)
	for i := range targets {
		targets[i] = g.project(pool, fmt.Sprintf("q%04d", i+1), root)
	}
	added := g.st.Now()
	for i := range projects {
		project := g.project(estate, fmt.Sprintf("p%04d", i+1), root)
		for _, target := range targets {
			g.link(project, store.Source{Kind: store.ProjectSource, ID: target.ID}, root, added)
		}
	}
}

func (g *gardener) link(from *store.Project, to store.Source, by *store.User, at time.Time, policies ...string) {
	if policies == nil {
		policies = []string{}
	}
	g.st.CreateLink(store.Link{
		SourceProjectID: from.ID, Target: to, Direction: store.Inbound, DefaultPermissions: len(policies) == 0,
		Policies: policies, AddedByID: by.ID, CreatedAt: at,
	})
}

// used notes that a job of a project used another some time ago.
func (g *gardener) used(accessed, origin *store.Project, ago time.Duration) {
	g.st.Authorize(accessed.ID, origin.ID, g.st.Now().Add(-ago).Truncate(time.Second))
}
