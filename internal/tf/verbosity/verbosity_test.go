package verbosity_test

import (
	"maps"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/verbosity"
)

func TestVariables(t *testing.T) {
	t.Parallel()
	all := func(level string) map[string]string {
		return map[string]string{
			"TF_LOG_SDK": level, "TF_LOG_SDK_PROTO": level, "TF_LOG_SDK_FRAMEWORK": level, "TF_LOG_PROVIDER_JOBTOKEN": level,
		}
	}
	for name, test := range map[string]struct{ env, want map[string]string }{
		"nothing is asked for":               {nil, all("OFF")},
		"Terraform's own log only":           {map[string]string{"TF_LOG_CORE": "TRACE", "TF_LOG_PATH": "log"}, all("OFF")},
		"everything":                         {map[string]string{"TF_LOG": "TRACE"}, all("TRACE")},
		"as JSON":                            {map[string]string{"TF_LOG": "JSON"}, all("TRACE")},
		"what is no level is all":            {map[string]string{"TF_LOG": "1"}, all("TRACE")},
		"in small letters":                   {map[string]string{"TF_LOG": "warn"}, all("WARN")},
		"providers more than Terraform":      {map[string]string{"TF_LOG": "ERROR", "TF_LOG_PROVIDER": "DEBUG"}, all("DEBUG")},
		"providers not":                      {map[string]string{"TF_LOG": "TRACE", "TF_LOG_PROVIDER": "off"}, all("OFF")},
		"a logger below goes by the one set": {map[string]string{"TF_LOG": "TRACE", "TF_LOG_SDK": "WARN"}, map[string]string{"TF_LOG_PROVIDER_JOBTOKEN": "TRACE"}},
		"what is said of a logger stays": {
			map[string]string{"TF_LOG": "INFO", "TF_LOG_SDK_PROTO": "TRACE", "TF_LOG_PROVIDER_JOBTOKEN": "DEBUG"},
			map[string]string{"TF_LOG_SDK": "INFO", "TF_LOG_SDK_FRAMEWORK": "INFO"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			getenv := func(variable string) string { return test.env[variable] }
			if got := verbosity.Variables(getenv, verbosity.Level(getenv)); !maps.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
