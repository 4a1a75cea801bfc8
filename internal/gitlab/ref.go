package gitlab

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Kind says whether a reference or an allowlist entry means a project or a group.
type Kind string

// The two kinds of allowlist entries.
const (
	KindProject Kind = "project"
	KindGroup   Kind = "group"
)

// Ref is a project or a group as a user writes it: a full path or a numeric id, never both.
type Ref struct {
	ID   int64
	Path string
}

// String gives the reference as it is typed.
func (r Ref) String() string {
	if r.ID != 0 {
		return strconv.FormatInt(r.ID, 10)
	}
	return r.Path
}

// folded is the reference with its letter case folded, as GitLab compares paths.
func (r Ref) folded() Ref {
	return Ref{ID: r.ID, Path: strings.ToLower(r.Path)}
}

// Target is a project or group that GitLab has told us about.
type Target struct {
	Kind Kind
	ID   int64
	// Path is the full path at the time of reading.
	Path string
}

// String names the target for messages: project acme/app (id 12).
func (t Target) String() string {
	if t.Path == "" {
		return fmt.Sprintf("%s with id %d", t.Kind, t.ID)
	}
	return fmt.Sprintf("%s %s (id %d)", t.Kind, t.Path, t.ID)
}

// describe names what a reference means, for messages.
func (r Ref) describe(kind Kind) string {
	if r.ID != 0 {
		return Target{Kind: kind, ID: r.ID}.String()
	}
	return string(kind) + " " + r.Path
}

// Ref gives the target's unchanging reference.
func (t Target) Ref() Ref { return Ref{ID: t.ID} }

var (
	numeric = regexp.MustCompile(`^[0-9]+$`)
	signed  = regexp.MustCompile(`^[+-][0-9]+$`)
	segment = regexp.MustCompile(`^[\p{L}\p{N}_.][\p{L}\p{N}_.\-]*$`)
)

// ParseRef reads a project or group reference. Its errors are sentences that say what is wrong and
// what to write instead.
func ParseRef(kind Kind, text string) (Ref, error) {
	switch {
	case text == "":
		return Ref{}, fmt.Errorf("it is empty; write the %s's full path or its numeric id", kind)
	case numeric.MatchString(text):
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id == 0 || text[0] == '0' {
			return Ref{}, fmt.Errorf("%q is not an id: ids are positive whole numbers without leading zeros", text)
		}
		return Ref{ID: id}, nil
	case strings.HasPrefix(text, "gid://"):
		return Ref{}, fmt.Errorf("it is a global id; write the number alone that it ends in, %s, or the full path", text[strings.LastIndexByte(text, '/')+1:])
	case signed.MatchString(text):
		return Ref{}, fmt.Errorf("%q is not an id: ids are positive whole numbers without a sign", text)
	case strings.Contains(text, "://"):
		return Ref{}, errors.New("it is a URL; write the full path alone, such as acme/app")
	case strings.TrimSpace(text) != text:
		return Ref{}, errors.New("it begins or ends with white space")
	case strings.HasPrefix(text, "/") || strings.HasSuffix(text, "/"):
		return Ref{}, errors.New("it begins or ends with a slash; write the full path alone, such as acme/app")
	case strings.Contains(text, "%2F") || strings.Contains(text, "%2f"):
		return Ref{}, errors.New("it is URL-encoded; write the full path with plain slashes, such as acme/app")
	case len(text) > maxPath:
		return Ref{}, fmt.Errorf("it is longer than %d bytes", maxPath)
	}
	segments := strings.Split(text, "/")
	for _, s := range segments {
		if s == "." || s == ".." {
			return Ref{}, fmt.Errorf("a path has no part %q; write the full path from the top-level group on", s)
		}
		if !segment.MatchString(s) {
			return Ref{}, errors.New("it is not a path GitLab allows: each part between slashes starts with a letter, digit, _ or dot and holds letters, digits, _, - and dots")
		}
	}
	if kind == KindProject && len(segments) < 2 {
		return Ref{}, fmt.Errorf("it is not a full path; write the group too, such as acme/%s, or the numeric id", text)
	}
	if strings.HasSuffix(text, ".git") {
		return Ref{}, errors.New("it ends in .git, as clone addresses do; write the full path without it")
	}
	return Ref{Path: text}, nil
}

const maxPath = 2048

// DeletionScheduled tells whether GitLab (18.0 and later) has moved the project or group aside to
// delete it: its path then ends in -deletion_scheduled-ID.
func (t Target) DeletionScheduled() bool {
	return strings.HasSuffix(t.Path, fmt.Sprintf("-deletion_scheduled-%d", t.ID))
}

// Key is what is kept of a project or group is kept under: its path may change.
type Key struct {
	Kind Kind
	ID   int64
}

// Key gives the target's.
func (t Target) Key() Key { return Key{Kind: t.Kind, ID: t.ID} }

// Above tells whether a path is that of something below a group, at whatever depth.
func (t Target) Above(path string) bool {
	return t.Kind == KindGroup && strings.HasPrefix(strings.ToLower(path), strings.ToLower(t.Path)+"/")
}
