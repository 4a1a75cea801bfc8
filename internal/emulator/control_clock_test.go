package emulator_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

const clockPath = "/-/emulator/clock"

func TestClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 30, 12, 0, 0, 0, time.UTC)
	i := start(t, emulator.Options{Seed: "acme", Now: func() time.Time { return now }})
	_, secret := i.newToken(t, "3", `["api"]`, "2026-02-02")
	move := func(body string) request { return request{"root", post, clockPath, body} }
	i.play(t, []step{
		{"shown", request{"root", get, clockPath, ""}, 200, `{"now":"2026-01-30T12:00:00Z"}`},
		{"alive", request{secret, get, "/api/v4/user", ""}, 200, `~"username":"dev"`},
		{"by two days", move(`{"advance":"48h"}`), 200, `{"now":"2026-02-01T12:00:00Z"}`},
		{"still alive", request{secret, get, "/api/v4/user", ""}, 200, `~"username":"dev"`},
		{"to the day", move(`{"now":"2026-02-02T01:00:00+01:00"}`), 200, `{"now":"2026-02-02T00:00:00Z"}`},
		{"expired", request{secret, get, "/api/v4/user", ""}, 401, `~Token is expired.`},
		{"back", move(`{"advance":"-1s"}`), 400, `{"message":"the clock only moves forward"}`},
		{"back to a time", move(`{"now":"2026-01-01T00:00:00Z"}`), 400, `{"message":"the clock only moves forward"}`},
		{"too far", move(`{"now":"9999-01-01T00:00:00Z"}`), 400, `{"message":"the clock moves by at most 290 years in all"}`},
		{"nothing", move(`{}`), 400, `{"message":"one of advance and now is needed"}`},
		{"both", move(`{"advance":"1s","now":"2026-03-01T00:00:00Z"}`), 400, `{"message":"one of advance and now is needed"}`},
		{"no duration", move(`{"advance":"2 days"}`), 400, `~time: `},
		{"no time", move(`{"now":"tomorrow"}`), 400, `~parsing time`},
		{"an unknown field", move(`{"by":"1s"}`), 400, `~unknown field`},
		{"for administrators", request{"terraform", get, clockPath, ""}, 403, `{"message":"403 Forbidden"}`},
		{"moving, too", request{"terraform", post, clockPath, `{"advance":"1s"}`}, 403, `{"message":"403 Forbidden"}`},
		{"it stood since", request{"root", get, clockPath, ""}, 200, `{"now":"2026-02-02T00:00:00Z"}`},
	})
	i.Advance(-time.Hour)
	i.Advance(90 * time.Minute)
	i.play(t, []step{{"moved from Go", request{"root", get, clockPath, ""}, 200, `{"now":"2026-02-02T01:30:00Z"}`}})
}

// Every answer is dated by the clock, whatever part of the server gives it.
func TestDates(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 30, 12, 0, 0, 0, time.UTC)
	i := start(t, emulator.Options{Seed: "acme", Now: func() time.Time { return now }, RateLimit: 3})
	i.Advance(time.Hour)
	throttled := request{"dev", get, "/api/v4/user", ""}
	for range 3 {
		i.must(t, throttled)
	}
	i.addFault(t, `{"match":{"route":"/api/v4/version"},"kind":"status","status":502}`)
	for name, c := range map[string]struct {
		do     request
		status int
		want   string
	}{
		"REST":         {request{"terraform", get, scopePath, ""}, 200, "Fri, 30 Jan 2026 13:00:00 GMT"},
		"REST refusal": {request{"", get, scopePath, ""}, 401, "Fri, 30 Jan 2026 13:00:00 GMT"},
		"GraphQL":      {document(t, "terraform", "{currentUser{id}}"), 200, "Fri, 30 Jan 2026 13:00:00 GMT"},
		"git":          {request{"", get, "/acme/app.git/info/refs?service=git-upload-pack", ""}, 401, "Fri, 30 Jan 2026 13:00:00 GMT"},
		"no route":     {request{"", get, "/nowhere", ""}, 404, "Fri, 30 Jan 2026 13:00:00 GMT"},
		"throttled":    {throttled, 429, "Fri, 30 Jan 2026 13:00:00 GMT"},
		"fault":        {request{"root", get, "/api/v4/version", ""}, 502, "Fri, 30 Jan 2026 13:00:00 GMT"},
		"control":      {request{"root", get, requestsPath, ""}, 200, "Fri, 30 Jan 2026 13:00:00 GMT"},
	} {
		answer := i.send(t, c.do)
		if got := answer.header.Values("Date"); answer.status != c.status || len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: status %d, Date %v, want %d and %s", name, answer.status, got, c.status, c.want)
		}
	}
	if got, want := i.must(t, request{"root", post, clockPath, `{"advance":"1h"}`}).header.Get("Date"), "Fri, 30 Jan 2026 14:00:00 GMT"; got != want {
		t.Errorf("the answer that moves the clock is dated %s, want %s", got, want)
	}
	if answer := i.must(t, throttled); answer.header.Get("RateLimit-Observed") != "1" {
		t.Errorf("an hour later the rate limit has counted %s requests, want 1", answer.header.Get("RateLimit-Observed"))
	}
}

// The clock may be moved while requests read it.
func TestClockMovesUnderLoad(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme", RateLimit: 1000})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 5 {
				before, err := i.try(t, request{"root", post, clockPath, `{"advance":"1m"}`})
				if err != nil {
					t.Error(err)
					return
				}
				after, err := i.try(t, request{"terraform", post, projectsPath, `{"target_project_id":3}`})
				if err != nil {
					t.Error(err)
					return
				}
				if date(t, after.header).Before(date(t, before.header)) {
					t.Errorf("%s came after %s", after.header.Get("Date"), before.header.Get("Date"))
				}
				if _, err := i.try(t, request{"terraform", del, projectsPath + "/3", ""}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if ahead := time.Until(i.Now()); ahead < 39*time.Minute || ahead > 41*time.Minute {
		t.Errorf("40 moves by a minute left the clock ahead by %v", ahead)
	}
}

func date(t *testing.T, header http.Header) time.Time {
	t.Helper()
	shown, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		t.Error(err)
	}
	return shown
}
