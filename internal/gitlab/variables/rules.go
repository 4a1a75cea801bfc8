package variables

import (
	"fmt"
	"strings"
)

const (
	shortestMasked = 8
	longestKey     = 255
)

// MaskProblem says why GitLab would refuse to mask a value, as the end of a sentence that begins with
// "the value"; it is empty where nothing is wrong, and never repeats the value. A value that is not raw
// may be expanded, and is held to fewer characters.
//
// See https://docs.gitlab.com/ci/variables/#mask-a-cicd-variable.
func MaskProblem(value string, raw bool) string {
	count, allowed := 0, true
	for _, r := range value {
		count++
		switch {
		case strings.ContainsRune(" \t\r\n\v\f", r):
			return "holds white space"
		case !raw && !isWord(r) && !strings.ContainsRune("+=/@:.~-", r):
			allowed = false
		}
	}
	switch {
	case count < shortestMasked:
		return fmt.Sprintf("is shorter than %d characters", shortestMasked)
	case !allowed:
		return "holds characters other than letters, digits and _ + = / @ : . ~ -, which are masked only in a raw variable"
	}
	return ""
}

// KeyProblem says why GitLab would refuse a variable's key, as the end of a sentence that begins with
// "the key"; it is empty where nothing is wrong.
func KeyProblem(key string) string {
	switch {
	case key == "":
		return "is empty"
	case len(key) > longestKey:
		return fmt.Sprintf("is longer than %d characters", longestKey)
	case strings.ContainsFunc(key, func(r rune) bool { return !isWord(r) }):
		return "holds characters other than letters, digits and _"
	}
	return ""
}

func isWord(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
}
