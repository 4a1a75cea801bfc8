package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// input is a configuration that asks for trouble, and what comes of it.
type input struct {
	// of is what is configured: "resource jobtoken_settings", "import jobtoken_settings", and so on.
	of string
	// about is the attribute that the row is about, such as deliveries.key; empty for imports by id.
	about string
	// config is laid over what is right otherwise; nil takes an attribute out. An import has its id there.
	config map[string]any
	// at is where Terraform is told that the error stands; empty for the block itself.
	at string
	// title is the error's; empty where the configuration is right after all.
	title string
	// says are words of the error, the next step among them.
	says []string
}

type object = map[string]any

const (
	invalidValue     = "Invalid Value"
	invalidText      = "Invalid Text"
	invalidReference = "Invalid Project or Group Reference"
	noValue          = "Element Has No Value"
	exactlyOne       = "Exactly One of Two Attributes Is Needed"
	invalidVariable  = "Invalid CI/CD Variable"
	invalidExpiry    = "Invalid Expiry"
	invalidSetting   = "Invalid Provider Configuration"
	invalidImport    = "Unable to Import"
	missing          = "Missing Configuration for Required Attribute"
	readOnly         = "Invalid Configuration for Read-Only Attribute"
)

// badReferences are what no project or group can be called, with what is said of each.
var badReferences = map[string]string{
	"":                                   "it is empty",
	"0":                                  "positive whole numbers",
	"042":                                "without leading zeros",
	"+1":                                 "without a sign",
	"-1":                                 "without a sign",
	"99999999999999999999":               "is not an id",
	"gid://gitlab/Project/12":            "write the number alone that it ends in, 12",
	"https://gitlab.example.com/acme/it": "write the full path alone",
	"/acme/app":                          "begins or ends with a slash",
	"acme/app/":                          "begins or ends with a slash",
	"acme//app":                          "is not a path GitLab allows",
	"acme/./app":                         `no part "."`,
	"acme/../app":                        `no part ".."`,
	" acme/app":                          "white space",
	"acme/my app":                        "is not a path GitLab allows",
	"acme%2Fapp":                         "plain slashes",
	"acme/app.git":                       "without it",
}

// references are rows of all that an attribute cannot refer to. The attribute is at a place, and lay puts
// a text there.
func references(of, about, at string, lay func(any) object) (rows []input) {
	for text, says := range badReferences {
		rows = append(rows, input{of, about, lay(text), at, invalidReference, []string{fmt.Sprintf("%q cannot be a ", text), says}})
	}
	return rows
}

func over(name string) func(any) object {
	return func(value any) object { return object{name: value} }
}

// tokenKinds are the four token resources with what one of each needs beside its project or group.
var tokenKinds = map[string]struct {
	parent string
	access bool
}{
	"jobtoken_project_deploy_token": {"project", false},
	"jobtoken_group_deploy_token":   {"group", false},
	"jobtoken_project_access_token": {"project", true},
	"jobtoken_group_access_token":   {"group", true},
}

// right is a configuration of each kind of thing that nothing is wrong with.
func right(of string, f fixture) object {
	what, name, _ := strings.Cut(of, " ")
	project, group := f.app.Path, f.Root.Path
	if kind, is := tokenKinds[name]; is && what == "resource" {
		config := object{kind.parent: map[string]any{"project": project, "group": group}[kind.parent], "name": "ci", "scopes": []any{"read_registry"}, "token_in_state": true}
		if kind.access {
			config["expires_at"] = f.date(30)
		}
		return config
	} else if is && what == "list" {
		return object{kind.parent: map[string]any{"project": project, "group": group}[kind.parent]}
	} else if what == "list" && name != "jobtoken_instance_enforcement" {
		return object{"project": project}
	}
	switch of {
	case "data jobtoken_allowlists", "data jobtoken_group_report":
		return object{"group": group}
	case "resource jobtoken_allowlist", "resource jobtoken_settings", "data jobtoken_allowlist", "data jobtoken_settings", "data jobtoken_deploy_tokens", "data jobtoken_access_tokens":
		return object{"project": project}
	case "resource jobtoken_allowlist_entry":
		return object{"project": project, "target_project": f.web.Path}
	case "data jobtoken_access_check":
		return object{"from_project": f.web.Path, "to_project": project, "operation": "clone"}
	case "data jobtoken_authentication_log", "data jobtoken_allowlist_proposal":
		return object{"project": project}
	case "ephemeral jobtoken_delivered_secret":
		return object{"project": project, "key": "TOKEN", "token_id": 12}
	case "resource jobtoken_project_share":
		return object{"project": project, "group": f.team.Path, "role": "developer"}
	case "resource jobtoken_instance_enforcement":
		return object{"enabled": true}
	case "provider":
		return object{"base_url": f.BaseURL, "token": f.Token, "allow_plain_http": true}
	}
	return object{}
}

