// Package gitlab is the shared GitLab client as features see it: typed operations on job-token
// allowlists, CI/CD settings, tokens and variables. Reads are shared, writes are checked by what they
// answer.
//
// It knows nothing of Terraform. Every error it returns is an [apierror.Error].
package gitlab

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/coalesce"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/turns"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

// Oldest is the oldest GitLab this client works with: the first whose fine-grained permissions and
// allowlist fields are all there.
var Oldest = version.Version{Major: 17, Minor: 11}

// Config is what a client is made from.
type Config struct {
	transport.Config
	// PrefetchGroups are full paths of groups whose projects are all read at the first read of a
	// project.
	PrefetchGroups []string
	// Clock tells how old is what was read; nil means time.Now.
	Clock func() time.Time
}

// Client talks to one GitLab instance for the length of one Terraform walk. What it has read it
// keeps until it writes to the same project. It is safe for concurrent use.
type Client struct {
	transport   *transport.Client
	server      *coalesce.Loader[struct{}, Server]
	projects    *coalesce.Loader[int64, *Project]
	references  *coalesce.Loader[reference, Target]
	oldPaths    *coalesce.Loader[string, int64]
	effective   *coalesce.Loader[int64, bool]
	instance    *coalesce.Loader[struct{}, Enforcement]
	permissions *coalesce.Loader[struct{}, []string]
	token       *coalesce.Loader[struct{}, ownToken]
	tokens      *coalesce.Loader[tokenList, []Token]
	variables   *coalesce.Loader[owner, []Variable]
	caller      *coalesce.Loader[struct{}, Caller]
	roles       *coalesce.Loader[owner, Membership]
	tokenTurns  turns.Turns[tokenList]
	clock       func() time.Time

	prefetchGroups []string
	prefetched     sync.Once
	// prefetchProblem is written once, by prefetched.
	prefetchProblem error
}

const (
	batchSize   = 50 // GitLab takes at most 50 paths, and answers within its 30 s
	batchWindow = 10 * time.Millisecond
	readTimeout = 3 * time.Minute // all retries of one read together
	// freshFor is how old the knowledge of a path may be that a write goes by.
	freshFor = 5 * time.Second
)

// New makes a client without sending a request. A setting at fault is a [transport.ConfigError].
func New(config Config) (*Client, error) {
	t, err := transport.New(config.Config)
	if err != nil {
		return nil, err
	}
	c := &Client{transport: t, prefetchGroups: config.PrefetchGroups, clock: config.Clock}
	if c.clock == nil {
		c.clock = time.Now
	}
	batched := coalesce.Options{MaxBatch: batchSize, Window: batchWindow, Timeout: readTimeout, Now: c.clock, Split: transport.SmallerMayPass}
	single := coalesce.Options{MaxBatch: 1, Timeout: readTimeout, Now: c.clock}
	c.server = coalesce.New(single, one(c.fetchServer))
	c.projects = coalesce.New(batched, c.fetchProjects)
	c.references = coalesce.New(batched, c.fetchReferences)
	c.oldPaths = coalesce.New(single, one(c.fetchOldPath))
	c.effective = coalesce.New(single, one(c.fetchEffective))
	c.instance = coalesce.New(single, one(c.fetchEnforcement))
	c.permissions = coalesce.New(single, one(c.fetchPermissionNames))
	c.token = coalesce.New(single, one(c.fetchToken))
	c.tokens = coalesce.New(single, one(c.fetchTokens))
	c.variables = coalesce.New(single, one(c.fetchVariables))
	c.caller = coalesce.New(single, one(c.fetchCaller))
	c.roles = coalesce.New(single, one(c.fetchRole))
	return c, nil
}

