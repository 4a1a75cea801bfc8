package transport

import (
	"encoding/json"
	"html"
	"net/http"
	"strings"
	"testing"
)

func TestSecretOfARequestIsHidden(t *testing.T) {
	t.Parallel()
	const secret = "pass\"word\n<with> & more"
	quoted, err := json.Marshal(map[string]any{"message": map[string]any{"value": []string{secret + " is invalid"}, secret: []string{"is no field"}}})
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		step http.HandlerFunc
		want string
	}{
		"JSON":       {answer(400, string(quoted)), "[redacted] is no field; value [redacted] is invalid"},
		"plain text": {answer(400, "refused: "+secret, "Content-Type", "text/plain"), "refused: [redacted]"},
		"a page":     {answer(400, "<html><title>"+html.EscapeString(secret)+"</title>", "Content-Type", "text/html"), "[redacted]"},
		"no secret":  {answer(400, `{"message":"pass word"}`), "pass word"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, server := serve(t, c.step)
			client, _ := newClient(t, server.URL)
			_, err := sendIn(WithSecret(t.Context(), secret), t, client, http.MethodPost)
			if e := asError(t, err); e.Words != c.want || strings.Contains(e.Error(), "with") {
				t.Errorf("got %q", e.Words)
			}
		})
	}
}

func TestShortSecretDoesNotEatWords(t *testing.T) {
	t.Parallel()
	_, server := serve(t, answer(400, `{"message":{"value":["is invalid"]}}`))
	client, _ := newClient(t, server.URL)
	_, err := sendIn(WithSecret(t.Context(), "is"), t, client, http.MethodPost)
	if e := asError(t, err); e.Words != "value is invalid" {
		t.Errorf("got %q", e.Words)
	}
}
