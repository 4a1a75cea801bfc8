// Package session is what the provider hands to every resource and data source.
package session

import (
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

// Session lives for one Terraform walk: the configured provider's process.
type Session struct {
	GitLab *gitlab.Client
	// CheckUsage asks GitLab's authentication log about entries that a plan removes.
	CheckUsage bool

	told sync.Map
}

// Once is true the first time it is asked for a matter in this walk: many resources may meet one
// cause, which is told once.
func (s *Session) Once(matter string) bool {
	_, before := s.told.LoadOrStore(matter, true)
	return !before
}

// From takes the session out of the provider data of a Configure request. It is nil, without an
// error, while the provider is not configured (validation, or a provider block unknown at plan).
func From(providerData any, diags *diag.Diagnostics) *Session {
	if providerData == nil {
		return nil
	}
	s, ok := providerData.(*Session)
	if !ok {
		diags.AddError("Unexpected Provider Data",
			fmt.Sprintf("Expected *session.Session, got %T. This is a bug in the provider; please report it.", providerData))
	}
	return s
}
