package provider

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// from is an environment of these variables alone.
func from(environment map[string]string) func(string) string {
	return func(name string) string { return environment[name] }
}

func TestHost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		block       types.String
		environment map[string]string
		host, why   string
	}{
		"the block before the environment": {
			types.StringValue("https://block.example.com"),
			map[string]string{"GITLAB_BASE_URL": "https://env.example.com", "CI_API_V4_URL": "https://ci.example.com/api/v4"},
			"https://block.example.com", "base_url of the provider block",
		},
		"GITLAB_BASE_URL before CI_API_V4_URL": {
			types.StringNull(),
			map[string]string{"GITLAB_BASE_URL": "https://env.example.com", "CI_API_V4_URL": "https://ci.example.com/api/v4"},
			"https://env.example.com", "the environment variable GITLAB_BASE_URL",
		},
		"an empty variable is none": {
			types.StringNull(),
			map[string]string{"GITLAB_BASE_URL": "", "CI_API_V4_URL": "https://ci.example.com/api/v4"},
			"https://ci.example.com/api/v4", "the environment variable CI_API_V4_URL",
		},
		"GitLab.com where nothing says otherwise": {types.StringNull(), nil, "https://gitlab.com", byDefault},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &providerModel{BaseURL: test.block}
			if host, why := m.host(from(test.environment)); host != test.host || why != test.why {
				t.Errorf("host() = %q, %q; want %q, %q", host, why, test.host, test.why)
			}
		})
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	texts := func(values ...string) types.List {
		elements := make([]attr.Value, len(values))
		for i, value := range values {
			elements[i] = types.StringValue(value)
		}
		return types.ListValueMust(types.StringType, elements)
	}
	m := &providerModel{
		Token:          types.StringValue("of-the-block"),
		CACertFile:     types.StringValue("ca.pem"),
		ClientCertFile: types.StringValue("cert.pem"),
		ClientKeyFile:  types.StringValue("key.pem"),
		Insecure:       types.BoolValue(true),
		AllowPlainHTTP: types.BoolValue(true),
		Headers:        types.MapValueMust(types.StringType, map[string]attr.Value{"X-Gate": types.StringValue("open")}),
		RequestTimeout: types.Int64Value(7),
		MaxRetries:     types.Int64Value(3),
		PrefetchGroups: texts("acme", "other/group"),
	}
	config, diags := m.expand(t.Context(), from(map[string]string{"GITLAB_TOKEN": "of-the-environment"}))
	if diags.HasError() {
		t.Fatal(diags)
	}
	for name, pair := range map[string][2]any{
		"BaseURL":        {config.BaseURL, "https://gitlab.com"},
		"Token":          {config.Token, "of-the-block"},
		"CACertFile":     {config.CACertFile, "ca.pem"},
		"ClientCertFile": {config.ClientCertFile, "cert.pem"},
		"ClientKeyFile":  {config.ClientKeyFile, "key.pem"},
		"Insecure":       {config.Insecure, true},
		"AllowPlainHTTP": {config.AllowPlainHTTP, true},
		"Headers":        {config.Headers, map[string]string{"X-Gate": "open"}},
		"RequestTimeout": {config.RequestTimeout, 7 * time.Second},
		"MaxRetries":     {config.MaxRetries, 3},
		"PrefetchGroups": {config.PrefetchGroups, []string{"acme", "other/group"}},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s is %#v, want %#v", name, pair[0], pair[1])
		}
	}
}

func TestExpandToken(t *testing.T) {
	t.Parallel()
	environment := from(map[string]string{"GITLAB_TOKEN": "of-the-environment"})
	for name, test := range map[string]struct {
		block types.String
		want  string
	}{
		"left out":                          {types.StringNull(), "of-the-environment"},
		"given":                             {types.StringValue("of-the-block"), "of-the-block"},
		"empty is not the same as left out": {types.StringValue(""), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, diags := (&providerModel{Token: test.block}).expand(t.Context(), environment)
			if diags.HasError() != (test.want == "") || config.Token != test.want {
				t.Errorf("the token is %q, want %q (%v)", config.Token, test.want, diags)
			}
		})
	}
}

// The client takes zero for its default, so that "never" needs another number.
func TestExpandRetries(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		block types.Int64
		want  int
	}{
		{types.Int64Null(), 0},
		{types.Int64Value(0), -1},
		{types.Int64Value(5), 5},
	} {
		t.Run(fmt.Sprint(test.block), func(t *testing.T) {
			t.Parallel()
			config, diags := (&providerModel{MaxRetries: test.block}).expand(t.Context(), from(nil))
			if diags.HasError() || config.MaxRetries != test.want {
				t.Errorf("MaxRetries is %d, want %d (%v)", config.MaxRetries, test.want, diags)
			}
		})
	}
}

// Whatever is unknown at plan is refused by its name.
func TestUnknown(t *testing.T) {
	t.Parallel()
	tests := map[string]providerModel{
		"base_url":         {BaseURL: types.StringUnknown()},
		"token":            {Token: types.StringUnknown()},
		"ca_cert_file":     {CACertFile: types.StringUnknown()},
		"client_cert_file": {ClientCertFile: types.StringUnknown()},
		"client_key_file":  {ClientKeyFile: types.StringUnknown()},
		"insecure":         {Insecure: types.BoolUnknown()},
		"allow_plain_http": {AllowPlainHTTP: types.BoolUnknown()},
		"headers":          {Headers: types.MapUnknown(types.StringType)},
		"request_timeout":  {RequestTimeout: types.Int64Unknown()},
		"max_retries":      {MaxRetries: types.Int64Unknown()},
		"prefetch_groups":  {PrefetchGroups: types.ListUnknown(types.StringType)},
		"check_usage":      {CheckUsage: types.BoolUnknown()},

		"require_permissions": {RequirePermissions: types.BoolUnknown()},
	}
	for name, m := range tests {
		diags := m.unknown()
		if len(diags) != 1 || !strings.Contains(diags[0].Detail(), fmt.Sprintf("%q comes from something that is only known after an apply", name)) {
			t.Errorf("%s: got %v", name, diags)
			continue
		}
		if at, ok := diags[0].(diag.DiagnosticWithPath); !ok || !at.Path().Equal(path.Root(name)) {
			t.Errorf("%s: the error does not point at it: %v", name, diags)
		}
	}
	if diags := (&providerModel{}).unknown(); len(diags) > 0 {
		t.Errorf("a block without values: got %v", diags)
	}
	// A setting that is added to the block has to be here too.
	if names := slices.Sorted(maps.Keys(tests)); len(names) != reflect.TypeFor[providerModel]().NumField() {
		t.Errorf("tested are %v of %d settings", names, reflect.TypeFor[providerModel]().NumField())
	}
}
