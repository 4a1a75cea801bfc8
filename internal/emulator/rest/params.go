package rest

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// paramType is a type Grape coerces a parameter to.
type paramType int

const (
	text paramType = iota
	integer
	boolean
	list     // an array of texts
	array    // the same, but no comma-separated text
	day      // a date
	instant  // a date with or without a time of day
	body     // the whole body of the request, in bytes
	integers // an array of integers
	hash     // an object, in forms as name[key]=value
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

const (
	maxBody = 1 << 20
	maxFile = 64 << 20
)

// sentParams collects the parameters of a request, uncoerced. Where the
// endpoint takes a file, the body is that file.
func (e *endpoint) sentParams(r *http.Request) (map[string]any, error) {
	for _, p := range e.params {
		if p.is != body {
			continue
		}
		content, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxFile))
		if err != nil {
			return nil, &failure{status: http.StatusRequestEntityTooLarge, body: message("413 Payload Too Large")}
		}
		sent := map[string]any{p.name: content}
		addForm(sent, r.URL.Query())
		return sent, nil
	}
	return sentParams(r)
}

// sentParams collects the parameters of query and body, uncoerced.
func sentParams(r *http.Request) (map[string]any, error) {
	sent := map[string]any{}
	addForm(sent, r.URL.Query())
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Body == nil {
		return sent, nil
	}
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch contentType {
	case "multipart/form-data":
		if err := r.ParseMultipartForm(maxBody); err != nil { //nolint:gosec // the body is bounded above
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
	body, err := io.ReadAll(r.Body)
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
		return nil, invalidParams("\nProblem:\n  message body does not match declared format\nResolution:\n  when specifying application/json " +
			"as content-type, you must pass valid application/json in the request's 'body'\n")
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
		if len(values) == 0 {
			continue
		}
		value := values[len(values)-1]
		if name, key, isHash := hashKey(name); isHash {
			fields, present := sent[name].(map[string]any)
			if !present {
				fields = map[string]any{}
				sent[name] = fields
			}
			fields[key] = value
			continue
		}
		if _, present := sent[name].(map[string]any); !present {
			sent[name] = value
		}
	}
}

// hashKey takes a form's name such as "filter[environment_scope]" apart.
func hashKey(written string) (name, key string, isHash bool) {
	name, key, isHash = strings.Cut(strings.TrimSuffix(written, "]"), "[")
	return name, key, isHash && name != "" && strings.HasSuffix(written, "]")
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
