package graphqlapi

import (
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphql"
)

// The arguments of lists that the schema has and no resolver heeds.
var (
	unmodelledOfProjects = []string{
		"includeHidden", "lastRepositoryCheckFailed", "markedForDeletionOn", "programmingLanguageName", "searchNamespaces", "topics",
		"trending", "withIssuesEnabled", "withMergeRequestsEnabled",
	}
	unmodelledOfNamespaceProjects = []string{
		"hasCodeCoverage", "hasVulnerabilities", "includeSiblingProjects", "sbomComponentId", "withIssuesEnabled", "withMergeRequestsEnabled",
		"withNamespaceDomainPages",
	}
	unmodelledOfGroups = []string{"active", "aimedForDeletion", "markedForDeletionOn", "not", "withKnowledgeGraphEnabled"}
)

var (
	projectOrders = []string{"", "id", "created", "name", "path", "full_path", "latest_activity", "activity"}
	groupOrders   = []string{"", "id", "name", "path"}
)

// modelled refuses an argument that is not heeded, and an order that is not: an answer that
// ignores one would be wrong. Nothing and false are what such arguments are by default.
func (q query) modelled(unheeded, orders []string) error {
	for _, name := range unheeded {
		if value := q.args[name]; value != nil && value != false {
			return notModelled(name)
		}
	}
	if all, given := q.args["allAvailable"].(bool); given && !all {
		return notModelled("allAvailable: false")
	}
	order := strings.ToLower(q.text("sort"))
	if !slices.Contains(orders, strings.TrimSuffix(strings.TrimSuffix(order, "_desc"), "_asc")) {
		return notModelled("sort: " + q.text("sort"))
	}
	return nil
}

func notModelled(what string) error {
	return &graphql.UserError{Message: what + " is not modelled by the embedded GitLab"}
}
