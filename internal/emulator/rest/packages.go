package rest

import (
	"net/http"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/jobtoken"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// packageEndpoints are those of the generic package registry.
func (a *API) packageEndpoints() []endpoint {
	const path = "/projects/:id/packages/generic/:package_name/:package_version/:file_name"
	return []endpoint{
		{http.MethodGet, path, anyone, nil, a.downloadPackage},
		{http.MethodPut, path, anyone, []param{req("file", body)}, a.publishPackage},
	}
}

func (r *request) packageFile(p *store.Project) store.PackageFile {
	return store.PackageFile{
		ProjectID: p.ID, Package: r.pathParam("package_name"), Version: r.pathParam("package_version"), File: r.pathParam("file_name"),
	}
}

func (a *API) downloadPackage(r *request) (answer, error) {
	project, err := r.authorize(jobtoken.DownloadPackage)
	if err != nil {
		return answer{}, err
	}
	content, found := r.state.PackageFile(r.packageFile(project))
	if !found {
		return answer{}, notFound("Package")
	}
	return ok(file{"application/octet-stream", content})
}

func (a *API) publishPackage(r *request) (answer, error) {
	project, err := r.authorize(jobtoken.PublishPackage)
	if err != nil {
		return answer{}, err
	}
	content, _ := r.params["file"].([]byte)
	r.state.PutPackageFile(r.packageFile(project), content)
	return answer{status: http.StatusCreated, body: message("201 Created")}, nil
}
