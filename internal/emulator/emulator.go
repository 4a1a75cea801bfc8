// Package emulator is an embedded GitLab for tests, benchmarks and the demo: in
// memory, with GitLab's answers to what concerns CI/CD job tokens.
//
// Its jobs can really try what job tokens are for: a job made through the
// control endpoints has a token that clones and pushes with a real git client,
// and reads and writes packages, artifacts and releases, as far as the lists,
// the permissions and its user's role let it. Deploy tokens, and project and group
// access tokens, open the code as well, until they are revoked or the instance's
// clock reaches their end. Only repositories need the git program, and a temporary
// folder, from the first request for one on.
//
// Administrators control it below /-/emulator/, with JSON bodies:
//
//   - GET and DELETE requests: the counts of requests, by method and route;
//   - GET, POST and DELETE faults: see package fault;
//   - POST jobs {"project", "user", "name", "ref"}: a running job, as {"id",
//     "token"}; project and user are an id or a full path or name, name and ref
//     are "test" and "main" unless given;
//   - POST tokens {"user", "permissions"}: a fine-grained personal access token, as
//     {"id", "token"};
//   - PUT jobs/:id/artifacts: the body becomes the job's artifacts archive;
//   - DELETE jobs/:id: the job has succeeded, and its token is worth nothing;
//   - DELETE repositories/:project: a project nothing was ever pushed to;
//   - POST plant: what no API of a current GitLab can make; see plant;
//   - GET clock, and POST clock {"advance": "48h"} or {"now": "2027-01-31T00:00:00Z"}:
//     the instance's time, as {"now"}, which only moves forward;
//   - GET secrets: a list of the secrets of every deploy token and every project or
//     group access token there ever was, also of those that are gone.
package emulator

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"maps"
	"strings"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/clock"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/fault"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/githttp"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphqlapi"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/repository"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/seed"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/throttle"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/traffic"
)

// Options say what kind of GitLab to start. The zero value is the newest
// version, empty, as fast as it can be.
type Options struct {
	// Version is the GitLab version to be, such as "19.4"; empty is the newest.
	Version string
	// Flip names facts that nobody is sure of and that are to be the other way
	// round; "all" is all that can be at once. See package release.
	Flip []string
	// Seed is what the instance holds at the start: "empty" (or ""), "acme" or
	// "estate:PxE".
	Seed string
	// URL is what the instance calls itself in its answers; Start knows it.
	URL string
	// Latency is added to each request.
	Latency time.Duration
	// CostPerProject and CostPerEntry are added for each project and each
	// allowlist entry that a request reads.
	CostPerProject, CostPerEntry time.Duration
	// StatementTimeout is how long the reads of a GraphQL request may take, by
	// the costs above, before it fails with 503; 0 is GitLab's 30 s.
	StatementTimeout time.Duration
	// AuthLogDelay is how long the authentication log takes to show a use of a
	// job token; GitLab takes about 5 minutes.
	AuthLogDelay time.Duration
	// RateLimit is how many API requests a minute a caller may make before it
	// gets 429; 0 is no limit.
	RateLimit int
	// Now is what the instance's clock shows until it is moved; nil is time.Now.
	Now func() time.Time
}

// Server is a GitLab.
type Server struct {
	options  Options
	version  release.Version
	tokens   map[string]string
	clock    *clock.Clock
	store    *store.Store
	rest     *rest.API
	graphql  *graphqlapi.Controller
	git      *githttp.Server
	throttle *throttle.Throttle
	traffic  traffic.Log
	faults   fault.Plan

	repositories repository.Storage

	stopListening func() // nil where nobody listens
}

// New makes a GitLab that answers as an [http.Handler] until Close. Who listens, and
// where, is the caller's affair; Options.URL is what it calls itself.
func New(options Options) (*Server, error) {
	version, err := release.Parse(options.Version)
	if err != nil {
		return nil, err
	}
	if version, err = version.With(options.Flip...); err != nil {
		return nil, err
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	options.URL = cmp.Or(strings.TrimSuffix(options.URL, "/"), "http://gitlab.example.com")
	options.StatementTimeout = cmp.Or(options.StatementTimeout, 30*time.Second)
	shown := clock.New(options.Now)
	s := &Server{
		options: options, version: version, clock: shown, store: store.New(shown.Now),
		throttle: throttle.New(options.RateLimit, shown.Now, version.Flipped(release.ThrottleJSON)),
	}
	s.store.Write(func(st *store.State) {
		s.tokens, err = seed.Plant(st, options.Seed, version)
		st.AuthorizationDelay = options.AuthLogDelay
	})
	if err != nil {
		return nil, err
	}
	services := rules.Services{Version: version}
	s.rest = rest.New(s.store, services, &s.repositories, options.URL)
	s.git = githttp.New(s.store, version, &s.repositories, options.URL)
	if s.graphql, err = graphqlapi.New(s.store, services, options.URL); err != nil {
		return nil, err
	}
	return s, nil
}

// URL is where the server answers, without a trailing slash.
func (s *Server) URL() string { return s.options.URL }

// AdminToken is the access token of the administrator root.
func (s *Server) AdminToken() string { return s.tokens["root"] }

// Tokens are the access tokens of the seed's users, by user name.
func (s *Server) Tokens() map[string]string { return maps.Clone(s.tokens) }

// Close ends what Start has begun: requests under way are cut. It waits for git where
// git runs, and removes the repositories.
func (s *Server) Close() {
	if s.stopListening != nil {
		s.stopListening()
	}
	_ = s.repositories.Close() // at worst a temporary folder stays
}

func newRequestID() string {
	var random [13]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(random[:])
}
