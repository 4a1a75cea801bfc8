package rest

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/jobtoken"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

func (a *API) releaseEndpoints() []endpoint {
	const path = "/projects/:id/releases"
	return []endpoint{
		{http.MethodGet, path, anyone, paging(), a.listReleases},
		{http.MethodPost, path, signedIn, []param{
			req("tag_name", text), opt("name", text), opt("description", text), opt("ref", text),
		}, a.createRelease},
	}
}

type releaseLinks struct {
	Self string `json:"self"`
}

type releaseEntity struct {
	Name            string       `json:"name"`
	TagName         string       `json:"tag_name"`
	Description     string       `json:"description"`
	CreatedAt       string       `json:"created_at"`
	ReleasedAt      string       `json:"released_at"`
	UpcomingRelease bool         `json:"upcoming_release"`
	Author          *userEntity  `json:"author"`
	Links           releaseLinks `json:"_links"`
}

func (r *request) release(p *store.Project, release *store.Release) releaseEntity {
	entity := releaseEntity{
		Name: cmp.Or(release.Name, release.Tag), TagName: release.Tag, Description: release.Description,
		CreatedAt: timestamp(release.CreatedAt), ReleasedAt: timestamp(release.CreatedAt),
		Links: releaseLinks{r.api.baseURL + "/" + p.FullPath + "/-/releases/" + url.PathEscape(release.Tag)},
	}
	if author := r.state.User(release.AuthorID); author != nil {
		shown := r.basicUser(author)
		entity.Author = &shown
	}
	return entity
}

func (a *API) listReleases(r *request) (answer, error) {
	project, err := r.authorize(jobtoken.ListReleases)
	if err != nil {
		return answer{}, err
	}
	return paged(r, r.state.Releases(project.ID), func(release *store.Release) any { return r.release(project, release) })
}

func (a *API) createRelease(r *request) (answer, error) {
	project, err := r.authorize(jobtoken.CreateRelease)
	if err != nil {
		return answer{}, err
	}
	tag := r.text("tag_name")
	if slices.ContainsFunc(r.state.Releases(project.ID), func(other *store.Release) bool { return other.Tag == tag }) {
		return answer{}, &failure{status: http.StatusConflict, body: message("Release already exists")}
	}
	release := r.state.CreateRelease(store.Release{
		ProjectID: project.ID, Tag: tag, Name: r.text("name"), Description: r.text("description"), AuthorID: r.caller.ID(),
	})
	return created(r.release(project, release))
}
