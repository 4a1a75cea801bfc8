// Package store keeps the records of the embedded GitLab in memory, behind one
// lock, with the indexes its answers need: ids, tokens, paths without regard to
// letter case, members, and links by source and by target.
//
// The store knows no rules: who may do what, and what GitLab says about it, is
// in package rules.
package store

import (
	"sync"
	"time"
)

// Store guards a State with a read-write lock.
type Store struct {
	mu    sync.RWMutex
	state *State
}

// New makes an empty store that reads the time from now.
func New(now func() time.Time) *Store {
	return &Store{state: &State{
		Now:        now,
		users:      newUsers(),
		tokens:     newTokens(),
		routes:     newRoutes(),
		namespaces: newNamespaces(),
		projects:   newProjects(),
		members:    newMembers(),
		links:      newLinks(),
		jobs:       newJobs(),
		packages:   newPackages(),
		bots:       bots{},
		releases:   map[int64][]*Release{},
		variables:  map[Source][]*Variable{},

		shares:         map[Source][]*Share{},
		memberRoles:    map[int64]*MemberRole{},
		authorizations: newAuthorizations(),
		deployTokens:   newDeployTokens(),
	}}
}

// Read runs fn while nobody writes. Calls must not be nested.
func (s *Store) Read(fn func(*State)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	fn(s.state)
}

// Write runs fn alone. Calls must not be nested.
func (s *Store) Write(fn func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn(s.state)
}

// State is everything the instance holds. Its methods expect the store's lock.
type State struct {
	// Now is the instance's clock.
	Now func() time.Time
	// Settings are the instance's settings.
	Settings InstanceSettings
	// AuthorizationDelay is how long the authentication log takes to show a use;
	// GitLab takes about 5 minutes.
	AuthorizationDelay time.Duration

	users      users
	tokens     tokens
	routes     routes
	namespaces namespaces
	projects   projects
	members    members
	links      links
	jobs       jobs
	packages   packages
	bots       bots
	releases   map[int64][]*Release // by project, oldest first
	pipelines  int64                // the last pipeline's id
	secrets    []string             // of every deploy and access token, oldest first
	variables  map[Source][]*Variable

	shares         map[Source][]*Share // by what is shared
	lastShare      int64
	memberRoles    map[int64]*MemberRole
	lastMemberRole int64
	authorizations authorizations
	deployTokens   deployTokens
}

// InstanceSettings are the application settings of the instance.
type InstanceSettings struct {
	// EnforceInboundJobTokenScope makes every project's allowlist count as on.
	EnforceInboundJobTokenScope bool
	// TokensMayLiveForever stands for require_personal_access_token_expiry off.
	TokensMayLiveForever bool
	// MaxVariables are the plan limits project_ci_variables and group_ci_variables,
	// which no API changes; none is 0.
	MaxVariables map[SourceKind]int
}
