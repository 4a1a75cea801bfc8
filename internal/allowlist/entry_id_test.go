package allowlist

import "testing"

func FuzzParseEntryID(f *testing.F) {
	for _, seed := range []string{"acme/app:project:acme/web", "1:group:2", "1:2", "acme/app:3", "::", "a:b:c:d", "-1:project:2", "01:project:2", "acme/app:project:", "acme/app:user:1", " 1:project:2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := parseEntryID(text)
		if err != nil {
			return
		}
		again, err := parseEntryID(id.String())
		if err != nil || again != id {
			t.Fatalf("%q is read as %v, whose spelling is read as %v, %v", text, id, again, err)
		}
		if id.project == id.target && id.project.ID == 0 && id.project.Path == "" || id.project.ID < 0 || id.target.ID < 0 {
			t.Fatalf("%q names nothing: %v", text, id)
		}
	})
}
