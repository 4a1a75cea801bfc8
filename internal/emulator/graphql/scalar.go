package graphql

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

var globalIDPattern = regexp.MustCompile(`^gid://[\w-]+/([\w:]+)/[^/?\s]+$`)

// coerceCustomScalar checks GitLab's own scalars: global ids of one model, times
// and dates.
func coerceCustomScalar(name string, value any) (any, []problem) {
	text, isText := value.(string)
	if model, isGlobalID := strings.CutSuffix(name, "ID"); isGlobalID {
		match := globalIDPattern.FindStringSubmatch(text)
		switch {
		case match == nil:
			return nil, refused("%s is not a valid Global ID", printJSONValue(value))
		case strings.ReplaceAll(match[1], "::", "") != model:
			return nil, refused("%s does not represent an instance of %s", printJSONValue(value), model)
		}
		return text, nil
	}
	if !isText {
		return nil, []problem{{explanation: fmt.Sprintf("Could not coerce value %s to %s", printJSONValue(value), name)}}
	}
	if layouts := timeLayouts[name]; len(layouts) > 0 && !parsesAsTime(text, layouts) {
		return nil, []problem{{explanation: fmt.Sprintf("Could not coerce value %s to %s", printJSONValue(value), name)}}
	}
	return text, nil
}

var timeLayouts = map[string][]string{
	"Date": {time.DateOnly},
	"Time": {time.RFC3339, time.DateTime, time.DateOnly},
}

func parsesAsTime(text string, layouts []string) bool {
	for _, layout := range layouts {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}

func refused(format string, args ...any) []problem {
	return []problem{{explanation: fmt.Sprintf(format, args...), coercion: true}}
}
