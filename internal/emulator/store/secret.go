package store

import (
	"crypto/rand"
	"encoding/base64"
)

// newSecret makes a token text of GitLab's form: a prefix and 20 characters of
// letters, digits, "-" and "_".
func newSecret(prefix string) string {
	var random [15]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	return prefix + base64.RawURLEncoding.EncodeToString(random[:])
}

// recordedSecret is newSecret for what Secrets lists.
func (s *State) recordedSecret(prefix string) string {
	secret := newSecret(prefix)
	s.secrets = append(s.secrets, secret)
	return secret
}

// tokenSecret is the secret of a new token of a user, a person or a bot.
func (s *State) tokenSecret(userID int64) string {
	const prefix = "glpat-"
	if user := s.users.byID[userID]; user != nil && user.Bot {
		return s.recordedSecret(prefix)
	}
	return newSecret(prefix)
}

// Secrets lists the secret of every deploy token and of every project and group
// access token that was ever made or rotated, in that order, also of those that
// are gone. The slice is the caller's.
func (s *State) Secrets() []string { return append([]string{}, s.secrets...) }
