package apierror

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWords bounds [Error.Words], in runes.
const maxWords = 500

const redacted = "[redacted]"

// secrets are texts that must not reach a diagnostic or a log even if GitLab,
// a proxy or a URL in a network error repeats them. The prefixes are those of
// https://docs.gitlab.com/security/tokens/#token-prefixes.
var secrets = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\bgl(?:pat|oas|dt|rtr|rt|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[0-9A-Za-z_.=-]{4,}`), redacted},
	{regexp.MustCompile(`(?i)((?:private|job|deploy|access|refresh)[_-]token["']?\s*[=:]\s*)(?:"[^"]*"?|'[^']*'?|[^\s&"',;)}]+)`), "${1}" + redacted},
	{regexp.MustCompile(`(?i)((?:bearer|basic)\s+)[0-9A-Za-z+/_.=~-]{8,}`), "${1}" + redacted},
	{regexp.MustCompile(`(://)[^\s/@]+@`), "${1}" + redacted + "@"},
}

// Scrub takes out of a text whatever looks like a GitLab token, a token
// parameter or header, or the credentials of a URL.
func Scrub(text string) string {
	for _, secret := range secrets {
		text = secret.pattern.ReplaceAllString(text, secret.with)
	}
	return text
}

// Hide takes out of a text what must not be told. It is asked before the text is shortened: a part of a secret
// is not known for one. Nil takes out nothing.
type Hide func(text string) string

func (h Hide) text(text string) string {
	if h == nil {
		return text
	}
	return h(text)
}

// cause is an error that is still found by errors.Is, and prints without secrets.
func (h Hide) cause(err error) error {
	if told := h.text(err.Error()); told != err.Error() {
		return hiddenCause{err, told}
	}
	return err
}

type hiddenCause struct {
	error

	told string
}

// Error is the text without secrets.
func (c hiddenCause) Error() string { return c.told }

// Unwrap returns the error itself.
func (c hiddenCause) Unwrap() error { return c.error }

// maxScrubbed bounds how much of a text is read for secrets, in bytes.
const maxScrubbed = 64 << 10

// clean makes one line of a text: printable, scrubbed and not too long.
func clean(text string) string {
	if len(text) > maxScrubbed {
		// What is cut off is far behind what will be shown, but the last word may be half a secret.
		text = text[:maxScrubbed]
		text = text[:strings.LastIndexAny(text, " \t\r\n")+1]
	}
	text = strings.ToValidUTF8(text, "")
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		default:
			return r
		}
	}, text)
	text = Scrub(strings.Join(strings.Fields(text), " "))
	if short, cut := truncate(text, maxWords-1); cut && utf8.RuneCountInString(text) > maxWords {
		return short + "…"
	}
	return text
}

// truncate returns the first runes of a text, and whether there were more.
func truncate(text string, most int) (string, bool) {
	n := 0
	for at := range text {
		if n == most {
			return text[:at], true
		}
		n++
	}
	return text, false
}

var (
	// statusName is what GitLab's REST helpers put between status and reason, as
	// in "400 Bad request - reason".
	statusName = regexp.MustCompile(`^(?i:bad request|forbidden|unauthorized|unprocessable entity|not found) - `)
	pageTitle  = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	markup     = regexp.MustCompile(`(?s)<[^>]*>`)
)

func withoutStatus(status int, words string) string {
	reason, found := strings.CutPrefix(words, strconv.Itoa(status)+" ")
	if !found {
		return words
	}
	return statusName.ReplaceAllString(reason, "")
}

// IsHTML reports whether an answer is a page made for people. Its Content-Type
// decides, or, where that says nothing, how it begins.
func IsHTML(contentType string, body []byte) bool {
	if strings.Contains(strings.ToLower(contentType), "html") {
		return true
	}
	start := body[:min(len(body), 256)]
	begins := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(string(start), "\ufeff")))
	return strings.HasPrefix(begins, "<!doctype html") || strings.HasPrefix(begins, "<html")
}

// HTMLTitle returns the title of a page as plain text, empty if it has none.
func HTMLTitle(body []byte) string { return clean(Hide(nil).titleOf(body)) }

// titleOf hides a secret both as it is escaped and as it is read, before anything is taken out of it.
func (h Hide) titleOf(body []byte) string {
	body = []byte(h.text(string(body[:min(len(body), maxErrorBody)])))
	title := pageTitle.FindSubmatch(body)
	if title == nil {
		return ""
	}
	text := h.text(html.UnescapeString(markup.ReplaceAllString(string(title[1]), " ")))
	// Unescaping can make markup out of text that was escaped twice.
	return strings.NewReplacer("<", "", ">", "").Replace(text)
}
