package gitlab_test

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

// record is a token or variable as GitLab keeps it; a token's secret never leaves with a list.
type record map[string]any

var (
	tokenPath    = regexp.MustCompile(`^(/api/v4/(project|group)s/\d+/(?:deploy|access)_tokens)(?:/(\d+)(/rotate)?)?$`)
	variablePath = regexp.MustCompile(`^(/api/v4/(project|group)s/\d+/variables)(?:/(\w+))?$`)
)

var scopePath = regexp.MustCompile(`^/api/v4/projects/(\d+)/job_token_scope(?:/(groups_)?allowlist/(\d+))?$`)

// rest answers for tokens and variables. The lock is held.
func (s *stub) rest(r request) (reply, bool) {
	method, path, _ := strings.Cut(r.name, " ")
	if at := tokenPath.FindStringSubmatch(path); at != nil {
		return s.tokenRoute(r, method, at[1], at[2], at[3], at[4] != ""), true
	}
	if at := variablePath.FindStringSubmatch(path); at != nil {
		return s.variableRoute(r, method, at[1], at[2], at[3]), true
	}
	if at := scopePath.FindStringSubmatch(path); at != nil && method != http.MethodGet {
		return s.scopeRoute(r, at[1], at[2] != "", at[3]), true
	}
	return reply{}, false
}

// scopeRoute switches the allowlist, or takes an entry off it by ids. Only projects have to be seen.
func (s *stub) scopeRoute(r request, source string, group bool, target string) reply {
	id, _ := strconv.ParseInt(source, 10, 64)
	number, _ := strconv.ParseInt(target, 10, 64)
	p := s.project(id)
	if p == nil {
		return refusal(404, "404 Project Not Found")
	}
	if target == "" {
		p.inbound, _ = r.variables["enabled"].(bool)
		return reply{status: 204}
	}
	kind := gitlab.KindProject
	if group {
		kind = gitlab.KindGroup
		if !slices.ContainsFunc(s.groups, func(g *stubGroup) bool { return g.id == number }) {
			return refusal(404, "404 target_group_id not found Not Found")
		}
	} else if seen := s.project(number); seen == nil || seen.unseen {
		return refusal(404, "404 Project Not Found")
	}
	if p.entry(kind, number) == nil {
		return refusal(400, "400 Bad request - Target "+string(kind)+" is not in the job token scope")
	}
	p.entries = slices.DeleteFunc(p.entries, func(e *stubEntry) bool { return e.kind == kind && e.id == number })
	return reply{status: 204}
}

// removing is the route that takes an entry off the list of project 1.
func removing(t gitlab.Target) string {
	list := "allowlist"
	if t.Kind == gitlab.KindGroup {
		list = "groups_allowlist"
	}
	return restRoute("DELETE", target(1), fmt.Sprintf("job_token_scope/%s/%d", list, t.ID))
}

// switching is the route that switches the allowlist of project 1.
var switching = restRoute("PATCH", target(1), "job_token_scope")

func (s *stub) tokenRoute(r request, method, list, parent, id string, rotate bool) reply {
	deploy := strings.HasSuffix(list, "deploy_tokens")
	number, _ := strconv.ParseInt(id, 10, 64)
	at := slices.IndexFunc(s.records[list], func(t record) bool { return t["id"] == number })
	missing := refusal(404, "404 "+parent+" Access Token Not Found")
	if deploy {
		missing = refusal(404, "404 Not found")
	}
	switch {
	case method == http.MethodGet && id == "":
		return s.restPage(r, s.records[list])
	case method == http.MethodPost && id == "":
		return reply{status: 201, body: s.makeToken(list, r.variables)}
	case at < 0:
		return missing
	case rotate && s.records[list][at]["revoked"] == true:
		return refusal(400, "400 Bad request - Token already revoked")
	case rotate:
		s.records[list][at]["revoked"] = true
		made := maps.Clone(s.records[list][at])
		maps.Copy(made, r.variables)
		return reply{body: s.makeToken(list, made)}
	case deploy:
		s.records[list] = slices.Delete(s.records[list], at, at+1)
	default:
		s.records[list][at]["revoked"] = true
	}
	return reply{status: 204}
}

// makeToken stores a token and gives it with its secret.
func (s *stub) makeToken(list string, fields record) record {
	s.lastID++
	made := record{"expires_at": nil, "user_id": 1000 + s.lastID, "access_level": 40, "created_at": "2026-01-01T00:00:00.000Z"}
	if strings.HasSuffix(list, "deploy_tokens") {
		made = record{"expires_at": nil, "username": fmt.Sprintf("gitlab+deploy-token-%d", s.lastID)}
	}
	maps.Copy(made, fields)
	maps.Copy(made, record{"id": s.lastID, "revoked": false})
	if s.records == nil {
		s.records = map[string][]record{}
	}
	s.records[list] = append(s.records[list], made)
	shown := maps.Clone(made)
	shown["token"] = fmt.Sprintf("%s%d", secretPrefix, s.lastID)
	return shown
}

