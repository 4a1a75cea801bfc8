package allowlist

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/intent"
)

func set(names ...string) types.Set { return flattenPermissions(allowlists.FineGrained(names...)) }

var (
	noSet      = types.SetNull(types.StringType)
	unknownSet = types.SetUnknown(types.StringType)
)

func object(permissions types.Set, target types.String) attr.Value {
	return types.ObjectValueMust(entryType.AttrTypes, map[string]attr.Value{"permissions": permissions, "target": target})
}

func mapOf(elements map[string]attr.Value) types.Map { return types.MapValueMust(entryType, elements) }

func TestExpand(t *testing.T) {
	t.Parallel()
	text, null := types.StringValue, types.StringNull()
	cases := map[string]struct {
		key   string
		value attr.Value
		want  entry
	}{
		"null is the default": {"acme/app", object(noSet, null), entry{
			text: "acme/app", permissions: all, permissionsKnown: true, model: entryModel{noSet, null},
		}},
		"an empty set is none": {"acme/app", object(set(), null), entry{
			text: "acme/app", permissions: none, permissionsKnown: true, model: entryModel{set(), null},
		}},
		"names": {"acme/app", object(set("read_packages"), null), entry{
			text: "acme/app", permissions: read, permissionsKnown: true, model: entryModel{set("read_packages"), null},
		}},
		"unknown permissions": {"acme/app", object(unknownSet, null), entry{
			text: "acme/app", model: entryModel{unknownSet, null},
		}},
		"a label": {"my app", object(noSet, text("acme/app")), entry{
			text: "acme/app", labelled: true, permissions: all, permissionsKnown: true, model: entryModel{noSet, text("acme/app")},
		}},
		"a label for what is unknown": {"my app", object(noSet, types.StringUnknown()), entry{
			labelled: true, unknown: true, permissions: all, permissionsKnown: true, model: entryModel{noSet, types.StringUnknown()},
		}},
		"all unknown": {"my app", types.ObjectUnknown(entryType.AttrTypes), entry{text: "my app", unknown: true}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, diags := expand(t.Context(), gitlab.KindGroup, mapOf(map[string]attr.Value{c.key: c.value}))
			if diags.HasError() || len(got) != 1 {
				t.Fatalf("got %v, %v", got, diags)
			}
			c.want.kind, c.want.key = gitlab.KindGroup, c.key
			if !reflect.DeepEqual(got[0], c.want) {
				t.Errorf("got  %+v\nwant %+v", got[0], c.want)
			}
		})
	}
}

func TestExpandSortsByKey(t *testing.T) {
	t.Parallel()
	plain := object(noSet, types.StringNull())
	got, _ := expand(t.Context(), gitlab.KindProject, mapOf(map[string]attr.Value{"c/c": plain, "a/a": plain, "b/b": plain}))
	keys := []string{}
	for _, e := range got {
		keys = append(keys, e.key)
	}
	if !slices.Equal(keys, []string{"a/a", "b/b", "c/c"}) {
		t.Errorf("got %v", keys)
	}
}

func TestExpandPermissionsWithAnUnknownName(t *testing.T) {
	t.Parallel()
	set := types.SetValueMust(types.StringType, []attr.Value{types.StringValue("read_jobs"), types.StringUnknown()})
	if _, isKnown := expandPermissions(set); isKnown {
		t.Error("a set that holds an unknown name counts as known")
	}
}

func TestPermissionsThereAndBack(t *testing.T) {
	t.Parallel()
	for _, p := range []allowlists.Permissions{all, none, read, readMore} {
		got, isKnown := expandPermissions(flattenPermissions(p))
		if !isKnown || !got.Equal(p) {
			t.Errorf("%s comes back as %s", p, got)
		}
	}
	if !flattenPermissions(all).IsNull() || flattenPermissions(none).IsNull() {
		t.Error("null does not stand for the default permissions, [] for none")
	}
}

func TestEntryAt(t *testing.T) {
	t.Parallel()
	e := entry{kind: gitlab.KindProject, key: "acme/app"}
	if got := e.at().String(); got != `projects["acme/app"]` {
		t.Errorf("got %s", got)
	}
	e = entry{kind: gitlab.KindGroup, key: "label", labelled: true}
	if got := e.at().String(); got != `groups["label"].target` {
		t.Errorf("got %s", got)
	}
}

// spelled is a wanted entry under another key, of which text is the reference.
func spelled(e entry, key, text string) entry {
	e.key, e.text, e.labelled = key, text, key != text
	if e.labelled {
		e.model.Target = types.StringValue(text)
	}
	return e
}

