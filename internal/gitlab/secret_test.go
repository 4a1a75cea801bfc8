package gitlab_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

func TestSecretDoesNotPrint(t *testing.T) {
	t.Parallel()
	const text = "opensesame-hunter2"
	type holder struct {
		Key   string
		Value gitlab.Secret
	}
	secret := gitlab.NewSecret(text)
	unexported := struct{ inner gitlab.Secret }{secret}
	variable := holder{"TOKEN", secret}
	values := map[string]any{
		"itself": secret, "its address": &secret, "in a field": unexported, "behind a field": &unexported, "in a variable": variable,
		"in a list": []holder{variable}, "as a key": map[gitlab.Secret]int{secret: 1},
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			logger := slog.New(slog.NewTextHandler(&log, nil))
			logger.InfoContext(t.Context(), "made", "value", value)
			printed := []string{log.String()}
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p"} {
				printed = append(printed, fmt.Sprintf(verb, value))
			}
			if asJSON, err := json.Marshal(value); err == nil {
				printed = append(printed, string(asJSON))
			}
			if asXML, err := xml.Marshal(value); err == nil {
				printed = append(printed, string(asXML))
			}
			for _, p := range printed {
				if strings.Contains(p, "opensesame") || strings.Contains(p, fmt.Sprintf("%x", text)) {
					t.Errorf("printed as %s", p)
				}
			}
		})
	}
}

func TestSecretIsRevealed(t *testing.T) {
	t.Parallel()
	for text, empty := range map[string]bool{"opensesame": false, "": true} {
		if s := gitlab.NewSecret(text); s.Reveal() != text || s.Empty() != empty {
			t.Errorf("%q gives %q, empty %t", text, s.Reveal(), s.Empty())
		}
	}
	for _, verb := range []string{"%v", "%s", "%d", "%x"} {
		if got := fmt.Sprintf(verb, gitlab.NewSecret("opensesame")); got != "[redacted]" {
			t.Errorf("printed by %s as %q", verb, got)
		}
	}
}