// fixture is the GitLab that the rows are planned against.
type fixture struct {
	*acctest.GitLab

	app, web acctest.Project
	team     acctest.Group
	t        testing.TB
}

func (f fixture) date(days int) string { return f.Clock(f.t).AddDate(0, 0, days).Format("2006-01-02") }

// badInput is the table. An attribute without a row fails TestBadInput.
func badInput(f fixture) (rows []input) {
	row := func(of, about string, config object, at, title string, says ...string) {
		rows = append(rows, input{of, about, config, at, title, says})
	}
	nowhere := f.Root.Path + "/nowhere"

	const list = "resource jobtoken_allowlist"
	rows = append(rows, references(list, "project", "project", over("project"))...)
	row(list, "project", object{"project": nowhere}, "project", "Unable to Find Project", "Check the spelling")
	row(list, "enabled", object{"enabled": false}, "", "")
	row(list, "exclusive", object{"exclusive": false}, "", "")
	for name, other := range map[string]string{"projects": f.web.Path, "groups": f.Root.Path} {
		entries := func(elements object) object { return object{name: elements} }
		at := func(key string) string { return fmt.Sprintf("%s[%q]", name, key) }
		row(list, name, entries(object{other: nil}), "", "")
		row(list, name, entries(object{"": object{}}), at(""), invalidText, "A key of "+name+" is empty", "Write one")
		row(list, name, entries(object{nowhere: object{}}), at(nowhere), "Unable to Find Job Token Allowlist Target", "Check the spelling")
		wrong := map[string]string{"projects": f.Root.Path, "groups": f.web.Path}[name]
		if name == "groups" {
			row(list, name, entries(object{wrong: object{}}), at(wrong), "Wrong Kind of Job Token Allowlist Target", "List it under projects")
		}
		row(list, name, entries(object{"a": object{"target": other}, "b": object{"target": strings.ToUpper(other)}}), at("b"), "Two Keys for One Job Token Allowlist Entry", "Keep one of them")
		for text, says := range badReferences {
			if text != "" {
				row(list, name, entries(object{text: object{}}), at(text), invalidReference, says)
			}
		}
		permissions := func(of ...any) object { return entries(object{other: object{"permissions": of}}) }
		row(list, name+".permissions", permissions("Read_Packages"), at(other), "Invalid Permission", `is "Read_Packages"`, "in lower case")
		row(list, name+".permissions", permissions(""), at(other), "Invalid Permission", "such as read_packages")
		row(list, name+".permissions", permissions("read_packages", nil), at(other), noValue, "Give it a value, or leave it out")
		row(list, name+".permissions", permissions("default"), "", "")
		row(list, name+".permissions", permissions("default", "read_packages"), at(other), "Invalid Permission", `has "default" beside names`, `Write ["default"] alone`)
		row(list, name+".permissions", permissions("read_package"), at(other), "Unknown Permission", "Did you mean read_packages")
		rows = append(rows, references(list, name+".target", at("label"), func(value any) object {
			return entries(object{"label": object{"target": value}})
		})...)
	}

	const entry = "resource jobtoken_allowlist_entry"
	rows = append(rows, references(entry, "project", "project", over("project"))...)
	rows = append(rows, references(entry, "target_project", "target_project", over("target_project"))...)
	rows = append(rows, references(entry, "target_group", "target_group", func(value any) object {
		return object{"target_project": nil, "target_group": value}
	})...)
	row(entry, "target_project", object{"target_project": nil}, "target_project", exactlyOne, "Write exactly one of target_project and target_group; there is neither")
	row(entry, "target_group", object{"target_group": f.Root.Path}, "target_group", exactlyOne, "there are both")
	row(entry, "target_group", object{"target_project": nil, "target_group": f.web.Path}, "target_group", "Wrong Kind of Job Token Allowlist Target", "Write it as target_project")
	row(entry, "permissions", object{"permissions": []any{nil}}, "permissions", noValue, "An element of permissions is null")
	row(entry, "permissions", object{"permissions": []any{"read packages"}}, "permissions", "Invalid Permission", "such as read_packages")
	row(entry, "permissions", object{"permissions": []any{"default"}}, "", "")
	row(entry, "permissions", object{"permissions": []any{"default", "read_packages"}}, "permissions", "Invalid Permission", `has "default" beside names`)
	row(entry, "permissions", object{"permissions": []any{"read_package"}}, "permissions", "Unknown Permission", "Did you mean read_packages")

	const settings = "resource jobtoken_settings"
	rows = append(rows, references(settings, "project", "project", over("project"))...)
	row(settings, "inbound_allowlist_enabled", object{"inbound_allowlist_enabled": false}, "", "")
	row(settings, "outbound_allowlist_enabled", object{"outbound_allowlist_enabled": true}, "outbound_allowlist_enabled", "Legacy Outbound Allowlist Cannot Be Switched On", "leave the attribute out")
	row(settings, "push_repository_allowed", object{"push_repository_allowed": true}, "", "")
	row(settings, "cross_project_push_allowed", object{"cross_project_push_allowed": true}, "", "")

	const share = "resource jobtoken_project_share"
	rows = append(rows, references(share, "project", "project", over("project"))...)
	rows = append(rows, references(share, "group", "group", over("group"))...)
	row(share, "project", object{"project": nowhere}, "project", "Unable to Find Project", "Check the spelling")
	row(share, "group", object{"group": nowhere}, "group", "Unable to Find Group", "Check the spelling")
	row(share, "group", object{"group": f.Root.Path}, "group", "Project Cannot Be Shared With This Group", "members have their roles in the project anyway", "Name another group")
	row(share, "role", object{"role": "Developer"}, "role", invalidValue, `is "Developer". Write one of`, "developer")
	row(share, "role", object{"role": ""}, "role", invalidValue, "Write one of")
	row(share, "expires_at", object{"expires_at": "soon"}, "expires_at", invalidExpiry, "is not a date such as 2027-01-31")
	row(share, "expires_at", object{"expires_at": f.date(-1)}, "expires_at", invalidExpiry, "has passed", "Write a later one")
	row(share, "expires_at", object{"expires_at": f.date(9)}, "", "")

	const noAdministrator = "Unable to Read Whether Job Token Allowlists Are Enforced"
	row("resource jobtoken_instance_enforcement", "enabled", object{"enabled": true}, "", noAdministrator, "Give the provider the token of an administrator")
	row("data jobtoken_instance_enforcement", "enabled", object{}, "", noAdministrator, "Give the provider the token of an administrator")

	for _, name := range slices.Sorted(maps.Keys(tokenKinds)) {
		rows = append(rows, badTokens(f, name)...)
	}

	for _, of := range []string{"data jobtoken_allowlist", "data jobtoken_settings"} {
		rows = append(rows, references(of, "project", "project", over("project"))...)
		row(of, "project", object{"project": nowhere}, "project", "Unable to Find Project", "Check the spelling")
	}
	for _, of := range []string{"data jobtoken_deploy_tokens", "data jobtoken_access_tokens"} {
		rows = append(rows, references(of, "project", "project", over("project"))...)
		rows = append(rows, references(of, "group", "group", func(value any) object { return object{"project": nil, "group": value} })...)
		row(of, "project", object{"project": nil}, "project", exactlyOne, "Write exactly one of project and group; there is neither")
		row(of, "group", object{"group": f.Root.Path}, "group", exactlyOne, "there are both")
		row(of, "active", object{"active": false}, "", "")
		row(of, "expires_before", object{"expires_before": "soon"}, "expires_before", invalidExpiry, "is not a date such as 2027-01-31")
		row(of, "expires_before", object{"expires_before": "never"}, "expires_before", invalidExpiry, "is not a date such as 2027-01-31")
	}

	const estate = "data jobtoken_allowlists"
	rows = append(rows, references(estate, "group", "group", over("group"))...)
	row(estate, "group", object{"group": nowhere}, "group", "Unable to Find Group", "Check the spelling")
	row(estate, "group", object{"group": nil}, "group", exactlyOne, "Write exactly one of group and projects; there is neither")
	row(estate, "projects", object{"projects": []any{f.app.Path}}, "projects", exactlyOne, "there are both")
	row(estate, "projects", object{"group": nil, "projects": []any{nowhere}}, "", "")
	for _, name := range []string{"projects", "skip"} {
		of := func(element any) object {
			return map[string]object{"projects": {"group": nil, name: []any{element}}, "skip": {name: []any{element}}}[name]
		}
		rows = append(rows, references(estate, name, name, of)...)
		row(estate, name, of(nil), name, noValue, "An element of "+name+" is null", "leave it out")
	}
	for _, name := range []string{"only_with_entries", "include_archived", "include_deletion_scheduled", "usage", "settings"} {
		row(estate, name, object{name: true}, "", "")
	}

	for _, of := range []string{"list jobtoken_allowlist", "list jobtoken_allowlist_entry", "list jobtoken_settings", "list jobtoken_project_share"} {
		rows = append(rows, badScopes(f, of)...)
	}

	const asked = "data jobtoken_access_check"
	for _, name := range []string{"from_project", "to_project"} {
		rows = append(rows, references(asked, name, name, over(name))...)
		row(asked, name, object{name: nil}, name, missing, name)
	}
	row(asked, "from_project", object{"from_project": nowhere}, "from_project", "Unable to Find Project", "Check the spelling")
	row(asked, "to_project", object{"to_project": nowhere}, "", "") // the answer is about it
	row(asked, "operation", object{"operation": "Clone"}, "operation", invalidValue, `is "Clone". Write one of`, "clone")
	row(asked, "operation", object{"operation": nil}, "operation", missing, "operation")
	row(asked, "user", object{"user": ""}, "user", invalidText, "a user name, without @")
	row(asked, "user", object{"user": "@jane"}, "user", invalidText, `user is "@jane". Write a user name, without @`)

	const log, proposed = "data jobtoken_authentication_log", "data jobtoken_allowlist_proposal"
	for _, of := range []string{log, proposed} {
		rows = append(rows, references(of, "project", "project", over("project"))...)
		row(of, "project", object{"project": nowhere}, "project", "Unable to Find Project", "Check the spelling")
		for _, since := range []string{"", "yesterday", "2026-02-30", "2026-01-31 12:00"} {
			row(of, "since", object{"since": since}, "since", invalidText, "since is ", "2026-01-31T12:00:00Z")
		}
		row(of, "since", object{"since": f.date(-30)}, "", "")
	}
	row(proposed, "keep_existing", object{"keep_existing": false}, "", "")
	row(proposed, "max_entries", object{"max_entries": 0}, "max_entries", invalidValue, "max_entries is 0. Write a whole number from 1 to 200")
	row(proposed, "max_entries", object{"max_entries": 201}, "max_entries", invalidValue, "Write a whole number from 1 to 200")
	row(proposed, "group_when", object{"group_when": 1}, "group_when", invalidValue, "Write a whole number, 2 or more")
	row(proposed, "allow_top_level_groups", object{"allow_top_level_groups": true}, "", "")

	const reported = "data jobtoken_group_report"
	for _, name := range []string{"group", "project"} {
		rows = append(rows, references(reported, name, name, over(name))...)
	}
	row(reported, "group", object{"group": nowhere}, "group", "Unable to Find Group", "Check the spelling")
	row(reported, "group", object{"group": nil}, "group", missing, "group")
	row(reported, "project", object{"project": nowhere}, "project", "Unable to Find Project", "Check the spelling")
	row(reported, "unused_days", object{"unused_days": 0}, "unused_days", invalidValue, "unused_days is 0. Write a whole number from 1 to 3650")
	row(reported, "tokens", object{"tokens": true}, "", "")

	const secret = "ephemeral jobtoken_delivered_secret"
	rows = append(rows, references(secret, "project", "project", over("project"))...)
	rows = append(rows, references(secret, "group", "group", func(value any) object { return object{"project": nil, "group": value} })...)
	row(secret, "project", object{"project": nil}, "project", exactlyOne, "Write exactly one of project and group; there is neither")
	row(secret, "group", object{"group": f.Root.Path}, "group", exactlyOne, "there are both")
	row(secret, "key", object{"key": "MY-TOKEN"}, "key", invalidVariable, "cannot be the key of a CI/CD variable")
	row(secret, "key", object{"key": "NOWHERE"}, "key", "Unable to Read Delivered Secret", "give the key and the environment scope that the delivery has")
	row(secret, "environment_scope", object{"environment_scope": "prod?"}, "environment_scope", invalidVariable, "such as production or review/*")
	row(secret, "environment_scope", object{"environment_scope": ""}, "environment_scope", invalidText, "is empty")
	row(secret, "token_id", object{"token_id": 0}, "token_id", invalidValue, "Write a whole number, 1 or more")

	rows = append(rows, badProviders(f)...)
	return append(rows, badImports(f)...)
}