func deleted(e entry) entry {
	e.dead = true
	return e
}

func TestFlatten(t *testing.T) {
	t.Parallel()
	null := types.StringNull()
	cases := map[string]struct {
		held    []allowlists.Entry
		spelled []entry
		want    map[string]attr.Value
		ids     map[string]int64
		// all asks for all that is stored, as an import does.
		all bool
	}{
		"nothing": {nil, nil, map[string]attr.Value{}, map[string]int64{}, false},
		"by path where it is not spelled": {
			[]allowlists.Entry{held(app, all), held(web, read)}, nil,
			map[string]attr.Value{"acme/app": object(noSet, null), "acme/web": object(set("read_packages"), null)},
			map[string]int64{"acme/app": 2, "acme/web": 3}, false,
		},
		"no permission is an empty set": {
			[]allowlists.Entry{held(ops, none)}, nil,
			map[string]attr.Value{"acme/ops": object(set(), null)}, map[string]int64{"acme/ops": 9}, false,
		},
		"as it is spelled": {
			[]allowlists.Entry{held(app, all), held(web, read)},
			[]entry{spelled(wanted(app, all), "2", "2"), spelled(wanted(web, read), "the site", "ACME/Web")},
			map[string]attr.Value{"2": object(noSet, null), "the site": object(set("read_packages"), types.StringValue("ACME/Web"))},
			map[string]int64{"2": 2, "ACME/Web": 3}, false,
		},
		"permissions changed by someone else": {
			[]allowlists.Entry{held(app, readMore)}, []entry{wanted(app, read)},
			map[string]attr.Value{"acme/app": object(set("read_jobs", "read_packages"), null)}, map[string]int64{"acme/app": 2}, false,
		},
		"unreadable permissions stay as typed": {
			[]allowlists.Entry{unreadable(app)}, []entry{wanted(app, read)},
			map[string]attr.Value{"acme/app": object(set("read_packages"), null)}, map[string]int64{"acme/app": 2}, false,
		},
		"spelled but gone": {
			[]allowlists.Entry{held(web, all)}, []entry{wanted(app, all), wanted(web, all)},
			map[string]attr.Value{"acme/web": object(noSet, null)}, map[string]int64{"acme/web": 3}, false,
		},
		"own entry with the default is implied": {
			[]allowlists.Entry{held(lib, all)}, nil, map[string]attr.Value{}, map[string]int64{}, false,
		},
		"own entry with the default is shown where it is spelled": {
			[]allowlists.Entry{held(lib, all)}, []entry{wanted(lib, all)},
			map[string]attr.Value{"acme/lib": object(noSet, null)}, map[string]int64{"acme/lib": 1}, false,
		},
		"own entry spelled and not stored": {
			nil, []entry{wanted(lib, all)},
			map[string]attr.Value{"acme/lib": object(noSet, null)}, map[string]int64{"acme/lib": 1}, false,
		},
		"own entry spelled with permissions and not stored": {
			nil, []entry{wanted(lib, read)},
			map[string]attr.Value{"acme/lib": object(noSet, null)}, map[string]int64{"acme/lib": 1}, false,
		},
		"own entry with permissions, not spelled": {
			[]allowlists.Entry{held(lib, read)}, nil, map[string]attr.Value{}, map[string]int64{}, false,
		},
		"own entry with permissions, imported": {
			[]allowlists.Entry{held(lib, read)}, nil,
			map[string]attr.Value{"acme/lib": object(set("read_packages"), null)}, map[string]int64{"acme/lib": 1}, true,
		},
		"own entry with the default, imported": {
			[]allowlists.Entry{held(lib, all)}, nil, map[string]attr.Value{}, map[string]int64{}, true,
		},
		"spelled and deleted for good": {
			nil, []entry{deleted(wanted(app, read))},
			map[string]attr.Value{"acme/app": object(set("read_packages"), null)}, map[string]int64{"acme/app": 2}, false,
		},
		"a group with the project's id is not its own entry": {
			nil, []entry{wanted(gitlab.Target{Kind: gitlab.KindGroup, ID: lib.ID, Path: "acme"}, all)},
			map[string]attr.Value{}, map[string]int64{}, false,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := flatten(listing(), c.held, c.spelled, c.all)
			if !got.value().Equal(mapOf(c.want)) {
				t.Errorf("got  %s\nwant %s", got.value(), mapOf(c.want))
			}
			if !maps.Equal(got.ids, c.ids) {
				t.Errorf("ids %v, want %v", got.ids, c.ids)
			}
		})
	}
}