// one adapts a fetch of a single key to the loader's batches.
func one[K comparable, V any](fetch func(context.Context, K) (V, error)) coalesce.Fetch[K, V] {
	return func(ctx context.Context, keys []K) (map[K]coalesce.Outcome[V], error) {
		outcomes := make(map[K]coalesce.Outcome[V], len(keys))
		for _, key := range keys {
			value, err := fetch(ctx, key)
			outcomes[key] = coalesce.Outcome[V]{Value: value, Err: err}
		}
		return outcomes, nil
	}
}

// Server is the GitLab behind the base URL.
type Server struct {
	Version version.Version
	// Text is the version in full, such as 19.4.1-ee.
	Text string
}

// Server reads once which GitLab this is. A version below [Oldest] is an error of kind Unsupported.
func (c *Client) Server(ctx context.Context) (Server, error) {
	server, err := c.server.Load(ctx, struct{}{})
	return server, annotate(err, readingVersion, "at "+c.transport.BaseURL())
}

const readingVersion = "read the version of GitLab"

func (c *Client) fetchServer(ctx context.Context, _ struct{}) (Server, error) {
	const doing = readingVersion
	metadata, _, err := c.transport.REST().Metadata.GetMetadata(restContext(ctx))
	if err != nil {
		return Server{}, annotate(err, doing, "at "+c.transport.BaseURL())
	}
	v, err := version.Parse(metadata.Version)
	if err != nil {
		return Server{}, &apierror.Error{Kind: apierror.Invalid, Doing: doing, Target: "at " + c.transport.BaseURL(), Note: err.Error(), Cause: err}
	}
	if v.Less(Oldest) {
		return Server{}, &apierror.Error{
			Kind: apierror.Unsupported, Doing: "use GitLab " + metadata.Version, Target: "at " + c.transport.BaseURL(),
			Note: fmt.Sprintf("this provider needs GitLab %s or newer", Oldest),
		}
	}
	return Server{Version: v, Text: metadata.Version}, nil
}

// query sends a document that reads.
func (c *Client) query(ctx context.Context, name documents.Name, fit fit, variables map[string]any, data any) ([]apierror.GraphQLError, error) {
	return c.send(ctx, name, fit, variables, transport.Read, data)
}

// fit says how a document is fitted to its use.
type fit struct {
	count           int // how often the document is repeated; 0 is as it stands
	withoutPolicies bool
}

func (c *Client) send(ctx context.Context, name documents.Name, fit fit, variables map[string]any, effect transport.Effect, data any) ([]apierror.GraphQLError, error) {
	server, err := c.Server(ctx)
	if err != nil {
		return nil, err
	}
	form := documents.Server{Version: server.Version, WithoutPolicies: fit.withoutPolicies}
	text := documents.Text(name, form)
	if fit.count > 0 {
		text = documents.Repeat(name, form, fit.count)
	}
	return c.transport.GraphQL(ctx, string(name), text, variables, effect, data)
}

// annotate turns any error into the one error type and says what was being done, and to what.
func annotate(err error, doing, target string) error {
	if err == nil {
		return nil
	}
	wrapped := transport.Wrap(err)
	if e, ok := apierror.As(wrapped); ok {
		return e.With(doing, target)
	}
	return wrapped
}

// plural writes a count with its noun: 1 project, 3 projects.
func plural(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}

// gid is GitLab's global id of a record.
func gid(class string, id int64) string { return fmt.Sprintf("gid://gitlab/%s/%d", class, id) }

// gids are the global ids of several records of one class.
func gids(class string, ids []int64) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = gid(class, id)
	}
	return out
}

// parseGID reads the class and number of a global id; an id of another form is 0.
func parseGID(text string) (class string, id int64) {
	rest, ok := strings.CutPrefix(text, "gid://gitlab/")
	if !ok {
		return "", 0
	}
	class, number, _ := strings.Cut(rest, "/")
	for _, digit := range number {
		if digit < '0' || digit > '9' || id > 1<<53 {
			return "", 0
		}
		id = id*10 + int64(digit-'0')
	}
	return class, id
}
