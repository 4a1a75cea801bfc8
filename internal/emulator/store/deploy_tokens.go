package store

import (
	"strconv"
	"time"
)

// DeployToken opens the code and the registries of one project, or of the
// projects below one group. It belongs to no user.
type DeployToken struct {
	ID        int64
	Parent    Source
	Name      string
	Username  string   // filled in where it is empty
	Scopes    []string // in GitLab's fixed order
	Secret    string
	Revoked   bool       // by the user interface; the API deletes
	ExpiresAt *time.Time // the instant it dies; nil: never
}

// AuthenticatesAt says whether the token's secret is accepted: until the stored
// instant, time of day included.
func (t *DeployToken) AuthenticatesAt(now time.Time) bool {
	return !t.Revoked && (t.ExpiresAt == nil || now.Before(*t.ExpiresAt))
}

// ExpiredAt is the field expired: it compares days, and so becomes true on the
// day after the one the token died on.
func (t *DeployToken) ExpiredAt(now time.Time) bool {
	return t.ExpiresAt != nil && t.ExpiresAt.Before(Today(now))
}

// Today is the beginning of the day of a time, in UTC.
func Today(now time.Time) time.Time { return now.UTC().Truncate(24 * time.Hour) }

type deployTokens struct {
	last     int64
	byID     map[int64]*DeployToken
	bySecret map[string]int64
	byParent map[Source][]int64 // ascending
}

func newDeployTokens() deployTokens {
	return deployTokens{byID: map[int64]*DeployToken{}, bySecret: map[string]int64{}, byParent: map[Source][]int64{}}
}

// CreateDeployToken stores a deploy token; ID, Secret and a missing Username
// are filled in.
func (s *State) CreateDeployToken(t DeployToken) *DeployToken {
	s.deployTokens.last++
	t.ID, t.Secret = s.deployTokens.last, s.recordedSecret("gldt-")
	if t.Username == "" {
		t.Username = "gitlab+deploy-token-" + strconv.FormatInt(t.ID, 10)
	}
	s.deployTokens.byID[t.ID] = &t
	s.deployTokens.bySecret[t.Secret] = t.ID
	s.deployTokens.byParent[t.Parent] = append(s.deployTokens.byParent[t.Parent], t.ID)
	return &t
}

// DeployToken finds a deploy token by id, or nil.
func (s *State) DeployToken(id int64) *DeployToken { return s.deployTokens.byID[id] }

// DeployTokenBySecret finds a deploy token that is not deleted, or nil.
func (s *State) DeployTokenBySecret(secret string) *DeployToken {
	return s.deployTokens.byID[s.deployTokens.bySecret[secret]]
}

// DeployTokens lists those of all projects and groups by ascending id.
func (s *State) DeployTokens() []*DeployToken { return oldestFirst(s.deployTokens.byID) }

// DeployTokensOf lists those of a project or group by ascending id.
func (s *State) DeployTokensOf(parent Source) []*DeployToken {
	found := make([]*DeployToken, 0, len(s.deployTokens.byParent[parent]))
	for _, id := range s.deployTokens.byParent[parent] {
		found = append(found, s.deployTokens.byID[id])
	}
	return found
}

// RevokeDeployToken ends a token and keeps its row.
func (s *State) RevokeDeployToken(t *DeployToken) {
	revoked := *t
	revoked.Revoked = true
	s.deployTokens.byID[t.ID] = &revoked
}

// DeleteDeployToken removes a token.
func (s *State) DeleteDeployToken(t *DeployToken) {
	delete(s.deployTokens.byID, t.ID)
	delete(s.deployTokens.bySecret, t.Secret)
	s.deployTokens.byParent[t.Parent] = without(s.deployTokens.byParent[t.Parent], t.ID)
}

// forgetDeployTokens removes those of a deleted project or group.
func (s *State) forgetDeployTokens(parent Source) {
	for _, token := range s.DeployTokensOf(parent) {
		s.DeleteDeployToken(token)
	}
	delete(s.deployTokens.byParent, parent)
}
