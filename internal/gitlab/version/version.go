// Package version compares GitLab versions by major and minor number, the only parts that say what
// a server can do.
package version

import (
	"fmt"
	"regexp"
	"strconv"
)

// Version is the major and minor number of a GitLab release.
type Version struct {
	Major, Minor int
}

var pattern = regexp.MustCompile(`^v?(\d{1,4})\.(\d{1,4})(?:\D.*)?$`)

// Parse reads a version as GitLab's metadata gives it: "19.4.1", "18.1.1-ee", "19.3.0-pre".
func Parse(text string) (Version, error) {
	parts := pattern.FindStringSubmatch(text)
	if parts == nil {
		return Version{}, fmt.Errorf("%q is not a GitLab version", text)
	}
	major, _ := strconv.Atoi(parts[1])
	minor, _ := strconv.Atoi(parts[2])
	return Version{Major: major, Minor: minor}, nil
}

// Less tells whether v came before other.
func (v Version) Less(other Version) bool {
	return v.Major < other.Major || v.Major == other.Major && v.Minor < other.Minor
}

// String gives the version as users write it: 18.4.
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }
