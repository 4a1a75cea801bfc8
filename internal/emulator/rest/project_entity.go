package rest

import (
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

type namespaceEntity struct {
	ID        int64   `json:"id"`
	Name      string  `json:"name"`
	Path      string  `json:"path"`
	Kind      string  `json:"kind"`
	FullPath  string  `json:"full_path"`
	ParentID  *int64  `json:"parent_id"`
	AvatarURL *string `json:"avatar_url"`
	WebURL    string  `json:"web_url"`
}

func (r *request) namespaceURL(n *store.Namespace) string {
	if n.IsGroup() {
		return r.api.baseURL + "/groups/" + n.FullPath
	}
	return r.api.baseURL + "/" + n.FullPath
}

func parentID(n *store.Namespace) *int64 {
	if n.ParentID == 0 {
		return nil
	}
	return &n.ParentID
}

func (r *request) namespace(n *store.Namespace) namespaceEntity {
	return namespaceEntity{
		ID: n.ID, Name: n.Name, Path: n.Path, Kind: string(n.Kind), FullPath: n.FullPath,
		ParentID: parentID(n), WebURL: r.namespaceURL(n),
	}
}

// basicProjectEntity is "basic project details". The fields of the code are
// only there where everybody may read it.
type basicProjectEntity struct {
	ID                int64           `json:"id"`
	Description       *string         `json:"description"`
	Name              string          `json:"name"`
	NameWithNamespace string          `json:"name_with_namespace"`
	Path              string          `json:"path"`
	PathWithNamespace string          `json:"path_with_namespace"`
	CreatedAt         string          `json:"created_at"`
	DefaultBranch     *string         `json:"default_branch,omitempty"`
	TagList           []string        `json:"tag_list"`
	Topics            []string        `json:"topics"`
	SSHURL            string          `json:"ssh_url_to_repo"`
	HTTPURL           string          `json:"http_url_to_repo"`
	WebURL            string          `json:"web_url"`
	ReadmeURL         *string         `json:"readme_url,omitempty"`
	ForksCount        *int            `json:"forks_count,omitempty"`
	AvatarURL         *string         `json:"avatar_url"`
	StarCount         int             `json:"star_count"`
	LastActivityAt    string          `json:"last_activity_at"`
	Visibility        string          `json:"visibility"`
	Namespace         namespaceEntity `json:"namespace"`
}

func (r *request) basicProject(p *store.Project) basicProjectEntity {
	entity := basicProjectEntity{
		ID: p.ID, Description: p.Description, Name: p.Name, NameWithNamespace: p.FullName, Path: p.Path,
		PathWithNamespace: p.FullPath, CreatedAt: timestamp(p.CreatedAt), TagList: []string{}, Topics: []string{},
		SSHURL:         "git@localhost:" + p.FullPath + ".git",
		HTTPURL:        r.api.baseURL + "/" + p.FullPath + ".git",
		WebURL:         r.api.baseURL + "/" + p.FullPath,
		LastActivityAt: timestamp(p.LastActivityAt), Visibility: string(p.Visibility),
		Namespace: r.namespace(r.state.Namespace(p.NamespaceID)),
	}
	if p.Visibility == store.Public {
		r.addCode(&entity, p)
	}
	return entity
}

func (r *request) addCode(entity *basicProjectEntity, p *store.Project) {
	branch, readme, forks := "main", r.api.baseURL+"/"+p.FullPath+"/-/blob/main/README.md", 0
	entity.DefaultBranch, entity.ReadmeURL, entity.ForksCount = &branch, &readme, &forks
}

type accessEntity struct {
	AccessLevel       int `json:"access_level"`
	NotificationLevel int `json:"notification_level"`
}

type permissionsEntity struct {
	ProjectAccess *accessEntity `json:"project_access"`
	GroupAccess   *accessEntity `json:"group_access"`
}

// projectEntity is a whole project. The CI settings are only there for callers
// who administer it.
type projectEntity struct {
	basicProjectEntity

	EmptyRepo           bool              `json:"empty_repo"`
	Archived            bool              `json:"archived"`
	CreatorID           int64             `json:"creator_id"`
	MarkedForDeletionAt *string           `json:"marked_for_deletion_at"`
	MarkedForDeletionOn *string           `json:"marked_for_deletion_on"`
	UpdatedAt           string            `json:"updated_at"`
	Permissions         permissionsEntity `json:"permissions"`

	RepositoryLevel      store.FeatureLevel `json:"repository_access_level"`
	BuildsLevel          store.FeatureLevel `json:"builds_access_level"`
	PackageRegistryLevel store.FeatureLevel `json:"package_registry_access_level"`
	ReleasesLevel        store.FeatureLevel `json:"releases_access_level"`

	SharedWithGroups []sharedGroupEntity `json:"shared_with_groups"`

	JobTokenScopeEnabled *bool `json:"ci_job_token_scope_enabled,omitempty"`
	PushAllowed          *bool `json:"ci_push_repository_for_job_token_allowed,omitempty"`
}

func (r *request) project(p *store.Project) projectEntity {
	entity := projectEntity{
		basicProjectEntity: r.basicProject(p),
		EmptyRepo:          p.NoRepository,
		Archived:           p.Archived, CreatorID: p.CreatorID, UpdatedAt: timestamp(p.UpdatedAt),
		MarkedForDeletionAt: date(p.MarkedForDeletion), MarkedForDeletionOn: date(p.MarkedForDeletion),
		Permissions: permissionsEntity{
			ProjectAccess: r.access(store.Source{Kind: store.ProjectSource, ID: p.ID}),
			GroupAccess:   r.groupAccess(p),
		},
		RepositoryLevel: p.Features.Of(store.Repository), BuildsLevel: p.Features.Of(store.Builds),
		PackageRegistryLevel: p.Features.Of(store.PackageRegistry), ReleasesLevel: p.Features.Of(store.Releases),
	}
	entity.SharedWithGroups = r.sharedWith(store.Source{Kind: store.ProjectSource, ID: p.ID})
	r.addCode(&entity.basicProjectEntity, p)
	if rules.CanAdminProject(r.state, r.caller, p) {
		entity.JobTokenScopeEnabled, entity.PushAllowed = &p.JobToken.Outbound, &p.JobToken.Push
	}
	return entity
}

const notificationGlobal = 3

func (r *request) access(source store.Source) *accessEntity {
	member := r.state.Member(source, r.caller.ID())
	if member == nil {
		return nil
	}
	return &accessEntity{AccessLevel: int(member.Level), NotificationLevel: notificationGlobal}
}

func (r *request) groupAccess(p *store.Project) *accessEntity {
	if !r.state.Namespace(p.NamespaceID).IsGroup() {
		return nil
	}
	level := rules.NamespaceLevel(r.state, r.caller.ID(), p.NamespaceID)
	if level == store.NoAccess {
		return nil
	}
	return &accessEntity{AccessLevel: int(level), NotificationLevel: notificationGlobal}
}
