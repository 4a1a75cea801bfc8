package rest

import (
	"cmp"
	"context"
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
		{http.MethodGet, path + "/:tag_name", anyone, nil, a.getRelease},
		{http.MethodGet, path + "/permalink/latest", anyone, nil, a.latestRelease},
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
	project, err := r.authorize(jobtoken.ReadReleases)
	if err != nil {
		return answer{}, err
	}
	return paged(r, r.state.Releases(project.ID), func(release *store.Release) any { return r.release(project, release) })
}

func (a *API) getRelease(r *request) (answer, error) {
	project, err := r.authorize(jobtoken.ReadReleases)
	if err != nil {
		return answer{}, err
	}
	for _, release := range r.state.Releases(project.ID) {
		if release.Tag == r.pathParam("tag_name") {
			return ok(r.release(project, release))
		}
	}
	return answer{}, nothingFound()
}

// latestRelease leads to the newest release.
func (a *API) latestRelease(r *request) (answer, error) {
	project, err := r.authorize(jobtoken.ReadReleases)
	if err != nil {
		return answer{}, err
	}
	releases := r.state.Releases(project.ID)
	if len(releases) == 0 {
		return answer{}, nothingFound()
	}
	location := a.baseURL + Prefix + "/projects/" + url.PathEscape(r.pathParam("id")) + "/releases/" + url.PathEscape(releases[0].Tag)
	return answer{
		status: http.StatusFound, body: message("This resource has been moved temporarily to " + location + "."),
		header: http.Header{"Location": {location}},
	}, nil
}

// createRelease is for a tag that exists, or is made from ref first.
func (a *API) createRelease(r *request) (answer, error) {
	project, err := r.authorize(jobtoken.CreateRelease)
	if err != nil {
		return answer{}, err
	}
	tag, ref := r.text("tag_name"), r.text("ref")
	if r.hasRelease(project, tag) {
		return answer{}, releaseExists()
	}
	return answer{unlocked: func(ctx context.Context) (answer, error) {
		if err := a.ensureTag(ctx, project.ID, tag, ref); err != nil {
			return answer{}, err
		}
		var result answer
		var err error
		a.store.Write(func(st *store.State) {
			r.state = st
			if r.hasRelease(project, tag) {
				err = releaseExists()
				return
			}
			release := st.CreateRelease(store.Release{
				ProjectID: project.ID, Tag: tag, Name: r.text("name"), Description: r.text("description"), AuthorID: r.caller.ID(),
			})
			result, err = created(r.release(project, release))
		})
		return result, err
	}}, nil
}

func (r *request) hasRelease(p *store.Project, tag string) bool {
	return slices.ContainsFunc(r.state.Releases(p.ID), func(other *store.Release) bool { return other.Tag == tag })
}

func releaseExists() error {
	return &failure{status: http.StatusConflict, body: message("Release already exists")}
}

// ensureTag finds a tag, or makes it.
func (a *API) ensureTag(ctx context.Context, projectID int64, tag, ref string) error {
	refused := func(text string) error { return &failure{status: http.StatusUnprocessableEntity, body: message(text)} }
	switch _, found, err := a.repositories.Commit(ctx, projectID, "refs/tags/"+tag); {
	case err != nil || found:
		return err
	case ref == "":
		return refused("Ref is not specified")
	}
	commit, found, err := a.repositories.Commit(ctx, projectID, ref)
	if err != nil || !found {
		return errorOr(err, refused("Target "+ref+" is invalid"))
	}
	made, err := a.repositories.Tag(ctx, projectID, tag, commit)
	if err != nil || !made {
		return errorOr(err, refused("Tag name invalid"))
	}
	return nil
}
