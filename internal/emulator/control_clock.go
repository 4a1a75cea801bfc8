package emulator

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// clockMove is what POST clock takes: one of the two.
type clockMove struct {
	// Advance is a duration such as "48h" or "1h30m".
	Advance *string `json:"advance"`
	// Now is the time to show.
	Now *time.Time `json:"now"`
}

type shownClock struct {
	Now time.Time `json:"now"`
}

// Now is the time of the server's clock.
func (s *Server) Now() time.Time { return s.clock.Now() }

// Advance moves the server's clock forward; it shows in every answer's Date
// header, and decides what has expired. A clock that would go backwards, or more
// than 290 years ahead in all, stays.
func (s *Server) Advance(d time.Duration) {
	_ = s.clock.Advance(d)
	s.daily()
}

// daily is what GitLab does once a day, done whenever the clock was moved.
func (s *Server) daily() {
	s.store.Write(func(st *store.State) { st.DeleteBotsEndedBy(s.Now().Add(-rules.BotRetention)) })
}

func (s *Server) showClock(w http.ResponseWriter) {
	reply(w, http.StatusOK, shownClock{s.Now().UTC()})
}

func (s *Server) moveClock(w http.ResponseWriter, r *http.Request) {
	var sent clockMove
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&sent)
	if err == nil {
		err = s.move(sent)
		s.daily()
	}
	if err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
		return
	}
	s.date(w)
	s.showClock(w)
}

func (s *Server) move(m clockMove) error {
	switch {
	case (m.Advance == nil) == (m.Now == nil):
		return errors.New("one of advance and now is needed")
	case m.Now != nil:
		return s.clock.Set(*m.Now)
	}
	by, err := time.ParseDuration(*m.Advance)
	if err != nil {
		return err
	}
	return s.clock.Advance(by)
}

// date puts the clock's time into an answer.
func (s *Server) date(w http.ResponseWriter) {
	w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
}
