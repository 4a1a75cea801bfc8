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
