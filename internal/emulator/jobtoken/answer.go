package jobtoken

import (
	"fmt"
	"net/http"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
)

// MissingProject is what git says of a project that is not there, and to users
// of one they cannot see.
const MissingProject = "The project you were looking for could not be found or you don't have permission to view it."

// notAllowed names the job's project by the last segment of its path, as GitLab
// 17.4 and later do.
func (v Verdict) notAllowed() string {
	target := v.accessed.Path
	if v.byID {
		target = "project " + v.name()
	}
	return fmt.Sprintf("Authentication by CI/CD job token not allowed from %s to %s.", v.origin.Path, target)
}

// name is how texts name the project they are about.
func (v Verdict) name() string {
	if v.byID {
		return fmt.Sprintf("#%d", v.accessed.ID)
	}
	return v.accessed.Path
}

// REST gives the status and the message of GitLab's REST API, 200 and "" for
// what is allowed. It does not tell a project that is not let in from a user
// without a role.
func (v Verdict) REST() (status int, message string) {
	switch v.Reason {
	case Allowed:
		return http.StatusOK, ""
	case ProjectMissing:
		return http.StatusNotFound, "404 Project Not Found"
	case NotAdmitted, NotMember:
		return http.StatusForbidden, "403 Forbidden - " + v.notAllowed()
	case Unauthorized:
		return http.StatusForbidden, "403 Forbidden - This action is unauthorized for CI/CD job tokens."
	case PermissionsMiss:
		return http.StatusForbidden, "403 Forbidden - " + v.insufficient()
	case AbilityMiss:
	}
	return http.StatusForbidden, "403 Forbidden"
}

func (v Verdict) insufficient() string {
	text := "The following token permission is required: "
	if len(v.permissions) > 1 {
		text = "The following token permissions are required: "
	}
	return fmt.Sprintf("Insufficient permissions to access this resource in project %s. %s%s.", v.name(), text, rules.Sentence(v.permissions))
}

// Git gives the status and the plain text of git over HTTP for a clone or a
// push, 200 and "" for what is allowed.
func (v Verdict) Git(op Operation) (status int, text string) {
	switch v.Reason {
	case Allowed:
		return http.StatusOK, ""
	case ProjectMissing:
		return http.StatusNotFound, MissingProject
	case NotAdmitted:
		return http.StatusForbidden, v.notAllowed()
	case NotMember:
		return http.StatusForbidden, fmt.Sprintf("Insufficient permissions to pull from the repository of project %s.", v.name())
	case Unauthorized, PermissionsMiss, AbilityMiss:
	}
	return http.StatusForbidden, GitRefusal(op.Pushes)
}

// GitRefusal is what git says to who may see a project, but not clone it or
// push to it.
func GitRefusal(push bool) string {
	if push {
		return "You are not allowed to push code to this project."
	}
	return "You are not allowed to download code from this project."
}
