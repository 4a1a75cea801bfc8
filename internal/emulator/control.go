package emulator

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/authn"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/fault"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

const controlPrefix = "/-/emulator/"

// control serves what no GitLab has: counts of requests, faults, jobs that run
// without a runner, records that no API makes, a clock that moves, and secrets.
// It is for administrators, and never counted, throttled or hit by a fault.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	admin := false
	s.store.Read(func(st *store.State) {
		caller, _ := authn.Caller(st, authn.Secret(r))
		admin = caller.Admin()
	})
	if !admin {
		reply(w, http.StatusForbidden, map[string]string{"message": "403 Forbidden"})
		return
	}
	switch {
	case strings.HasPrefix(r.URL.Path, controlPrefix+"jobs/"):
		s.controlJob(w, r)
		return
	case r.Method == http.MethodDelete && strings.HasPrefix(r.URL.Path, controlPrefix+"repositories/"):
		s.dropRepository(w, r)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "POST " + controlPrefix + "jobs":
		s.startJob(w, r)
	case "POST " + controlPrefix + "tokens":
		s.grantToken(w, r)
	case "POST " + controlPrefix + "plant":
		s.plant(w, r)
	case "GET " + controlPrefix + "clock":
		s.showClock(w)
	case "POST " + controlPrefix + "clock":
		s.moveClock(w, r)
	case "GET " + controlPrefix + "secrets":
		s.showSecrets(w)
	case "GET " + controlPrefix + "requests":
		reply(w, http.StatusOK, s.traffic.Counts())
	case "DELETE " + controlPrefix + "requests":
		s.traffic.Reset()
		w.WriteHeader(http.StatusNoContent)
	case "GET " + controlPrefix + "faults":
		reply(w, http.StatusOK, s.faults.List())
	case "POST " + controlPrefix + "faults":
		s.addFault(w, r)
	case "DELETE " + controlPrefix + "faults":
		s.faults.Clear()
		w.WriteHeader(http.StatusNoContent)
	default:
		reply(w, http.StatusNotFound, map[string]string{"message": "404 Not Found"})
	}
}

func (s *Server) addFault(w http.ResponseWriter, r *http.Request) {
	var sent fault.Fault
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&sent); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
		return
	}
	added, err := s.faults.Add(sent)
	if err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
		return
	}
	reply(w, http.StatusCreated, added)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}
