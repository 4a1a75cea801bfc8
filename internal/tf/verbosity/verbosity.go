// Package verbosity has the loggers of SDK, framework and provider write what Terraform would show.
//
// Left alone they write everything at TRACE, for Terraform to parse and drop.
package verbosity

import (
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// The variables that the loggers go by. A logger below another one goes by that one's if it has none.
const (
	sdk       = "TF_LOG_SDK"
	protocol  = "TF_LOG_SDK_PROTO"
	framework = "TF_LOG_SDK_FRAMEWORK"
	ours      = "TF_LOG_PROVIDER_JOBTOKEN"
)

// Level is the least severe level that Terraform shows of a provider, by its environment. As in
// Terraform, what is no level means all.
func Level(getenv func(string) string) hclog.Level {
	asked := strings.ToUpper(getenv("TF_LOG_PROVIDER"))
	if asked == "" {
		asked = strings.ToUpper(getenv("TF_LOG"))
	}
	switch {
	case asked == "":
		return hclog.Off
	case slices.Contains([]string{"DEBUG", "INFO", "WARN", "ERROR", "OFF"}, asked):
		return hclog.LevelFromString(asked)
	default:
		return hclog.Trace
	}
}

// Variables are those that keep each logger at the level, where the environment does not say more of it.
func Variables(getenv func(string) string, level hclog.Level) map[string]string {
	set := map[string]string{}
	for _, name := range []string{sdk, ours} {
		if getenv(name) == "" {
			set[name] = strings.ToUpper(level.String())
		}
	}
	// The two below ask for their own level before they make a line that their logger then drops.
	for _, name := range []string{protocol, framework} {
		if getenv(sdk) == "" && getenv(name) == "" {
			set[name] = strings.ToUpper(level.String())
		}
	}
	return set
}

// Limit sets the variables of this process. The option does the same for the plugin's own logger.
func Limit() (tf6server.ServeOpt, error) {
	level := Level(os.Getenv)
	for name, value := range Variables(os.Getenv, level) {
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
	}
	return tf6server.WithGoPluginLogger(hclog.New(&hclog.LoggerOptions{Level: level, Output: os.Stderr, JSONFormat: true})), nil
}
