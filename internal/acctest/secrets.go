package acctest

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// searchSecrets looks through all that the CLI left for the secrets of every token that the embedded
// GitLab ever made, and for the provider's own: what a user saw, state and backups, saved plans, private
// state, and the provider's log at the level TRACE.
func (c *CLI) searchSecrets(t testing.TB, g *GitLab) {
	t.Helper()
	secrets := append(g.Secrets(t), g.Token)
	for where, text := range c.traces(t) {
		state := strings.HasPrefix(filepath.Base(where), "terraform.tfstate") || strings.Contains(where, ".tfplan")
		if c.secretsInState && state {
			continue
		}
		texts := [][]byte{text}
		if state {
			texts = decoded(text, 4)
		}
		for _, secret := range secrets {
			if secret != "" && slices.ContainsFunc(texts, func(text []byte) bool { return bytes.Contains(text, []byte(secret)) }) {
				t.Errorf("a secret stands in %s", where)
			}
		}
	}
}

// SecretsInState says that the configuration asks for secrets in the state, and so in plans.
func (c *CLI) SecretsInState() { c.secretsInState = true }

// traces is everything to be searched, by its name.
func (c *CLI) traces(t testing.TB) map[string][]byte {
	t.Helper()
	traces := map[string][]byte{"what a user sees": c.seen.Bytes()}
	err := filepath.WalkDir(c.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || strings.HasSuffix(path, ".tf") || strings.HasSuffix(path, storedSuffix) {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // of the test's own folder
		if err != nil {
			return err
		}
		traces[path] = text
		return unpack(path, text, traces)
	})
	if err != nil {
		t.Errorf("search for secrets: %v", err)
	}
	return traces
}

// unpack adds the members of a saved plan, which is a zip archive.
func unpack(path string, text []byte, to map[string][]byte) error {
	archive, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil //nolint:nilerr // it is none
	}
	for _, member := range archive.File {
		content, err := member.Open()
		if err != nil {
			return err
		}
		unpacked, err := io.ReadAll(content)
		_ = content.Close()
		if err != nil {
			return err
		}
		to[path+"/"+member.Name] = unpacked
	}
	return nil
}

var encoded = regexp.MustCompile(`[A-Za-z0-9+/]{24,}={0,2}`)

// decoded is a text, and what of it is base64, which private state is written in, as deep as it goes.
func decoded(text []byte, depth int) [][]byte {
	texts := [][]byte{text}
	if depth == 0 {
		return texts
	}
	for _, match := range encoded.FindAll(text, -1) {
		if inner, err := base64.StdEncoding.DecodeString(string(match)); err == nil {
			texts = append(texts, decoded(inner, depth-1)...)
		}
	}
	return texts
}
