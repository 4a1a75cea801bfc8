// Package session is what the provider hands to every resource and data source.
package session

import (
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/shares"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/overlap"
)

// Session lives for one Terraform walk: the configured provider's process.
type Session struct {
	GitLab *gitlab.Client
	// Lists, Shares, Tokens and Variables are the services on top of it.
	Lists     *allowlists.Service
	Shares    *shares.Service
	Tokens    *tokens.Service
	Variables *variables.Service
	// CheckUsage asks GitLab's authentication log whose access a plan takes away.
	CheckUsage bool
	// RequirePermissions refuses allowlist entries that state no permissions.
	RequirePermissions bool
	// Overlap notes what the planned resources manage.
	Overlap overlap.Registry

	told, shared sync.Map
}

// Once is true the first time it is asked for a matter in this walk: many resources may meet one
// cause, which is told once.
func (s *Session) Once(matter string) bool {
	_, before := s.told.LoadOrStore(matter, true)
	return !before
}

// Reads are what the walk has read, or has tried to. What it plans without has come with -refresh=false.
type Reads struct{ begun sync.Map }

// Note notes that a read of something begins.
func (r *Reads) Note(what string) { r.begun.Store(what, true) }

// Has tells whether there was one.
func (r *Reads) Has(what string) bool {
	_, has := r.begun.Load(what)
	return has
}

// Shared gives the one value of a type that lives as long as the session: the first who asks for it
// has it made, zero. Features keep in it what their resources tell each other within a walk.
func Shared[T any](s *Session) *T {
	held, ok := s.shared.Load(reflect.TypeFor[T]())
	if !ok {
		held, _ = s.shared.LoadOrStore(reflect.TypeFor[T](), new(T))
	}
	value, _ := held.(*T) // nothing else is stored under this type
	return value
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

// Claim notes what a planned resource manages of a project, and warns of what another one manages too,
// or destroys.
func (s *Session) Claim(project gitlab.Target, claim overlap.Claim) (diags diag.Diagnostics) {
	claim.Project = project.ID
	twice, crossed := s.Overlap.Add(claim)
	if len(twice) > 0 {
		diags.AddWarning(string(diagnose.ManagedTwice.For(project.Path)), fmt.Sprintf(
			"For %s, %s. Each would undo the other at its next apply: keep one of them.", project, strings.Join(twice, "; ")))
	}
	if len(crossed) > 0 {
		diags.AddWarning(string(diagnose.DestroyedAndMade.For(project.Path)), fmt.Sprintf(
			"For %s, one resource is destroyed and another made that both hold %s. Terraform runs them side by side, so what the one makes the other may take away. "+
				"If a resource has only got another address or key, add a moved block; otherwise apply twice.", project, strings.Join(crossed, "; ")))
	}
	return diags
}
