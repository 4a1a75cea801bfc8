package seed

import (
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// acme is a small company with a library whose allowlist was clicked together
// over years. Its instance does not enforce allowlists, so that a project can
// be opened by hand.
//
// Users: terraform (Maintainer of acme), dev (Developer of acme), mallory (owner
// of the group outside, nobody in acme).
func (g *gardener) acme() {
	g.st.Settings.EnforceInboundJobTokenScope = false

	terraform := g.user("terraform", "Terraform", false)
	dev := g.user("dev", "Dev Eloper", false)
	mallory := g.user("mallory", "Mallory", false)
	root := g.st.UserByUsername("root")

	acme := g.group(nil, "acme", "acme")
	platform := g.group(acme, "platform", "platform")
	outside := g.group(nil, "outside", "outside")
	g.member(acme, root, store.Owner)
	g.member(acme, terraform, store.Maintainer)
	g.member(acme, dev, store.Developer)
	g.member(outside, mallory, store.Owner)

	sharedLib := g.project(acme, "shared-lib", dev)
	app := g.project(acme, "app", dev)
	g.project(acme, "web", dev)
	g.project(acme, "deployer", terraform)
	g.project(acme, "docs", dev)
	reports := g.project(acme, "reports", dev)
	runnerImages := g.project(platform, "runner-images", root)
	g.project(outside, "intruder", mallory)

	on := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 9, 30, 0, 0, time.UTC)
	}
	ofProject := func(p *store.Project) store.Source { return store.Source{Kind: store.ProjectSource, ID: p.ID} }
	g.link(sharedLib, ofProject(app), root, on(2022, time.March, 14))
	g.link(sharedLib, store.Source{Kind: store.GroupSource, ID: platform.ID}, dev, on(2023, time.November, 2))
	g.used(sharedLib, app, 3*24*time.Hour)
	g.used(sharedLib, runnerImages, 12*24*time.Hour)
	g.link(sharedLib, ofProject(reports), terraform, on(2025, time.July, 21), "read_packages", "read_repositories")
}
