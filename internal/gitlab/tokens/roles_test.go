package tokens_test

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
)

func TestTokenRoles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind            tokens.Kind
		parent          gitlab.Kind
		lists, makesOne string
	}{
		{tokens.Deploy, gitlab.KindProject, "Maintainer", "Maintainer"},
		{tokens.Access, gitlab.KindProject, "Maintainer", "Maintainer"},
		{tokens.Deploy, gitlab.KindGroup, "Maintainer", "Owner"},
		{tokens.Access, gitlab.KindGroup, "Owner", "Owner"},
	} {
		if lists, makes := tokens.ListingRole(c.kind, c.parent), gitlab.ManagingRole(c.parent); lists.Title != c.lists || makes.Title != c.makesOne {
			t.Errorf("%s of a %s: %s lists, %s makes", c.kind, c.parent, lists.Title, makes.Title)
		}
	}
}
