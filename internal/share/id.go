package share

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

// shareID is an import id: PROJECT:GROUP, each a full path or a numeric id.
type shareID struct{ project, group gitlab.Ref }

func parseID(text string) (id shareID, err error) {
	project, group, found := strings.Cut(text, ":")
	if !found || strings.Contains(group, ":") {
		return id, errors.New("write PROJECT:GROUP, each a full path or a numeric id")
	}
	if id.project, err = gitlab.ParseRef(gitlab.KindProject, project); err != nil {
		return id, fmt.Errorf("%q cannot be a project: %w", project, err)
	}
	if id.group, err = gitlab.ParseRef(gitlab.KindGroup, group); err != nil {
		return id, fmt.Errorf("%q cannot be a group: %w", group, err)
	}
	return id, nil
}
