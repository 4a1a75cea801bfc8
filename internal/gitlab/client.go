// Package gitlab is the shared GitLab client: what features see of it, and the core that its services
// have in common. It tells which GitLab this is and who the token's user is, finds projects and groups,
// and turns every failure into one kind of error.
//
// It knows nothing of Terraform. Every error it returns is an [apierror.Error].
package gitlab

import (
	"context"
	"fmt"
	"strings"
	"time"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/coalesce"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

// Oldest is the oldest GitLab this client works with: the first whose fine-grained permissions and
// allowlist fields are all there.
var Oldest = version.Version{Major: 17, Minor: 11}

// Config is what a client is made from.
type Config struct {
	transport.Config
	// Clock tells how old is what was read; nil means time.Now.
	Clock func() time.Time
}

// Client talks to one GitLab instance for the length of one Terraform walk. What it has read
// it keeps. It is safe for concurrent use.
type Client struct {
	transport  *transport.Client
	server     *coalesce.Loader[struct{}, Server]
	references *coalesce.Loader[reference, Target]
	oldPaths   *coalesce.Loader[string, int64]
	token      *coalesce.Loader[struct{}, ownToken]
	caller     *coalesce.Loader[struct{}, Caller]
	roles      *coalesce.Loader[Key, Membership]
	clock      func() time.Time
	// beforeLookups is set before the first use.
	beforeLookups func(context.Context)
}

// FreshFor is how old the knowledge of a path may be that a write goes by.
const FreshFor = 5 * time.Second

// New makes a client without sending a request. A setting at fault is a [transport.ConfigError].
func New(config Config) (*Client, error) {
	t, err := transport.New(config.Config)
	if err != nil {
		return nil, err
	}
	c := &Client{transport: t, clock: config.Clock}
	if c.clock == nil {
		c.clock = time.Now
	}
	c.server = Single(c, c.fetchServer)
	c.references = Batched(c, c.fetchReferences)
	c.oldPaths = Single(c, c.fetchOldPath)
	c.token = Single(c, c.fetchToken)
	c.caller = Single(c, c.fetchCaller)
	c.roles = Single(c, c.fetchRole)
	return c, nil
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
	return server, Annotate(err, readingVersion, "at "+c.BaseURL())
}

const readingVersion = "read the version of GitLab"

func (c *Client) fetchServer(ctx context.Context, _ struct{}) (Server, error) {
	const doing = readingVersion
	metadata, _, err := c.REST().Metadata.GetMetadata(RESTContext(ctx))
	if err != nil {
		return Server{}, Annotate(err, doing, "at "+c.BaseURL())
	}
	v, err := version.Parse(metadata.Version)
	if err != nil {
		return Server{}, &apierror.Error{Kind: apierror.Invalid, Doing: doing, Target: "at " + c.BaseURL(), Note: err.Error(), Cause: err}
	}
	if v.Less(Oldest) {
		return Server{}, &apierror.Error{
			Kind: apierror.Unsupported, Doing: "use GitLab " + metadata.Version, Target: "at " + c.BaseURL(),
			Note: fmt.Sprintf("this provider needs GitLab %s or newer", Oldest),
		}
	}
	return Server{Version: v, Text: metadata.Version}, nil
}

// Query sends a document that reads.
func (c *Client) Query(ctx context.Context, name documents.Name, fit Fit, variables map[string]any, data any) ([]apierror.GraphQLError, error) {
	return c.Send(ctx, name, fit, variables, transport.Read, data)
}

// Fit says how a document is fitted to its use.
type Fit struct {
	Count           int // how often the document is repeated; 0 is as it stands
	WithoutPolicies bool
}

// Send sends a document. What it may do to GitLab tells whether it may be sent again.
func (c *Client) Send(ctx context.Context, name documents.Name, fit Fit, variables map[string]any, effect transport.Effect, data any) ([]apierror.GraphQLError, error) {
	server, err := c.Server(ctx)
	if err != nil {
		return nil, err
	}
	form := documents.Server{Version: server.Version, WithoutPolicies: fit.WithoutPolicies}
	text := documents.Text(name, form)
	if fit.Count > 0 {
		text = documents.Repeat(name, form, fit.Count)
	}
	return c.transport.GraphQL(ctx, string(name), text, variables, effect, data)
}

// Annotate turns any error into the one error type and says what was being done, and to what.
func Annotate(err error, doing, target string) error {
	if err == nil {
		return nil
	}
	wrapped := transport.Wrap(err)
	if e, ok := apierror.As(wrapped); ok {
		return e.With(doing, target)
	}
	return wrapped
}

// gid is GitLab's global id of a record.
func gid(class string, id int64) string { return fmt.Sprintf("gid://gitlab/%s/%d", class, id) }

// GIDs are the global ids of several records of one class.
func GIDs(class string, ids []int64) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = gid(class, id)
	}
	return out
}

// ParseGID reads the class and number of a global id; an id of another form is 0.
func ParseGID(text string) (class string, id int64) {
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

// REST is GitLab's REST API. Its errors are to go through [Answered].
func (c *Client) REST() *client.Client { return c.transport.REST() }

// BaseURL is where the GitLab is.
func (c *Client) BaseURL() string { return c.transport.BaseURL() }

// RetryWait is the wait between tries.
func (c *Client) RetryWait() time.Duration { return c.transport.RetryWait() }
