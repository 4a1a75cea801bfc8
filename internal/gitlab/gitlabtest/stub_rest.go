package gitlabtest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

// Record is a token or variable as GitLab keeps it; a token's secret never leaves with a list.
type Record map[string]any

var (
	tokenPath    = regexp.MustCompile(`^(/api/v4/(project|group)s/\d+/(?:deploy|access)_tokens)(?:/(\d+)(/rotate)?)?$`)
	variablePath = regexp.MustCompile(`^(/api/v4/(project|group)s/\d+/variables)(?:/(\w+))?$`)
)

var scopePath = regexp.MustCompile(`^/api/v4/projects/(\d+)/job_token_scope(?:/(groups_)?allowlist/(\d+))?$`)

// rest answers for tokens and variables. The lock is held.
func (s *Stub) rest(r Request) (Reply, bool) {
	method, path, _ := strings.Cut(r.Name, " ")
	if at := tokenPath.FindStringSubmatch(path); at != nil {
		return s.tokenRoute(r, method, at[1], at[2], at[3], at[4] != ""), true
	}
	if at := variablePath.FindStringSubmatch(path); at != nil {
		return s.variableRoute(r, method, at[1], at[2], at[3]), true
	}
	if at := scopePath.FindStringSubmatch(path); at != nil && method != http.MethodGet {
		return s.scopeRoute(r, at[1], at[2] != "", at[3]), true
	}
	return Reply{}, false
}

// scopeRoute switches the allowlist, or takes an entry off it by ids. Only projects have to be seen.
func (s *Stub) scopeRoute(r Request, source string, group bool, target string) Reply {
	id, _ := strconv.ParseInt(source, 10, 64)
	number, _ := strconv.ParseInt(target, 10, 64)
	p := s.Project(id)
	if p == nil {
		return Refusal(404, "404 Project Not Found")
	}
	if target == "" {
		p.Inbound, _ = r.Variables["enabled"].(bool)
		return Reply{Status: 204}
	}
	kind := gitlab.KindProject
	if group {
		kind = gitlab.KindGroup
		if !slices.ContainsFunc(s.Groups, func(g *Group) bool { return g.ID == number }) {
			return Refusal(404, "404 target_group_id not found Not Found")
		}
	} else if seen := s.Project(number); seen == nil || seen.Unseen {
		return Refusal(404, "404 Project Not Found")
	}
	if p.entry(kind, number) == nil {
		return Refusal(400, "400 Bad request - Target "+string(kind)+" is not in the job token scope")
	}
	p.Entries = slices.DeleteFunc(p.Entries, func(e *Entry) bool { return e.Kind == kind && e.ID == number })
	return Reply{Status: 204}
}

// Removing is the route that takes an entry off the list of project 1.
func Removing(t gitlab.Target) string {
	list := "allowlist"
	if t.Kind == gitlab.KindGroup {
		list = "groups_allowlist"
	}
	return RESTRoute("DELETE", Target(1), fmt.Sprintf("job_token_scope/%s/%d", list, t.ID))
}

// Switching is the route that switches the allowlist of project 1.
var Switching = RESTRoute("PATCH", Target(1), "job_token_scope")

func (s *Stub) tokenRoute(r Request, method, list, parent, id string, rotate bool) Reply {
	deploy := strings.HasSuffix(list, "deploy_tokens")
	number, _ := strconv.ParseInt(id, 10, 64)
	at := slices.IndexFunc(s.Records[list], func(t Record) bool { return t["id"] == number })
	missing := Refusal(404, "404 "+parent+" Access Token Not Found")
	if deploy {
		missing = Refusal(404, "404 Not found")
	}
	switch {
	case method == http.MethodGet && id == "":
		return s.restPage(r, s.Records[list])
	case method == http.MethodPost && id == "":
		return Reply{Status: 201, Body: s.MakeToken(list, r.Variables)}
	case at < 0:
		return missing
	case rotate && s.Records[list][at]["revoked"] == true:
		return Refusal(400, "400 Bad request - Token already revoked")
	case rotate:
		s.Records[list][at]["revoked"] = true
		made := maps.Clone(s.Records[list][at])
		maps.Copy(made, r.Variables)
		return Reply{Body: s.MakeToken(list, made)}
	case deploy:
		s.Records[list] = slices.Delete(s.Records[list], at, at+1)
	default:
		s.Records[list][at]["revoked"] = true
	}
	return Reply{Status: 204}
}

// MakeToken stores a token and gives it with its secret.
func (s *Stub) MakeToken(list string, fields Record) Record {
	s.lastID++
	made := Record{"expires_at": nil, "user_id": 1000 + s.lastID, "access_level": 40, "created_at": "2026-01-01T00:00:00.000Z"}
	if strings.HasSuffix(list, "deploy_tokens") {
		made = Record{"expires_at": nil, "username": fmt.Sprintf("gitlab+deploy-token-%d", s.lastID)}
	}
	maps.Copy(made, fields)
	maps.Copy(made, Record{"id": s.lastID, "revoked": false})
	if s.Records == nil {
		s.Records = map[string][]Record{}
	}
	s.Records[list] = append(s.Records[list], made)
	shown := maps.Clone(made)
	shown["token"] = fmt.Sprintf("%s%d", SecretPrefix, s.lastID)
	return shown
}

