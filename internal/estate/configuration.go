package estate

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
)

// writer writes a configuration that takes projects over.
type writer struct {
	// labels are by path.
	labels map[string]string
	// settings asks for the toggles too.
	settings bool
}

// text is one configuration of all projects.
func (w writer) text(found []*project) string {
	var b strings.Builder
	if unreadable := slices.DeleteFunc(slices.Clone(found), (*project).readable); len(unreadable) > 0 {
		b.WriteString("# Left out, since the provider's token may not administer them:\n")
		for _, p := range unreadable {
			fmt.Fprintf(&b, "#   %s\n", strings.Join(strings.Fields(p.Path), " "))
		}
	}
	for _, p := range found {
		if !p.readable() {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		w.list(&b, p)
		if w.settings {
			w.toggles(&b, p)
		}
	}
	return string(hclwrite.Format([]byte(b.String())))
}

func (w writer) begin(b *strings.Builder, kind string, p *project) {
	name := w.labels[p.Path]
	fmt.Fprintf(b, "import {\n  to = %s.%s\n  id = %s\n}\n\n", kind, name, quote(p.Path))
	fmt.Fprintf(b, "resource %q %q {\n  project = %s\n", kind, name, quote(p.Path))
}

func (w writer) list(b *strings.Builder, p *project) {
	w.begin(b, "jobtoken_allowlist", p)
	fmt.Fprintf(b, "  enabled = %t\n", p.Project.Settings.InboundAllowlist)
	for _, kind := range kinds {
		entries := p.configured(kind)
		if len(entries) == 0 {
			fmt.Fprintf(b, "\n  %s = {}\n", attribute(kind))
			continue
		}
		fmt.Fprintf(b, "\n  %s = {\n", attribute(kind))
		for _, e := range entries {
			fmt.Fprintf(b, "    %s = %s\n", quote(e.Target.Path), granted(e.Permissions))
		}
		b.WriteString("  }\n")
	}
	b.WriteString("}\n")
}

// toggles leaves out the one that the list holds.
func (w writer) toggles(b *strings.Builder, p *project) {
	settings := p.Project.Settings
	b.WriteString("\n")
	w.begin(b, "jobtoken_settings", p)
	fmt.Fprintf(b, "  outbound_allowlist_enabled = %t\n  push_repository_allowed = %t\n", settings.Outbound, settings.PushRepository)
	if settings.CrossProjectPush != nil {
		fmt.Fprintf(b, "  cross_project_push_allowed = %t\n", *settings.CrossProjectPush)
	}
	b.WriteString("}\n")
}

func granted(permissions allowlists.Permissions) string {
	names := make([]string, 0, len(permissions.Names))
	for _, name := range permissions.Stated() {
		names = append(names, quote(name))
	}
	return "{ permissions = [" + strings.Join(names, ", ") + "] }"
}

// quote writes a string so that nothing in it is a template.
func quote(value string) string {
	return string(hclwrite.TokensForValue(cty.StringVal(value)).Bytes())
}

// files is the configuration in one file for each namespace that has projects, by file name.
func (w writer) files(found []*project) map[string]string {
	parts := map[string][]*project{}
	for _, p := range found {
		namespace := p.Path[:max(0, strings.LastIndexByte(p.Path, '/'))]
		parts[namespace] = append(parts[namespace], p)
	}
	texts := make(map[string]string, len(parts))
	for namespace, name := range fileNames(slices.Sorted(maps.Keys(parts))) {
		texts[name] = w.text(parts[namespace])
	}
	return texts
}

// fileNames names a file for each namespace. Those that would be the same, letter case aside, get a
// checksum of the path; Terraform takes a file that ends in _override for something else.
func fileNames(namespaces []string) map[string]string {
	uses := map[string]int{}
	base := func(namespace string) string {
		name := label("", namespace)
		if name == "override" || strings.HasSuffix(name, "_override") {
			name += "_"
		}
		return name
	}
	for _, namespace := range namespaces {
		uses[strings.ToLower(base(namespace))]++
	}
	names := make(map[string]string, len(namespaces))
	for _, namespace := range namespaces {
		name := base(namespace)
		if uses[strings.ToLower(name)] > 1 {
			sum := fnv.New32a()
			_, _ = sum.Write([]byte(namespace))
			name = fmt.Sprintf("%s_%08x", name, sum.Sum32())
		}
		names[namespace] = name + ".tf"
	}
	return names
}
