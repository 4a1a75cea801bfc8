package repository

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
)

func TestRepositoriesAreMadeOnceAndRemoved(t *testing.T) {
	t.Parallel()
	var s Storage
	if s.root != "" {
		t.Error("a folder before anything is touched")
	}
	var group sync.WaitGroup
	commits := make([]string, 8)
	for n := range commits {
		group.Go(func() {
			commit, found, err := s.Commit(t.Context(), int64(1+n%2), "HEAD")
			if err != nil || !found {
				t.Errorf("HEAD: %t, %v", found, err)
			}
			commits[n] = commit
		})
	}
	group.Wait()
	for _, commit := range commits {
		if len(commit) != 40 || commit != commits[0] {
			t.Errorf("the first commit is %q, another's %q", commit, commits[0])
		}
	}
	entries, err := os.ReadDir(s.root)
	if err != nil || len(entries) != 2 || entries[0].Name() != "1.git" || entries[1].Name() != "2.git" {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.root); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder after Close: %v", err)
	}
	if _, _, err := s.Commit(t.Context(), 1, "HEAD"); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v, want %v", err, ErrClosed)
	}
}

func TestCloseWithoutRepositories(t *testing.T) {
	t.Parallel()
	var s Storage
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	var s Storage
	t.Cleanup(func() { _ = s.Close() })
	commit, found, err := s.Commit(t.Context(), 1, "refs/heads/main")
	if err != nil || !found {
		t.Fatalf("main: %t, %v", found, err)
	}
	if content, found, err := s.File(t.Context(), 1, commit, "README.md"); err != nil || !found || string(content) != "# README\n" {
		t.Errorf("README.md: %q, %t, %v", content, found, err)
	}
	for _, revision := range []string{"refs/heads/other", "--all", "HEAD^{tree}", "", "HEAD:README.md", "main\x00", strings.Repeat("a", 1<<18)} {
		if _, found, err := s.Commit(t.Context(), 1, revision); err != nil || found {
			t.Errorf("%q: %t, %v", revision, found, err)
		}
	}
	for _, path := range []string{"", ".", "..", "../README.md", "/etc/passwd", "none", "README.md\x00"} {
		if _, found, err := s.File(t.Context(), 1, commit, path); err != nil || found {
			t.Errorf("%q: %t, %v", path, found, err)
		}
	}
}

// Everything but repositories works where there is no git.
func TestWithoutGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var s Storage
	if _, _, err := s.Commit(t.Context(), 1, "HEAD"); err == nil {
		t.Error("found a commit without git")
	}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/1.git/info/refs", nil)
	if err := s.Serve(httptest.NewRecorder(), request, 1, "info/refs", ""); err == nil {
		t.Error("served without git")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