// SecretPrefix begins every secret that the stub makes; nothing else about it looks like a token.
const SecretPrefix = "opensesame-"

// restPage is one page of a list, three to a page.
func (s *Stub) restPage(r Request, all []Record) Reply {
	query, err := url.ParseQuery(r.Query)
	if err != nil || query.Get("per_page") != "100" {
		s.t.Errorf("%s is asked with %q", r.Name, r.Query)
	}
	const size = 3
	page, _ := strconv.Atoi(query.Get("page"))
	begin := min((page-1)*size, len(all))
	end := min(begin+size, len(all))
	header := map[string]string{"X-Total": strconv.Itoa(len(all)), "X-Next-Page": ""}
	if end < len(all) {
		header["X-Next-Page"] = strconv.Itoa(page + 1)
	}
	shown := []Record{}
	for _, r := range all[begin:end] {
		shown = append(shown, maps.Clone(r))
	}
	return Reply{Header: header, Body: shown}
}

func (s *Stub) variableRoute(r Request, method, list, owner, key string) Reply {
	missing := Refusal(404, map[string]string{"project": "404 Variable Not Found", "group": "404 GroupVariable Not Found"}[owner])
	scope := "*"
	if filter, ok := r.Variables["filter"].(map[string]any); ok {
		scope, _ = filter["environment_scope"].(string)
	} else if query, err := url.ParseQuery(r.Query); err == nil && query.Get("filter[environment_scope]") != "" {
		scope = query.Get("filter[environment_scope]")
	}
	if method == http.MethodPost {
		key, _ = r.Variables["key"].(string)
		scope, _ = r.Variables["environment_scope"].(string)
	}
	at := slices.IndexFunc(s.Records[list], func(v Record) bool { return v["key"] == key && v["environment_scope"] == scope })
	switch {
	case method == http.MethodGet && key == "":
		all := make([]Record, len(s.Records[list]))
		for i, v := range s.Records[list] {
			all[i] = v.Shown()
		}
		return s.restPage(r, all)
	case method == http.MethodPost && at >= 0:
		return Refusal(400, map[string]any{"key": []string{"(" + key + ") has already been taken"}})
	case method == http.MethodPost:
		return Reply{Status: 201, Body: s.MakeVariable(list, r.Variables).Shown()}
	case at < 0:
		return missing
	case method == http.MethodGet:
	case method == http.MethodPut:
		have := s.Records[list][at]
		for name, value := range r.Variables {
			if _, known := have[name]; known && name != "key" && name != "environment_scope" && name != "hidden" {
				have[name] = value
			}
		}
	default:
		s.Records[list] = slices.Delete(s.Records[list], at, at+1)
		return Reply{Status: 204}
	}
	return Reply{Body: s.Records[list][at].Shown()}
}

// MakeVariable stores a variable, with GitLab's defaults for what is left out.
func (s *Stub) MakeVariable(list string, fields Record) Record {
	made := Record{
		"variable_type": "env_var", "value": "", "protected": false, "masked": false, "hidden": false, "raw": false,
		"environment_scope": "*", "description": nil,
	}
	maps.Copy(made, fields)
	if made["masked_and_hidden"] == true {
		made["masked"], made["hidden"] = true, true
	}
	delete(made, "masked_and_hidden")
	if s.Records == nil {
		s.Records = map[string][]Record{}
	}
	s.Records[list] = append(s.Records[list], made)
	return made
}

// Shown is the variable as GitLab shows it: without the value, if that is hidden.
func (v Record) Shown() Record {
	shown := maps.Clone(v)
	if shown["hidden"] == true {
		shown["value"] = nil
	}
	return shown
}

// Refusal is REST's answer to what it does not do.
func Refusal(status int, message any) Reply {
	return Reply{Status: status, Body: map[string]any{"message": message}}
}

// RESTRoute is a route below a project or group: RESTRoute("GET", Target(1), "deploy_tokens").
func RESTRoute(method string, parent gitlab.Target, rest string) string {
	return fmt.Sprintf("%s /api/v4/%ss/%d/%s", method, parent.Kind, parent.ID, rest)
}

// Stored are the records of a list so far, as copies.
func (s *Stub) Stored(parent gitlab.Target, list string) []Record {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	_, path, _ := strings.Cut(RESTRoute("GET", parent, list), " ")
	var all []Record
	for _, r := range s.Records[path] {
		all = append(all, maps.Clone(r))
	}
	return all
}

// Live are the ids of the tokens of a list that are not revoked.
func (s *Stub) Live(parent gitlab.Target, list string) []int64 {
	ids := []int64{}
	for _, t := range s.Stored(parent, list) {
		if id, ok := t["id"].(int64); ok && t["revoked"] != true {
			ids = append(ids, id)
		}
	}
	return ids
}

// Plant stores records before the test begins.
func (s *Stub) Plant(parent gitlab.Target, list string, records ...Record) *Stub {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	_, path, _ := strings.Cut(RESTRoute("GET", parent, list), " ")
	for _, r := range records {
		if list == "variables" {
			s.MakeVariable(path, r)
			continue
		}
		made := s.MakeToken(path, r)
		stored := s.Records[path][len(s.Records[path])-1]
		maps.Copy(stored, r)
		if _, given := r["id"]; !given {
			stored["id"] = made["id"]
		}
	}
	return s
}
