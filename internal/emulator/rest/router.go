package rest

import (
	"net/http"
	"net/url"
	"strings"
)

// endpoint is one route with its parameters and handler.
type endpoint struct {
	method string
	path   string // a template such as "/projects/:id/members/:user_id"
	access access
	params []param
	handle func(*request) (answer, error)
}

// router finds endpoints by the segments of the path as it was sent, so that
// "%2F" stays within one segment.
type router struct {
	root *node
	all  []*endpoint
}

type node struct {
	literals  map[string]*node
	parameter *node
	wildcard  *node // takes all that is left, one segment at least
	methods   map[string]*endpoint
}

func newRouter() *router { return &router{root: newNode()} }

func newNode() *node { return &node{literals: map[string]*node{}, methods: map[string]*endpoint{}} }

func (t *router) add(e endpoint) {
	at := t.root
	for segment := range strings.SplitSeq(strings.Trim(e.path, "/"), "/") {
		if strings.HasPrefix(segment, "*") {
			at.wildcard = newNode()
			at = at.wildcard
			continue
		}
		if strings.HasPrefix(segment, ":") {
			if at.parameter == nil {
				at.parameter = newNode()
			}
			at = at.parameter
			continue
		}
		if at.literals[segment] == nil {
			at.literals[segment] = newNode()
		}
		at = at.literals[segment]
	}
	at.methods[e.method] = &e
	t.all = append(t.all, &e)
}

// match finds the endpoint of a request and the values in its path. known is
// true where the path exists, even without this method.
func (t *router) match(r *http.Request) (e *endpoint, values map[string]string, known bool) {
	rest, under := strings.CutPrefix(r.URL.EscapedPath(), Prefix+"/")
	if !under {
		return nil, nil, false
	}
	segments := strings.Split(strings.TrimSuffix(rest, "/"), "/")
	at := t.root.find(segments)
	if at == nil {
		return nil, nil, false
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	e = at.methods[method]
	if e == nil {
		return nil, nil, true
	}
	values = map[string]string{}
	i := 0
	for template := range strings.SplitSeq(strings.Trim(e.path, "/"), "/") {
		name, isParameter := strings.CutPrefix(template, ":")
		rest, isRest := strings.CutPrefix(template, "*")
		if isParameter || isRest {
			sent := segments[i]
			if isRest {
				name, sent = rest, strings.Join(segments[i:], "/")
			}
			value, err := url.PathUnescape(sent)
			if err != nil {
				return nil, nil, false
			}
			values[name] = value
		}
		i++
	}
	return e, values, true
}

// find prefers literal segments, and goes back to a parameter, and then to what takes
// all the rest, where they lead nowhere.
func (n *node) find(segments []string) *node {
	if len(segments) == 0 {
		if len(n.methods) == 0 {
			return nil
		}
		return n
	}
	if literal := n.literals[segments[0]]; literal != nil {
		if found := literal.find(segments[1:]); found != nil {
			return found
		}
	}
	if segments[0] == "" {
		return nil
	}
	if n.parameter != nil {
		if found := n.parameter.find(segments[1:]); found != nil {
			return found
		}
	}
	return n.wildcard
}

// Route is an endpoint as its callers know it.
type Route struct {
	Method     string
	Template   string   // under Prefix, such as "/api/v4/projects/:id"
	Parameters []string // the declared ones, those of the template included where they are coerced
}

// Routes lists the endpoints in the order they are declared.
func (a *API) Routes() []Route {
	routes := make([]Route, 0, len(a.routes.all))
	for _, e := range a.routes.all {
		route := Route{Method: e.method, Template: Prefix + e.path}
		for _, p := range e.params {
			route.Parameters = append(route.Parameters, p.name)
		}
		routes = append(routes, route)
	}
	return routes
}
