package rules

import (
	"regexp"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

const (
	taken       = "has already been taken"
	blank       = "can't be blank"
	tooLong     = "is too long (maximum is 255 characters)"
	invalidPath = "can only include non-accented letters, digits, '_', '-' and '.'. It must not start with '-', '_', or '.', nor end with '-', '_', '.', '.git', or '.atom'."
)

// maxName is the longest name of most things, in characters.
const maxName = 255

var pathForm = regexp.MustCompile(`\A[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\z`)

func validPath(path string) bool {
	lower := strings.ToLower(path)
	return pathForm.MatchString(path) && !strings.HasSuffix(lower, ".git") && !strings.HasSuffix(lower, ".atom")
}

// pathFromName makes the path GitLab gives what was created by name alone.
func pathFromName(name string) string {
	var path strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r == '.', r == '-':
			path.WriteRune(r)
		case path.Len() > 0 && !strings.HasSuffix(path.String(), "-"):
			path.WriteByte('-')
		}
	}
	return strings.Trim(path.String(), "-_.")
}

// fieldErrors collects a model's errors by field.
type fieldErrors map[string][]string

func (e fieldErrors) add(field, text string) { e[field] = append(e[field], text) }

func (e fieldErrors) refusal() *Refusal {
	if len(e) == 0 {
		return nil
	}
	return &Refusal{Reason: Invalid, Fields: e}
}

// projectErrors are the errors of a project's name and path among the others
// of its namespace; id 0 is a project yet to be made.
func projectErrors(st *store.State, id int64, n *store.Namespace, name, path string) fieldErrors {
	errs := fieldErrors{}
	if name == "" {
		errs.add("name", blank)
	}
	if !validPath(path) {
		errs.add("path", invalidPath)
	}
	full := n.FullPath + "/" + path
	if other := st.ProjectByPath(full); other != nil && other.ID != id || other == nil && st.PathTaken(full) {
		errs.add("path", taken)
	}
	for _, other := range st.ProjectsIn(n.ID) {
		if other.ID != id && strings.EqualFold(other.Name, name) {
			errs.add("name", taken)
			errs.add("project_namespace.name", taken)
			break
		}
	}
	return errs
}