// secretPrefix begins every secret that the stub makes; nothing else about it looks like a token.
const secretPrefix = "opensesame-"

// restPage is one page of a list, three to a page.
func (s *stub) restPage(r request, all []record) reply {
	query, err := url.ParseQuery(r.query)
	if err != nil || query.Get("per_page") != "100" {
		s.t.Errorf("%s is asked with %q", r.name, r.query)
	}
	const size = 3
	page, _ := strconv.Atoi(query.Get("page"))
	begin := min((page-1)*size, len(all))
	end := min(begin+size, len(all))
	header := map[string]string{"X-Total": strconv.Itoa(len(all)), "X-Next-Page": ""}
	if end < len(all) {
		header["X-Next-Page"] = strconv.Itoa(page + 1)
	}
	shown := []record{}
	for _, r := range all[begin:end] {
		shown = append(shown, maps.Clone(r))
	}
	return reply{header: header, body: shown}
}

func (s *stub) variableRoute(r request, method, list, owner, key string) reply {
	missing := refusal(404, map[string]string{"project": "404 Variable Not Found", "group": "404 GroupVariable Not Found"}[owner])
	scope := "*"
	if filter, ok := r.variables["filter"].(map[string]any); ok {
		scope, _ = filter["environment_scope"].(string)
	} else if query, err := url.ParseQuery(r.query); err == nil && query.Get("filter[environment_scope]") != "" {
		scope = query.Get("filter[environment_scope]")
	}
	if method == http.MethodPost {
		key, _ = r.variables["key"].(string)
		scope, _ = r.variables["environment_scope"].(string)
	}
	at := slices.IndexFunc(s.records[list], func(v record) bool { return v["key"] == key && v["environment_scope"] == scope })
	switch {
	case method == http.MethodGet && key == "":
		all := make([]record, len(s.records[list]))
		for i, v := range s.records[list] {
			all[i] = v.shown()
		}
		return s.restPage(r, all)
	case method == http.MethodPost && at >= 0:
		return refusal(400, map[string]any{"key": []string{"(" + key + ") has already been taken"}})
	case method == http.MethodPost:
		return reply{status: 201, body: s.makeVariable(list, r.variables).shown()}
	case at < 0:
		return missing
	case method == http.MethodGet:
	case method == http.MethodPut:
		have := s.records[list][at]
		for name, value := range r.variables {
			if _, known := have[name]; known && name != "key" && name != "environment_scope" && name != "hidden" {
				have[name] = value
			}
		}
	default:
		s.records[list] = slices.Delete(s.records[list], at, at+1)
		return reply{status: 204}
	}
	return reply{body: s.records[list][at].shown()}
}

func (s *stub) makeVariable(list string, fields record) record {
	made := record{
		"variable_type": "env_var", "value": "", "protected": false, "masked": false, "hidden": false, "raw": false,
		"environment_scope": "*", "description": nil,
	}
	maps.Copy(made, fields)
	if made["masked_and_hidden"] == true {
		made["masked"], made["hidden"] = true, true
	}
	delete(made, "masked_and_hidden")
	if s.records == nil {
		s.records = map[string][]record{}
	}
	s.records[list] = append(s.records[list], made)
	return made
}

// shown is the variable as GitLab shows it: without the value, if that is hidden.
func (v record) shown() record {
	shown := maps.Clone(v)
	if shown["hidden"] == true {
		shown["value"] = nil
	}
	return shown
}

func refusal(status int, message any) reply {
	return reply{status: status, body: map[string]any{"message": message}}
}

// restRoute is a route below a project or group: restRoute("GET", target(1), "deploy_tokens").
func restRoute(method string, parent gitlab.Target, rest string) string {
	return fmt.Sprintf("%s /api/v4/%ss/%d/%s", method, parent.Kind, parent.ID, rest)
}

// stored are the records of a list so far, as copies.
func (s *stub) stored(parent gitlab.Target, list string) []record {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, path, _ := strings.Cut(restRoute("GET", parent, list), " ")
	var all []record
	for _, r := range s.records[path] {
		all = append(all, maps.Clone(r))
	}
	return all
}

// live are the ids of the tokens of a list that are not revoked.
func (s *stub) live(parent gitlab.Target, list string) []int64 {
	ids := []int64{}
	for _, t := range s.stored(parent, list) {
		if id, ok := t["id"].(int64); ok && t["revoked"] != true {
			ids = append(ids, id)
		}
	}
	return ids
}

// plant stores records before the test begins.
func (s *stub) plant(parent gitlab.Target, list string, records ...record) *stub {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, path, _ := strings.Cut(restRoute("GET", parent, list), " ")
	for _, r := range records {
		if list == "variables" {
			s.makeVariable(path, r)
			continue
		}
		made := s.makeToken(path, r)
		stored := s.records[path][len(s.records[path])-1]
		maps.Copy(stored, r)
		if _, given := r["id"]; !given {
			stored["id"] = made["id"]
		}
	}
	return s
}
