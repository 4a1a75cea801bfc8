package graphqlapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/seed"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// A row of an older GitLab may hold a permission the enum no longer knows; then
// every request that selects it fails as a whole.
func TestStoredPermissionThatIsUnknown(t *testing.T) {
	t.Parallel()
	records := store.New(time.Now)
	var token string
	records.Write(func(st *store.State) {
		tokens, err := seed.Plant(st, "acme", release.Newest())
		if err != nil {
			t.Fatal(err)
		}
		token = tokens["terraform"]
		link := st.Link(1, store.Source{Kind: store.ProjectSource, ID: 6}, store.Inbound)
		st.UpdateLink(link, func(l *store.Link) { l.Policies = []string{"read_containers"} })
	})
	controller, err := New(records, rules.Services{Version: release.Newest()}, "http://gitlab.test")
	if err != nil {
		t.Fatal(err)
	}
	ask := func(field string) *httptest.ResponseRecorder {
		query := `{project(fullPath:\"acme/shared-lib\"){name ciJobTokenScopeAllowlist{projectsAllowlist{nodes{` + field + `}}}}}`
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, Path, strings.NewReader(`{"query":"`+query+`"}`))
		request.Header.Set("Private-Token", token)
		answer := httptest.NewRecorder()
		controller.ServeHTTP(answer, request)
		return answer
	}
	if got := ask("jobTokenPolicies"); got.Code != http.StatusInternalServerError || got.Body.String() != `{"errors":[{"message":"Internal server error"}]}` {
		t.Errorf("with the permissions: %d %s", got.Code, got.Body)
	}
	if got := ask("defaultPermissions"); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), `"defaultPermissions":false`) {
		t.Errorf("without the permissions: %d %s", got.Code, got.Body)
	}
}

func TestBlockedUser(t *testing.T) {
	t.Parallel()
	records := store.New(time.Now)
	var token string
	records.Write(func(st *store.State) {
		user := st.CreateUser(store.User{Username: "gone", Name: "Gone", State: "blocked"})
		token = st.CreateToken(store.Token{UserID: user.ID, Scopes: []string{"api"}}).Secret
	})
	controller, err := New(records, rules.Services{Version: release.Newest()}, "http://gitlab.test")
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, Path, strings.NewReader(`{"query":"{currentUser{id}}"}`))
	request.Header.Set("Private-Token", token)
	answer := httptest.NewRecorder()
	controller.ServeHTTP(answer, request)
	if answer.Code != http.StatusForbidden || answer.Body.String() != `{"errors":[{"message":"API not accessible for user"}]}` {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}
