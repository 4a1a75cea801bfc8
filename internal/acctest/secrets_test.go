package acctest

import (
	"bytes"
	"encoding/base64"
	"slices"
	"testing"
)

func TestDecoded(t *testing.T) {
	t.Parallel()
	const secret = "gldt-abcdefghijklmnopqrst"
	once := base64.StdEncoding.EncodeToString([]byte(`{"token":"` + secret + `"}`))
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"plainly":    {"x " + secret + " y", true},
		"encoded":    {`{"private":"` + once + `"}`, true},
		"twice":      {`{"private":"` + base64.StdEncoding.EncodeToString([]byte(`{"credential":"`+once+`"}`)) + `"}`, true},
		"not at all": {`{"private":"` + base64.StdEncoding.EncodeToString([]byte("gldt-another")) + `"}`, false},
		"a part":     {secret[:len(secret)-1], false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := slices.ContainsFunc(decoded([]byte(c.text), 4), func(text []byte) bool { return bytes.Contains(text, []byte(secret)) })
			if found != c.want {
				t.Errorf("found: %t", found)
			}
		})
	}
}
