package allowlist

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

// entryID is an import id of jobtoken_allowlist_entry: PROJECT:project:TARGET or PROJECT:group:TARGET,
// each a full path or a numeric id.
type entryID struct {
	project gitlab.Ref
	kind    gitlab.Kind
	target  gitlab.Ref
}

// parseEntryID reads an import id. PROJECT:TARGET, as the official provider wrote it up to 17.8, means
// a target project.
func parseEntryID(text string) (entryID, error) {
	parts := strings.Split(text, ":")
	if len(parts) == 2 {
		parts = []string{parts[0], string(gitlab.KindProject), parts[1]}
	}
	if len(parts) != 3 {
		return entryID{}, errors.New("write PROJECT:project:TARGET or PROJECT:group:TARGET, each a full path or a numeric id")
	}
	id := entryID{kind: gitlab.Kind(parts[1])}
	if id.kind != gitlab.KindProject && id.kind != gitlab.KindGroup {
		return entryID{}, fmt.Errorf("the middle part is %q; write project or group", parts[1])
	}
	var err error
	if id.project, err = gitlab.ParseRef(gitlab.KindProject, parts[0]); err != nil {
		return entryID{}, fmt.Errorf("%q cannot be a project: %w", parts[0], err)
	}
	if id.target, err = gitlab.ParseRef(id.kind, parts[2]); err != nil {
		return entryID{}, fmt.Errorf("%q cannot be a %s: %w", parts[2], id.kind, err)
	}
	return id, nil
}

// String gives the one canonical spelling.
func (id entryID) String() string {
	return fmt.Sprintf("%s:%s:%s", id.project, id.kind, id.target)
}
