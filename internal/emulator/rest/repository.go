package rest

import (
	"context"
	"net/http"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/jobtoken"
)

func (a *API) repositoryEndpoints() []endpoint {
	return []endpoint{
		{http.MethodGet, "/projects/:id/repository/files/:file_path/raw", anyone, []param{opt("ref", text)}, a.readRawFile},
	}
}

func (a *API) readRawFile(r *request) (answer, error) {
	project, err := r.authorize(jobtoken.ReadRawFile)
	if err != nil {
		return answer{}, err
	}
	ref, path := r.text("ref"), r.pathParam("file_path")
	if ref == "" {
		ref = "HEAD"
	}
	return answer{unlocked: func(ctx context.Context) (answer, error) {
		commit, found, err := a.repositories.Commit(ctx, project.ID, ref)
		if err != nil || !found {
			return answer{}, errorOr(err, notFound("Commit"))
		}
		content, found, err := a.repositories.File(ctx, project.ID, commit, path)
		if err != nil || !found {
			return answer{}, errorOr(err, notFound("File"))
		}
		return ok(file{"text/plain", content})
	}}, nil
}
