// Package documents holds the GraphQL documents that the client sends, one named operation to a file.
//
// A file is a valid document as it stands. Two marks at the end of a line steer what is sent:
// "# since 19.0" drops the line for a GitLab below that version, "# policies" drops it where the
// stored permissions of an entry cannot be read. A file whose operation takes the single variable
// $input and selects the single field result can be repeated, one aliased field to an input.
package documents

import (
	"embed"
	"fmt"
	"regexp"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

// Name is the name of a document's operation and, in snake case, of its file.
type Name string

// The operations of the client.
const (
	ProjectSnapshots        Name = "ProjectSnapshots"
	ProjectSnapshotsByPath  Name = "ProjectSnapshotsByPath"
	GroupSnapshots          Name = "GroupSnapshots"
	AllowlistPage           Name = "AllowlistPage"
	ProjectReferencesByPath Name = "ProjectReferencesByPath"
	ProjectReferencesByID   Name = "ProjectReferencesByID"
	GroupReferencesByPath   Name = "GroupReferencesByPath"
	GroupReferencesByID     Name = "GroupReferencesByID"
	NamespaceReferences     Name = "NamespaceReferences"
	GroupSizes              Name = "GroupSizes"
	TargetSights            Name = "TargetSights"
	AddEntries              Name = "AddEntries"
	SetPermissions          Name = "SetPermissions"
	RemoveProjects          Name = "RemoveProjects"
	RemoveGroups            Name = "RemoveGroups"
	UpdateSettings          Name = "UpdateSettings"
	PermissionNames         Name = "PermissionNames"
	AuthenticationLog       Name = "AuthenticationLog"
)

//go:embed *.graphql
var files embed.FS

// Server is what a document is fitted to.
type Server struct {
	Version version.Version
	// WithoutPolicies leaves out the stored permissions: GitLab fails a whole request when a stored
	// name is no longer in its enumeration.
	WithoutPolicies bool
}

// Text returns the document of an operation as the server understands it.
func Text(name Name, server Server) string {
	var kept []string
	for line := range strings.Lines(read(name)) {
		text, mark, marked := strings.Cut(strings.TrimRight(line, "\n"), " # ")
		if marked && !server.takes(mark) {
			continue
		}
		kept = append(kept, text)
	}
	return strings.Join(kept, "\n")
}

func (s Server) takes(mark string) bool {
	if since, ok := strings.CutPrefix(mark, "since "); ok {
		required, err := version.Parse(since)
		return err == nil && !s.Version.Less(required)
	}
	return mark != "policies" || !s.WithoutPolicies
}

var (
	repeatable = regexp.MustCompile(`(?s)^(\w+ \w+)\(\$input: (\S+)\) \{\n(.*?)\n\}\n?(.*)$`)
	input      = regexp.MustCompile(`\$input\b`)
	alias      = regexp.MustCompile(`(?m)^  result:`)
)

// Repeat returns the document with its one field repeated count times. The variables are named
// $input0, $input1 …, the aliases result0, result1 … (see [Input] and [Result]).
func Repeat(name Name, server Server, count int) string {
	parts := repeatable.FindStringSubmatch(Text(name, server))
	if parts == nil || len(alias.FindAllString(parts[3], -1)) != 1 {
		panic(fmt.Sprintf("documents: %s cannot be repeated", name))
	}
	head, inputType, body, fragments := parts[1], parts[2], parts[3], parts[4]
	variables := make([]string, count)
	fields := make([]string, count)
	for i := range count {
		variables[i] = fmt.Sprintf("$%s: %s", Input(i), inputType)
		fields[i] = alias.ReplaceAllLiteralString(input.ReplaceAllLiteralString(body, "$"+Input(i)), "  "+Result(i)+":")
	}
	return fmt.Sprintf("%s(%s) {\n%s\n}\n%s", head, strings.Join(variables, ", "), strings.Join(fields, "\n"), fragments)
}

// Input is the name of the variable at a place of a repeated document.
func Input(i int) string { return fmt.Sprintf("input%d", i) }

// Result is the alias at a place of a repeated document.
func Result(i int) string { return fmt.Sprintf("result%d", i) }

var upper = regexp.MustCompile(`([a-z])([A-Z])`)

func read(name Name) string {
	text, err := files.ReadFile(strings.ToLower(upper.ReplaceAllString(string(name), "${1}_${2}")) + ".graphql")
	if err != nil {
		panic(fmt.Sprintf("documents: %v", err))
	}
	return string(text)
}