// badTokens are the rows of one of the four token resources.
func badTokens(f fixture, name string) (rows []input) {
	of, kind := "resource "+name, tokenKinds[name]
	row := func(about string, config object, at, title string, says ...string) {
		rows = append(rows, input{of, about, config, at, title, says})
	}
	long := strings.Repeat("x", 256)
	rows = append(rows, references(of, kind.parent, kind.parent, over(kind.parent))...)
	row("name", object{"name": ""}, "name", invalidText, "name is empty")
	row("name", object{"name": long}, "name", invalidText, "has 256 characters. Write 1 to 255")
	row("name", object{"name": "  "}, "name", invalidText, "one line that is not blank")
	row("name", object{"name": "a\nb"}, "name", invalidText, "one line that is not blank")
	row("scopes", object{"scopes": []any{}}, "scopes", invalidValue, "scopes is empty. Write at least one")
	row("scopes", object{"scopes": []any{nil}}, "scopes", noValue, "An element of scopes is null", "leave it out")
	row("scopes", object{"scopes": []any{""}}, "scopes", invalidText, "is empty")
	row("scopes", object{"scopes": []any{" "}}, "scopes", invalidText, "one line that is not blank")
	row("expires_at", object{"expires_at": "tomorrow"}, "expires_at", invalidExpiry, "is not a date such as 2027-01-31")
	row("expires_at", object{"expires_at": ""}, "expires_at", invalidExpiry, "is not a date such as 2027-01-31")
	row("expires_at", object{"expires_at": f.date(-1)}, "expires_at", invalidExpiry, "has passed", "Write a later one")
	row("expires_at", object{"expires_at": "2099-01-31", "rotation": object{"every_days": 10, "overlap_days": 1}}, "expires_at", invalidExpiry, "Leave expires_at out")
	if kind.access {
		row("expires_at", object{"expires_at": nil}, "expires_at", invalidExpiry, "Write expires_at, a date")
		row("access_level", object{"access_level": "Developer"}, "access_level", invalidValue, `is "Developer". Write one of`, "developer")
		row("description", object{"description": long}, "description", invalidText, "has 256 characters")
	} else {
		row("username", object{"username": "a b"}, "username", invalidText, "letters, digits and . + _ -")
		row("username", object{"username": ""}, "username", invalidText, "leave it out")
		row("username", object{"username": long}, "username", invalidText, "has 256 characters")
	}
	every := func(every, overlap any) object {
		return object{"expires_at": nil, "rotation": object{"every_days": every, "overlap_days": overlap}}
	}
	row("rotation", every(40000, 1), "rotation", invalidExpiry, "are too long: together they may be")
	row("rotation.every_days", every(0, 1), "rotation", invalidValue, "rotation.every_days is 0. Write a whole number, 1 or more")
	row("rotation.overlap_days", every(10, -1), "rotation", invalidValue, "rotation.overlap_days is -1. Write a whole number, 0 or more")
	row("rotation.overlap_days", every(10, nil), "rotation", missing, "rotation.overlap_days")
	row("rotation.trigger", object{"rotation": object{"overlap_days": int64(1), "trigger": ""}}, "", "")
	row("token_in_state", object{"token_in_state": false}, "deliveries", "Token Would Go Nowhere", "Name a CI/CD variable for it in deliveries")

	deliver := func(label string, delivery any) object { return object{"deliveries": object{label: delivery}} }
	with := func(more object) object {
		delivery := object{"project": f.app.Path, "key": "TOKEN"}
		maps.Copy(delivery, more)
		return deliver("a", delivery)
	}
	const at = `deliveries["a"]`
	row("deliveries", deliver("a", nil), at, noValue, at+" is null", "leave it out")
	row("deliveries", deliver("", object{"project": f.app.Path, "key": "TOKEN"}), `deliveries[""]`, invalidText, "A key of deliveries is empty")
	rows = append(rows, references(of, "deliveries.project", at, func(value any) object { return with(object{"project": value}) })...)
	rows = append(rows, references(of, "deliveries.group", at, func(value any) object { return with(object{"project": nil, "group": value}) })...)
	row("deliveries.project", with(object{"project": nil}), at, exactlyOne, "Write exactly one of project and group; there is neither", at+".project")
	row("deliveries.group", with(object{"group": f.Root.Path}), at, exactlyOne, "there are both", at+".group")
	row("deliveries.project", with(object{"project": f.Root.Path + "/nowhere"}), at, "Unable to Find Project", "Check the spelling", at+".project")
	row("deliveries.key", with(object{"key": "MY-TOKEN"}), at, invalidVariable, `"MY-TOKEN" cannot be the key`, at+".key")
	row("deliveries.key", with(object{"key": nil}), at, missing, at+".key")
	row("deliveries.masked", with(object{"masked": false, "hidden": true}), at, invalidVariable, "GitLab masks what it hides", at+".masked")
	row("deliveries.hidden", with(object{"hidden": true}), "", "")
	row("deliveries.protected", with(object{"protected": false}), "", "")
	row("deliveries.raw", with(object{"raw": false}), "", "")
	for _, scope := range []string{"production,staging", "prod?", " production", "prod\n", "größe", `a\b`} {
		row("deliveries.environment_scope", with(object{"environment_scope": scope}), at, invalidVariable, "such as production or review/*", at+".environment_scope")
	}
	row("deliveries.environment_scope", with(object{"environment_scope": ""}), at, invalidText, "is empty")
	row("deliveries.environment_scope", with(object{"environment_scope": long}), at, invalidText, "has 256 characters")
	row("deliveries.environment_scope", with(object{"environment_scope": "review/*"}), "", "")
	row("deliveries.description", with(object{"description": long}), at, invalidText, "has 256 characters", at+".description")
	if !kind.access {
		row("deliveries.store", with(object{"store": "password"}), at, invalidValue, `is "password". Write one of token, username`)
	}

	list := "list " + name
	if kind.parent == "project" {
		rows = append(rows, badScopes(f, list)...)
	} else {
		rows = append(rows, references(list, kind.parent, kind.parent, over(kind.parent))...)
		rows = append(rows, input{list, "include_descendants", object{"include_descendants": true}, "", "", nil})
	}
	rows = append(rows, input{list, "include_inactive", object{"include_inactive": true}, "", "", nil})
	return rows
}