func TestFlattenAndExpandAgree(t *testing.T) {
	t.Parallel()
	list := []allowlists.Entry{held(app, all), held(web, read), held(gitlab.Target{Kind: gitlab.KindProject, ID: 4, Path: "acme/x"}, none)}
	project := listing(list...)
	m := flatten(project, list, nil, false)
	entries, diags := expand(t.Context(), gitlab.KindProject, m.value())
	if diags.HasError() {
		t.Fatal(diags)
	}
	read := intended(identify(entries, m.ids, project))
	if planned := intent.Of(project, intent.List{Kind: gitlab.KindProject, Want: read, Whole: true}); len(planned.Steps) > 0 || len(planned.Meanwhile) > 0 {
		t.Errorf("a list as it was read would be changed: %v", planned)
	}
}

func TestIdentify(t *testing.T) {
	t.Parallel()
	renamed := gitlab.Target{Kind: gitlab.KindProject, ID: 2, Path: "acme/application"}
	cases := map[string]struct {
		kind gitlab.Kind
		text string
		ids  map[string]int64
		have *allowlists.Project
		// want is the zero target where the entry is left out.
		want gitlab.Target
	}{
		"by the id that is known":        {gitlab.KindProject, "acme/app", map[string]int64{"acme/app": 2}, listing(held(renamed, all)), renamed},
		"by the id, gone from the list":  {gitlab.KindProject, "acme/app", map[string]int64{"acme/app": 2}, listing(), gitlab.Target{Kind: gitlab.KindProject, ID: 2}},
		"the id wins over the path":      {gitlab.KindProject, "acme/web", map[string]int64{"acme/web": 2}, listing(held(app, all), held(web, all)), app},
		"by path in another letter case": {gitlab.KindProject, "ACME/App", nil, listing(held(app, all)), app},
		"by the id that is written":      {gitlab.KindProject, "2", nil, listing(held(app, all)), app},
		"the project itself":             {gitlab.KindProject, "acme/lib", nil, listing(), lib},
		"a group":                        {gitlab.KindGroup, "acme/platform", nil, listing(held(platform, all)), platform},
		"a group is no project":          {gitlab.KindProject, "acme/platform", nil, listing(held(platform, all)), gitlab.Target{}},
		"not known and not on the list":  {gitlab.KindProject, "acme/nothing", nil, listing(held(app, all)), gitlab.Target{}},
		"no reference":                   {gitlab.KindProject, "my label", nil, listing(held(app, all)), gitlab.Target{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := identify([]entry{{kind: c.kind, key: c.text, text: c.text}}, c.ids, c.have)
			if c.want.ID == 0 {
				if len(got) > 0 {
					t.Errorf("got %v", got[0].target)
				}
				return
			}
			if len(got) != 1 || got[0].target != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestSameEntries(t *testing.T) {
	t.Parallel()
	undecided := wanted(app, all)
	undecided.permissionsKnown = false
	unresolved := wanted(gitlab.Target{}, all)
	cases := map[string]struct {
		want, before []entry
		same         bool
	}{
		"both empty":             {nil, nil, true},
		"in another order":       {[]entry{wanted(app, all), wanted(web, read)}, []entry{wanted(web, read), wanted(app, all)}, true},
		"under another spelling": {[]entry{spelled(wanted(app, all), "2", "2")}, []entry{wanted(app, all)}, true},
		"other permissions":      {[]entry{wanted(app, all)}, []entry{wanted(app, none)}, false},
		"one more":               {[]entry{wanted(app, all), wanted(web, all)}, []entry{wanted(app, all)}, false},
		"one less":               {nil, []entry{wanted(app, all)}, false},
		"another target":         {[]entry{wanted(web, all)}, []entry{wanted(app, all)}, false},
		"permissions not known":  {[]entry{undecided}, []entry{wanted(app, all)}, false},
		"a target not yet known": {[]entry{unresolved}, []entry{unresolved}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := sameEntries(c.want, c.before); got != c.same {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestSuggestion(t *testing.T) {
	t.Parallel()
	known := []string{"admin_jobs", "admin_packages", "read_jobs", "read_packages", "read_pipelines"}
	cases := map[string]string{
		"read_package":          " Did you mean read_packages?",
		"read_packges":          " Did you mean read_packages?",
		"read_job":              " Did you mean read_jobs?",
		"write_jobs":            " Did you mean read_jobs or admin_jobs?",
		"packages":              " Did you mean read_packages or admin_packages?",
		"something_else_at_all": "",
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := suggestion(name, known); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
