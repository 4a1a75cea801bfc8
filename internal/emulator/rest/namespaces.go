package rest

import "net/http"

func (a *API) namespaceEndpoints() []endpoint {
	return []endpoint{{http.MethodGet, "/namespaces/:id", signedIn, nil, a.getNamespace}}
}

func (a *API) getNamespace(r *request) (answer, error) {
	namespace := r.lookUpNamespace(r.pathParam("id"))
	if namespace == nil {
		return answer{}, notFound("Namespace")
	}
	return ok(r.namespace(namespace))
}