// badScopes are the rows of a list block that names a project or a group.
func badScopes(f fixture, of string) (rows []input) {
	rows = append(rows, references(of, "project", "project", over("project"))...)
	rows = append(rows, references(of, "group", "group", func(value any) object { return object{"project": nil, "group": value} })...)
	return append(rows,
		input{of, "project", object{"project": nil}, "project", exactlyOne, []string{"Write exactly one of project and group; there is neither"}},
		input{of, "group", object{"group": f.Root.Path}, "group", exactlyOne, []string{"there are both"}},
		input{of, "include_archived", object{"include_archived": true}, "", "", nil},
		input{of, "include_deletion_scheduled", object{"include_deletion_scheduled": true}, "", "", nil},
	)
}

// badProviders are the rows of the provider block. Each setting that is unknown is refused by its name.
func badProviders(f fixture) (rows []input) {
	row := func(about string, config object, at, title string, says ...string) {
		rows = append(rows, input{"provider", about, config, at, title, says})
	}
	for _, attribute := range acctest.Schemas(f.t).Provider.Block.Attributes {
		row(attribute.Name, object{attribute.Name: tftypes.UnknownValue}, attribute.Name, invalidSetting, "only known after an apply", "-target")
	}
	row("base_url", object{"base_url": ""}, "base_url", invalidText, "is empty")
	row("ca_cert_file", object{"ca_cert_file": ""}, "ca_cert_file", invalidText, "is empty")
	row("ca_cert_file", object{"ca_cert_file": "/nowhere.pem"}, "ca_cert_file", invalidSetting, "Give the path of a PEM file")
	row("client_cert_file", object{"client_cert_file": "cert.pem"}, "client_cert_file", invalidValue, "of no use without client_key_file. Write both, or neither")
	row("client_key_file", object{"client_key_file": "key.pem"}, "client_key_file", invalidValue, "of no use without client_cert_file. Write both, or neither")
	row("client_cert_file", object{"client_cert_file": "", "client_key_file": "key.pem"}, "client_cert_file", invalidText, "is empty")
	row("client_key_file", object{"client_cert_file": "cert.pem", "client_key_file": ""}, "client_key_file", invalidText, "is empty")
	row("headers", object{"headers": object{"X-A": nil}}, `headers["X-A"]`, noValue, `headers["X-A"] is null`, "leave it out")
	row("headers", object{"headers": object{"X-A": tftypes.UnknownValue}}, `headers["X-A"]`, invalidSetting, "only known after an apply")
	row("headers", object{"headers": object{"X-A": "1", "x-a": "2"}}, `headers["x-a"]`, invalidSetting, `"X-A" and "x-a" are one header`, "Keep one of them")
	row("headers", object{"headers": object{"X A": "1"}}, "headers", invalidSetting, "is no name of a header")
	row("headers", object{"headers": object{"Host": "x"}}, "headers", invalidSetting, "Use the base_url setting")
	row("request_timeout", object{"request_timeout": 0}, "request_timeout", invalidValue, "Write a whole number from 1 to 600")
	row("max_retries", object{"max_retries": -1}, "max_retries", invalidValue, "Write a whole number from 0 to 20")
	row("prefetch_groups", object{"prefetch_groups": []any{"acme", nil}}, "prefetch_groups[1]", noValue, "prefetch_groups[1] is null", "leave it out")
	row("prefetch_groups", object{"prefetch_groups": []any{"acme", tftypes.UnknownValue}}, "prefetch_groups[1]", invalidSetting, "only known after an apply")
	rows = append(rows, references("provider", "prefetch_groups", "prefetch_groups[0]", func(value any) object { return object{"prefetch_groups": []any{value}} })...)
	return rows
}

