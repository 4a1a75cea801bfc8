package repository

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// maxName is more than any revision or path of a repository has, and less than
// systems take in one argument.
const maxName = 8192

// unspeakable says whether no program can be given an argument.
func unspeakable(argument string) bool {
	return len(argument) > maxName || strings.ContainsRune(argument, 0)
}

// Commit gives the full id of the commit a revision names, such as "HEAD" or
// "refs/heads/main"; found is false where there is none.
func (s *Storage) Commit(ctx context.Context, projectID int64, revision string) (id string, found bool, err error) {
	output, found, err := s.read(ctx, projectID, "rev-parse", "--quiet", "--verify", "--end-of-options", revision+"^{commit}")
	return strings.TrimSpace(string(output)), found, err
}

// File gives the content of a file in a commit; found is false where there is
// none.
func (s *Storage) File(ctx context.Context, projectID int64, commit, path string) (content []byte, found bool, err error) {
	return s.read(ctx, projectID, "cat-file", "blob", commit+":"+path)
}

// Tag makes a lightweight tag of a commit; made is false where git takes no such name.
func (s *Storage) Tag(ctx context.Context, projectID int64, tag, commit string) (made bool, err error) {
	_, made, err = s.read(ctx, projectID, "update-ref", "--", "refs/tags/"+tag, commit, strings.Repeat("0", len(commit)))
	return made, err
}

// read runs git on a repository; that it fails means there is no such thing.
func (s *Storage) read(ctx context.Context, projectID int64, arguments ...string) (output []byte, found bool, err error) {
	if slices.ContainsFunc(arguments, unspeakable) {
		return nil, false, nil
	}
	err = s.use(ctx, projectID, func(root, name string) error {
		output, err = run(ctx, root, nil, append([]string{"--git-dir=" + filepath.Join(root, name)}, arguments...)...)
		return err
	})
	var failed *exec.ExitError
	if errors.As(err, &failed) && failed.Exited() {
		return nil, false, nil
	}
	return output, err == nil, err
}
