package transport

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestNormalizeBaseURL(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"https://gitlab.com":                        "https://gitlab.com",
		" https://gitlab.com/\n":                    "https://gitlab.com",
		"https://gitlab.com//":                      "https://gitlab.com",
		"HTTPS://GitLab.Example.COM":                "https://gitlab.example.com",
		"https://gitlab.com/api/v4":                 "https://gitlab.com",
		"https://gitlab.com/api/v4/":                "https://gitlab.com",
		"https://example.com/gitlab":                "https://example.com/gitlab",
		"https://example.com/Git-Lab_1.x/api/v4/":   "https://example.com/Git-Lab_1.x",
		"https://example.com:443/a/b":               "https://example.com/a/b",
		"https://example.com:8443":                  "https://example.com:8443",
		"http://example.com:80":                     "http://example.com",
		"http://127.0.0.1:8080/":                    "http://127.0.0.1:8080",
		"http://[::1]:8080":                         "http://[::1]:8080",
		"https://[2001:DB8::1]":                     "https://[2001:db8::1]",
		"":                                          "",
		"   ":                                       "",
		"gitlab.com":                                "",
		"ftp://gitlab.com":                          "",
		"https://":                                  "",
		"https:///api/v4":                           "",
		"https://user:hunter2@gitlab.com":           "",
		"https://gitlab.com/?private_token=hunter2": "",
		"https://gitlab.com/#hunter2":               "",
		"https://gitlab.com/#":                      "",
		"https://gitlab.com:0":                      "",
		"https://gitlab.com:99999":                  "",
		"https://gitlab.com:":                       "",
		"https://git lab.com/hunter2":               "",
		"https://gitlab.com/a/../b":                 "",
		"https://gitlab.com/a%2Fb":                  "",
		"https://gitlab.com/a//b":                   "",
		"https://gitlab.com\x00/hunter2":            "",
		"https://[fe80::1%25eth0]/":                 "",
	}
	for raw, want := range cases {
		t.Run(raw, func(t *testing.T) {
			t.Parallel()
			got, err := NormalizeBaseURL(raw)
			if want == "" {
				var failure *ConfigError
				if !errors.As(err, &failure) || failure.Field != "base_url" || failure.Problem == "" || failure.Advice == "" {
					t.Fatalf("got %v, %v", got, err)
				}
				if strings.Contains(err.Error(), "hunter2") {
					t.Errorf("a secret is repeated: %v", err)
				}
				return
			}
			if err != nil || got.String() != want {
				t.Errorf("got %v, %v, want %s", got, err, want)
			}
		})
	}
}

func FuzzNormalizeBaseURL(f *testing.F) {
	for _, raw := range []string{
		"https://gitlab.com", "http://[::1]:80/gitlab/api/v4/api/v4", "HTTPS://A.b:443//", "https://a/%2e%2e", "https://user@a", "a://b", "https://a?b#c", "https://ä",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := NormalizeBaseURL(raw)
		if err != nil {
			var failure *ConfigError
			if !errors.As(err, &failure) {
				t.Fatalf("%q: %v is no ConfigError", raw, err)
			}
			return
		}
		again, err := NormalizeBaseURL(u.String())
		if err != nil || again.String() != u.String() {
			t.Errorf("%q: %q becomes %v, %v", raw, u, again, err)
		}
		parsed, err := url.Parse(u.String() + "/api/v4/projects/a%2Fb")
		if err != nil || parsed.Host != u.Host || !strings.HasPrefix(parsed.Path, u.Path+"/api/v4/") {
			t.Errorf("%q: no route can be put behind %q: %v", raw, u, err)
		}
	})
}

