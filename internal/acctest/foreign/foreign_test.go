package foreign

import (
	"strings"
	"testing"
)

func TestNamed(t *testing.T) {
	t.Parallel()
	const address, token = "https://gitlab.example.com", "glpat-of-an-administrator"
	for name, c := range map[string]struct {
		environment map[string]string
		want        bool
	}{
		"nothing":             {nil, false},
		"no TF_ACC":           {map[string]string{"GITLAB_BASE_URL": address, "GITLAB_TOKEN": token}, false},
		"TF_ACC switched off": {map[string]string{"GITLAB_BASE_URL": address, "GITLAB_TOKEN": token, "TF_ACC": "0"}, false},
		"TF_ACC alone":        {map[string]string{"TF_ACC": "1"}, false},
		"no token":            {map[string]string{"GITLAB_BASE_URL": address, "TF_ACC": "1"}, false},
		"no address":          {map[string]string{"GITLAB_TOKEN": token, "TF_ACC": "1"}, false},
		"all":                 {map[string]string{"GITLAB_BASE_URL": address, "GITLAB_TOKEN": token, "TF_ACC": "1"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, is := named(func(name string) string { return c.environment[name] })
			if is != c.want {
				t.Errorf("a foreign server: %v, want %v", is, c.want)
			}
			if said := server.announcement(); is && (!strings.Contains(said, address) || strings.Contains(said, token)) {
				t.Errorf("it says %q", said)
			}
		})
	}
}
