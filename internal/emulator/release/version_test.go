package release

import (
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "19.4.1", "19.4": "19.4.1", "19.4.1": "19.4.1", "18.4": "18.4.6", "17.11": "17.11.7"} {
		if got, err := Parse(text); err != nil || got.Text != want {
			t.Errorf("Parse(%q) is %q, %v; want %q", text, got.Text, err, want)
		}
	}
	for _, text := range []string{"19", "19.40", "latest"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) is %q, want an error", text, got.Text)
		}
	}
}

func TestWhatOlderVersionsHide(t *testing.T) {
	t.Parallel()
	older, err := Parse("18.4")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(Newest().HiddenFromSchema()); n != 0 {
		t.Errorf("the newest version hides %d coordinates", n)
	}
	hidden := older.HiddenFromSchema()
	for _, coordinate := range []string{
		"CiJobTokenScopePolicies.READ_BADGES", "CiJobTokenScopePolicies.ADMIN_BADGES",
		"CiJobTokenScopePolicies.ADMIN_REPOSITORIES", "ProjectCiCdSetting.crossProjectPushForJobTokenAllowed",
	} {
		if !hidden[coordinate] {
			t.Errorf("18.4 shows %s", coordinate)
		}
	}
	if got, want := len(older.Permissions()), 19; got != want {
		t.Errorf("18.4 has %d permissions, want %d", got, want)
	}
	if n := len(Newest().Permissions()); n != 22 || slices.Contains(older.Permissions(), "admin_repositories") {
		t.Errorf("the newest version has %d permissions, want 22", n)
	}
}