func TestCheckToken(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"glpat-abc", " \tglpat-abc\r\n", "\ufeffglpat-abc\n"} {
		if got, err := CheckToken(raw); err != nil || got != "glpat-abc" {
			t.Errorf("%q: got %q, %v", raw, got, err)
		}
	}
	for _, raw := range []string{"", " \n", "hunter2 hunter2", "hunter2\nhunter2", "hunter2\x00", "hunter2\x7f", "“hunter2”", "glcbt-hunter2", "gldt-hunter2", "glrt-hunter2", " glptt-hunter2\n"} {
		got, err := CheckToken(raw)
		var failure *ConfigError
		if got != "" || !errors.As(err, &failure) || failure.Field != "token" {
			t.Errorf("%q: got %q, %v", raw, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the token is repeated: %v", err)
		}
	}
}

func TestNewNamesTheFieldAtFault(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	notPEM := filepath.Join(folder, "not.pem")
	if err := os.WriteFile(notPEM, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		change func(*Config)
		field  string
	}{
		"base URL":              {func(c *Config) { c.BaseURL = "gitlab.com" }, "base_url"},
		"token":                 {func(c *Config) { c.Token = "hunter2 hunter2" }, "token"},
		"a job token":           {func(c *Config) { c.Token = "glcbt-64_hunter2" }, "token"},
		"no token":              {func(c *Config) { c.Token = " \n" }, ""},
		"plain http":            {func(c *Config) { c.BaseURL = "http://gitlab.example.com" }, "base_url"},
		"no CA file":            {func(c *Config) { c.CACertFile = filepath.Join(folder, "none") }, "ca_cert_file"},
		"CA file without PEM":   {func(c *Config) { c.CACertFile = notPEM }, "ca_cert_file"},
		"certificate alone":     {func(c *Config) { c.ClientCertFile = notPEM }, "client_key_file"},
		"key alone":             {func(c *Config) { c.ClientKeyFile = notPEM }, "client_cert_file"},
		"certificate not PEM":   {func(c *Config) { c.ClientCertFile, c.ClientKeyFile = notPEM, notPEM }, "client_cert_file"},
		"header name":           {func(c *Config) { c.Headers = map[string]string{"a b": "hunter2"} }, "headers"},
		"header value":          {func(c *Config) { c.Headers = map[string]string{"A": "hunter2\n"} }, "headers"},
		"header of ours":        {func(c *Config) { c.Headers = map[string]string{"private-token": "hunter2"} }, "headers"},
		"header that repeats":   {func(c *Config) { c.Headers = map[string]string{"idempotency-key": "hunter2"} }, "headers"},
		"plain http, loopback":  {func(c *Config) { c.BaseURL = "http://127.3.2.1:80" }, ""},
		"plain http, localhost": {func(c *Config) { c.BaseURL = "http://localhost:8080" }, ""},
		"plain http, below it":  {func(c *Config) { c.BaseURL = "http://gitlab.localhost" }, "base_url"},
		"plain http, IPv6":      {func(c *Config) { c.BaseURL = "http://[::1]:8080" }, ""},
		"plain http, its end":   {func(c *Config) { c.BaseURL = "http://notlocalhost" }, "base_url"},
		"plain http, allowed":   {func(c *Config) { c.BaseURL, c.AllowPlainHTTP = "http://gitlab.example.com", true }, ""},
		"as it should be":       {func(*Config) {}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := Config{BaseURL: "https://gitlab.example.com", Token: "glpat-hunter2hunter2"}
			c.change(&config)
			client, err := New(config)
			if c.field == "" {
				if err != nil || client == nil {
					t.Errorf("got %v, %v", client, err)
				}
				return
			}
			var failure *ConfigError
			if !errors.As(err, &failure) || failure.Field != c.field {
				t.Fatalf("got %v, want a fault of %s", err, c.field)
			}
			if !strings.HasPrefix(err.Error(), c.field+": ") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	got := Config{}.withDefaults()
	if got.RequestTimeout != time.Minute || got.MaxRetries != 5 || got.RetryWait != 250*time.Millisecond || got.MaxConcurrent != 8 || got.UserAgent == "" {
		t.Errorf("got %+v", got)
	}
	if got := (Config{MaxRetries: -1}).withDefaults().MaxRetries; got != 0 {
		t.Errorf("%d retries where there are to be none", got)
	}
}