// badImports are the rows of import ids and identities, which stand on no attribute.
func badImports(f fixture) (rows []input) {
	id := func(name, id string, says ...string) {
		rows = append(rows, input{"import " + name, "", object{"id": id}, "", invalidImport, says})
	}
	identity := func(name, about string, identity object, says ...string) {
		rows = append(rows, input{"identity " + name, about, identity, "", invalidImport, says})
	}
	const positive = "ids are positive whole numbers"
	for _, name := range []string{"jobtoken_allowlist", "jobtoken_settings"} {
		for text, says := range badReferences {
			if text != "" {
				id(name, text, says)
			}
		}
		id(name, f.Root.Path+"/nowhere", "Check the spelling")
		identity(name, "project_id", object{"project_id": 0}, positive)
		identity(name, "project_id", object{"project_id": -1}, positive)
	}
	const entry = "jobtoken_allowlist_entry"
	for _, text := range []string{"acme/app", "a:b:c:d"} {
		id(entry, text, "PROJECT")
	}
	id(entry, "acme/app:user:acme/web", "write project or group")
	for text, says := range badReferences {
		if !strings.Contains(text, ":") {
			id(entry, text+":project:acme/web", says)
			id(entry, "acme/app:group:"+text, says)
		}
	}
	identity(entry, "project_id", object{"project_id": 0, "target_group_id": 1}, positive)
	identity(entry, "target_project_id", object{"project_id": f.app.ID}, "exactly one of target_project_id and target_group_id")
	identity(entry, "target_project_id", object{"project_id": f.app.ID, "target_project_id": -4}, positive)
	identity(entry, "target_group_id", object{"project_id": f.app.ID, "target_project_id": 1, "target_group_id": 1}, "exactly one of target_project_id and target_group_id")
	identity(entry, "target_group_id", object{"project_id": f.app.ID, "target_group_id": 0}, positive)
	const share = "jobtoken_project_share"
	for _, text := range []string{"acme/app", "a:b:c"} {
		id(share, text, "PROJECT:GROUP")
	}
	for text, says := range badReferences {
		if !strings.Contains(text, ":") {
			id(share, text+":acme/platform", says)
			id(share, f.app.Path+":"+text, says)
		}
	}
	identity(share, "project_id", object{"project_id": 0, "group_id": 1}, positive)
	identity(share, "group_id", object{"project_id": f.app.ID, "group_id": -1}, positive)
	const instance = "jobtoken_instance_enforcement"
	id(instance, "enforcement", "is not the setting that this resource manages. Write enforce_ci_inbound_job_token_scope_enabled")
	identity(instance, "setting", object{"setting": ""}, "Write enforce_ci_inbound_job_token_scope_enabled")
	for name, kind := range tokenKinds {
		parent := map[string]string{"project": f.app.Path, "group": f.Root.Path}[kind.parent]
		for _, number := range []string{"", "0", "-1", "+12", "012", "x", "1.5", "99999999999999999999"} {
			id(name, parent+":"+number, "what follows the last colon is no id", "such as acme/app:12")
		}
		id(name, parent, "it has no colon")
		id(name, parent+":99", "no "+map[bool]string{true: "access", false: "deploy"}[kind.access]+" token with the id 99")
		for text, says := range badReferences {
			if !strings.Contains(text, ":") {
				id(name, text+":12", says)
			}
		}
		parentID := map[string]int64{"project": f.app.ID, "group": f.Root.ID}[kind.parent]
		identity(name, kind.parent+"_id", object{kind.parent + "_id": 0, "token_id": 12}, positive)
		identity(name, "token_id", object{kind.parent + "_id": parentID, "token_id": -12}, positive)
	}
	return rows
}
