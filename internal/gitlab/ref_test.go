package gitlab_test

import (
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

func TestParseRef(t *testing.T) {
	t.Parallel()
	project, group := gitlab.KindProject, gitlab.KindGroup
	cases := map[string]struct {
		kind gitlab.Kind
		text string
		want gitlab.Ref
		// wrong is a part of the error; empty where the reference is right.
		wrong string
	}{
		"path":                        {project, "acme/app", gitlab.Ref{Path: "acme/app"}, ""},
		"path of a subgroup":          {project, "acme/platform/app", gitlab.Ref{Path: "acme/platform/app"}, ""},
		"letter case stays":           {project, "Acme/App", gitlab.Ref{Path: "Acme/App"}, ""},
		"letters of any script":       {project, "bücher/größe", gitlab.Ref{Path: "bücher/größe"}, ""},
		"dots, dashes and underlines": {project, "a.c-m_e/.app", gitlab.Ref{Path: "a.c-m_e/.app"}, ""},
		"digits are a path's part":    {project, "acme/42", gitlab.Ref{Path: "acme/42"}, ""},
		"id":                          {project, "42", gitlab.Ref{ID: 42}, ""},
		"largest id":                  {project, "9223372036854775807", gitlab.Ref{ID: 9223372036854775807}, ""},
		"group of one part":           {group, "acme", gitlab.Ref{Path: "acme"}, ""},
		"group by id":                 {group, "7", gitlab.Ref{ID: 7}, ""},
		"empty project":               {project, "", gitlab.Ref{}, "write the project's full path"},
		"empty group":                 {group, "", gitlab.Ref{}, "write the group's full path"},
		"zero":                        {project, "0", gitlab.Ref{}, "positive whole numbers"},
		"leading zero":                {project, "042", gitlab.Ref{}, "without leading zeros"},
		"id too large":                {project, "9223372036854775808", gitlab.Ref{}, "is not an id"},
		"URL":                         {project, "https://gitlab.example.com/acme/app", gitlab.Ref{}, "it is a URL"},
		"white space before":          {project, " acme/app", gitlab.Ref{}, "white space"},
		"white space behind":          {project, "acme/app\n", gitlab.Ref{}, "white space"},
		"white space inside":          {project, "acme/my app", gitlab.Ref{}, "it is not a path GitLab allows"},
		"slash before":                {project, "/acme/app", gitlab.Ref{}, "slash"},
		"slash behind":                {project, "acme/app/", gitlab.Ref{}, "slash"},
		"two slashes":                 {project, "acme//app", gitlab.Ref{}, "is not a path GitLab allows"},
		"URL-encoded":                 {project, "acme%2Fapp", gitlab.Ref{}, "URL-encoded"},
		"URL-encoded in lower case":   {project, "acme%2fapp", gitlab.Ref{}, "URL-encoded"},
		"dash before":                 {project, "acme/-app", gitlab.Ref{}, "starts with a letter"},
		"minus one":                   {project, "-1", gitlab.Ref{}, "without a sign"},
		"plus one":                    {group, "+1", gitlab.Ref{}, "without a sign"},
		"global id":                   {project, "gid://gitlab/Project/12", gitlab.Ref{}, "it ends in, 12,"},
		"this folder":                 {group, "acme/./deep", gitlab.Ref{}, `no part "."`},
		"the folder above":            {project, "acme/../app", gitlab.Ref{}, `no part ".."`},
		"no group":                    {project, "app", gitlab.Ref{}, "such as acme/app"},
		"clone address":               {project, "acme/app.git", gitlab.Ref{}, "ends in .git"},
		"too long":                    {project, "acme/" + strings.Repeat("a", 2048), gitlab.Ref{}, "longer than 2048"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := gitlab.ParseRef(c.kind, c.text)
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			switch {
			case c.wrong == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.wrong != "" && err == nil:
				t.Error("not refused")
			case c.wrong != "" && !strings.Contains(err.Error(), c.wrong):
				t.Errorf("%q does not say %q", err, c.wrong)
			}
		})
	}
}

func FuzzParseRef(f *testing.F) {
	for _, text := range []string{"acme/app", "42", "0", "", "/", "a//b", "https://x/y", "acme/app.git", " a/b", "%2F", "é/ü", "a/\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := gitlab.ParseRef(gitlab.KindProject, text)
		if err != nil {
			if ref != (gitlab.Ref{}) {
				t.Errorf("%q is refused and still gives %+v", text, ref)
			}
			if err.Error() == "" {
				t.Errorf("%q is refused without a reason", text)
			}
			return
		}
		if (ref.ID > 0) == (ref.Path != "") {
			t.Errorf("%q gives %+v, which is not one of path and id", text, ref)
		}
		if ref.String() != text {
			t.Errorf("%q comes back as %q", text, ref)
		}
		if strings.ContainsAny(text, "\\?#%: \t\r\n") {
			t.Errorf("%q is taken for a path", text)
		}
		if asGroup, err := gitlab.ParseRef(gitlab.KindGroup, text); err != nil || asGroup != ref {
			t.Errorf("%q is a project but as a group %+v, %v", text, asGroup, err)
		}
	})
}

func TestTarget(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		target   gitlab.Target
		text     string
		deletion bool
	}{
		"project":                          {gitlab.Target{Kind: gitlab.KindProject, ID: 12, Path: "acme/app"}, "project acme/app (id 12)", false},
		"path not known":                   {gitlab.Target{Kind: gitlab.KindGroup, ID: 7}, "group with id 7", false},
		"scheduled for deletion":           {gitlab.Target{Kind: gitlab.KindProject, ID: 12, Path: "acme/app-deletion_scheduled-12"}, "project acme/app-deletion_scheduled-12 (id 12)", true},
		"a name that only looks like that": {gitlab.Target{Kind: gitlab.KindProject, ID: 13, Path: "acme/app-deletion_scheduled-12"}, "project acme/app-deletion_scheduled-12 (id 13)", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.target.String(); got != c.text {
				t.Errorf("written as %q, want %q", got, c.text)
			}
			if got := c.target.DeletionScheduled(); got != c.deletion {
				t.Errorf("scheduled for deletion: %t, want %t", got, c.deletion)
			}
			if got := c.target.Ref(); got != (gitlab.Ref{ID: c.target.ID}) {
				t.Errorf("reference %+v", got)
			}
		})
	}
}
