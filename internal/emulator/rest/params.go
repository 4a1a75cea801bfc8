package rest

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// paramType is a type Grape coerces a parameter to.
type paramType int

const (
	text paramType = iota
	integer
	boolean
	list // an array of texts
	day  // a date
)

// param declares a parameter of an endpoint.
type param struct {
	name     string
	is       paramType
	required bool
	notBlank bool     // allow_blank: false
	values   []string // the only values accepted, for texts and lists
}

func req(name string, is paramType) param {
	return param{name: name, is: is, required: true, notBlank: is != text}
}
func opt(name string, is paramType) param { return param{name: name, is: is} }

func visibilityParam() param {
	return param{name: "visibility", values: []string{string(store.Private), string(store.Internal), string(store.Public)}}
}

const maxBody = 1 << 20

// sentParams collects the parameters of query and body, uncoerced.
func sentParams(r *http.Request) (map[string]any, error) {
	sent := map[string]any{}
	addForm(sent, r.URL.Query())
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Body == nil {
		return sent, nil
	}
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch contentType {
	case "multipart/form-data":
		if err := r.ParseMultipartForm(maxBody); err != nil {
			return nil, invalidParams("The request body is invalid")
		}
		addForm(sent, r.MultipartForm.Value)
		return sent, nil
	case "application/x-www-form-urlencoded":
		if err := r.ParseForm(); err != nil {
			return nil, invalidParams("The request body is invalid")
		}
		addForm(sent, r.PostForm)
		return sent, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil || len(body) == 0 {
		return sent, err
	}
	if contentType != "application/json" {
		return nil, &failure{status: http.StatusUnsupportedMediaType, body: grapeError{"The provided content-type '" + contentType + "' is not supported."}}
	}
	var fields map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return nil, invalidParams("The request body is invalid")
	}
	for name, value := range fields {
		sent[name] = value
	}
	return sent, nil
}

func addForm(sent map[string]any, form map[string][]string) {
	for name, values := range form {
		if plain, isList := strings.CutSuffix(name, "[]"); isList {
			items := make([]any, 0, len(values))
			for _, value := range values {
				items = append(items, value)
			}
			sent[plain] = items
			continue
		}
		if len(values) > 0 {
			sent[name] = values[len(values)-1]
		}
	}
}

// checkParams coerces what was declared and answers with Grape's texts, all
// errors joined.
func (r *request) checkParams() error {
	r.params = map[string]any{}
	var problems []string
	for _, p := range r.endpoint.params {
		raw, sent := r.sent[p.name]
		if !sent {
			if p.required {
				problems = append(problems, p.name+" is missing")
			}
			continue
		}
		value, problem := p.coerce(raw)
		if problem != "" {
			problems = append(problems, p.name+" "+problem)
			continue
		}
		r.params[p.name] = value
	}
	if len(problems) > 0 {
		return invalidParams(strings.Join(problems, ", "))
	}
	return nil
}

var errInvalid = errors.New("is invalid")

// coerce gives the typed value, nil for a blank one, or Grape's complaint.
func (p param) coerce(raw any) (any, string) {
	value, err := p.convert(raw)
	switch {
	case err != nil:
		return nil, err.Error()
	case value == nil && p.notBlank:
		return nil, "is empty"
	case value != nil && !p.allows(value):
		return nil, "does not have a valid value"
	}
	return value, ""
}

func (p param) allows(value any) bool {
	if p.values == nil {
		return true
	}
	switch value := value.(type) {
	case string:
		return slices.Contains(p.values, value)
	case []string:
		return !slices.ContainsFunc(value, func(item string) bool { return !slices.Contains(p.values, item) })
	}
	return false
}

func (p param) convert(raw any) (any, error) {
	if raw == nil {
		return nil, nil
	}
	if word, isText := raw.(string); isText && strings.TrimSpace(word) == "" && p.is != text {
		return nil, nil
	}
	switch p.is {
	case integer:
		return toInteger(raw)
	case boolean:
		return toBoolean(raw)
	case list:
		return toList(raw)
	case day:
		return toDate(raw)
	case text:
	}
	return toText(raw)
}

func toInteger(raw any) (any, error) {
	written := ""
	switch raw := raw.(type) {
	case string:
		written = strings.TrimSpace(raw)
	case json.Number:
		written = raw.String()
	}
	number, err := strconv.ParseInt(written, 10, 64)
	if err != nil {
		return nil, errInvalid
	}
	return number, nil
}

func toBoolean(raw any) (any, error) {
	switch raw := raw.(type) {
	case bool:
		return raw, nil
	case string:
		switch strings.ToLower(raw) {
		case "true", "t", "1", "on", "y", "yes":
			return true, nil
		case "false", "f", "0", "off", "n", "no":
			return false, nil
		}
	case json.Number:
		switch raw.String() {
		case "1":
			return true, nil
		case "0":
			return false, nil
		}
	}
	return nil, errInvalid
}

func toText(raw any) (any, error) {
	switch raw := raw.(type) {
	case string:
		return raw, nil
	case json.Number:
		return raw.String(), nil
	case bool:
		return strconv.FormatBool(raw), nil
	}
	return nil, errInvalid
}

func toList(raw any) (any, error) {
	switch raw := raw.(type) {
	case string:
		return strings.Split(raw, ","), nil
	case []any:
		items := make([]string, 0, len(raw))
		for _, item := range raw {
			word, isText := item.(string)
			if !isText {
				return nil, errInvalid
			}
			items = append(items, word)
		}
		return items, nil
	}
	return nil, errInvalid
}

func toDate(raw any) (any, error) {
	written, isText := raw.(string)
	if !isText {
		return nil, errInvalid
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if parsed, err := time.Parse(layout, written); err == nil {
			return parsed.UTC().Truncate(24 * time.Hour), nil
		}
	}
	return nil, errInvalid
}
