// Package repository keeps the git repositories of the embedded GitLab: real,
// bare ones under a temporary folder, made when they are first touched, and
// read and served by the git program.
package repository

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// ErrClosed is the error of a Storage that is closed.
var ErrClosed = errors.New("the repositories are closed")

// Storage holds the repositories. They are named by the ids of their projects,
// so that no path of a request ever reaches the file system. The zero value is
// ready for use.
type Storage struct {
	// users is held for reading while git runs, and for writing by Close.
	users sync.RWMutex
	// mu guards what follows, and the making of repositories.
	mu     sync.Mutex
	root   string // "" until something is touched
	closed bool
}

// Close removes the repositories once no git program uses them any more.
func (s *Storage) Close() error {
	s.users.Lock()
	defer s.users.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.root == "" {
		return nil
	}
	return os.RemoveAll(s.root)
}

// use lets work run on a project's repository, made first where it is missing.
func (s *Storage) use(ctx context.Context, projectID int64, work func(root, name string) error) error {
	s.users.RLock()
	defer s.users.RUnlock()
	name := strconv.FormatInt(projectID, 10) + ".git"
	if err := s.prepare(ctx, name); err != nil {
		return err
	}
	return work(s.root, name)
}

func (s *Storage) prepare(ctx context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if s.root == "" {
		root, err := os.MkdirTemp("", "gitlab-emulator-")
		if err != nil {
			return fmt.Errorf("make a folder for repositories: %w", err)
		}
		s.root = root
	}
	switch _, err := os.Stat(filepath.Join(s.root, name)); {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return s.create(ctx, name)
}

// firstCommit is a fast-import stream: one commit on main with a README.md.
const firstCommit = `commit refs/heads/main
committer GitLab <gitlab@example.com> 1700000000 +0000
data 14
Initial commit
M 100644 inline README.md
data 9
# README

`

// create makes a repository beside its place and moves it there when it is whole.
func (s *Storage) create(ctx context.Context, name string) error {
	draft := name + ".new"
	folder := filepath.Join(s.root, draft)
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if _, err := run(ctx, s.root, nil, "init", "--quiet", "--bare", "--initial-branch=main", "--template=", "--", draft); err != nil {
		return err
	}
	if _, err := run(ctx, s.root, []byte(firstCommit), "--git-dir="+folder, "fast-import", "--quiet"); err != nil {
		return err
	}
	return os.Rename(folder, filepath.Join(s.root, name))
}

// environment is all that git gets to see: nothing of the user who runs the
// server, of the machine's configuration, or of hooks.
func environment(root string) []string {
	return []string{
		"HOME=" + root,
		"PATH=" + os.Getenv("PATH"),
		"LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_TERMINAL_PROMPT=0",
		"GIT_CONFIG_COUNT=6",
		"GIT_CONFIG_KEY_0=core.hooksPath", "GIT_CONFIG_VALUE_0=" + os.DevNull,
		"GIT_CONFIG_KEY_1=gc.auto", "GIT_CONFIG_VALUE_1=0",
		"GIT_CONFIG_KEY_2=receive.autogc", "GIT_CONFIG_VALUE_2=false",
		"GIT_CONFIG_KEY_3=receive.fsckObjects", "GIT_CONFIG_VALUE_3=true",
		"GIT_CONFIG_KEY_4=receive.advertisePushOptions", "GIT_CONFIG_VALUE_4=true",
		"GIT_CONFIG_KEY_5=uploadpack.allowFilter", "GIT_CONFIG_VALUE_5=true",
	}
}

// run gives what git prints.
func run(ctx context.Context, root string, input []byte, arguments ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "git", arguments...) //nolint:gosec // no shell; revisions and paths are git's to refuse
	command.Dir, command.Env, command.Stdin = root, environment(root), bytes.NewReader(input)
	output, err := command.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(failed.Stderr))
		}
		return nil, fmt.Errorf("git %s: %w", strings.Join(arguments, " "), err)
	}
	return output, nil
}
