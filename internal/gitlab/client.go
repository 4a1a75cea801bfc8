// Package gitlab is the shared GitLab client: what features see of it, and the core that its services
// have in common. It tells which GitLab this is and who the token's user is, finds projects and groups,
// and turns every failure into one kind of error.
//
// It knows nothing of Terraform. Every error it returns is an [apierror.Error].
package gitlab

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
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
	// AddressFrom and TokenFrom say where the base URL and the token come from, for messages: "the environment
	// variable GITLAB_TOKEN".
	AddressFrom, TokenFrom string
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
	successors *coalesce.Loader[Former, Target]
	// left are namespaces that are not where they were.
	left     *coalesce.Loader[string, bool]
	together *coalesce.Loader[move, bool]
	// samples are, for each move, what together looks up.
	samples sync.Map
	token   *coalesce.Loader[struct{}, ownToken]
	caller  *coalesce.Loader[struct{}, Caller]
	roles   *coalesce.Loader[Key, Membership]
	clock   func() time.Time
	// beforeLookups is set before the first use.
	beforeLookups func(context.Context)

	addressFrom, tokenFrom string
}

// FreshFor is how old the knowledge of a path may be that a write goes by.
const FreshFor = 5 * time.Second

// New makes a client without sending a request. A setting at fault is a [transport.ConfigError].
func New(config Config) (*Client, error) {
	t, err := transport.New(config.Config)
	if err != nil {
		return nil, err
	}
	c := &Client{transport: t, clock: config.Clock, addressFrom: config.AddressFrom, tokenFrom: config.TokenFrom}
	if c.clock == nil {
		c.clock = time.Now
	}
	c.server = Single(c, c.fetchServer)
	c.references = Batched(c, c.fetchReferences)
	c.oldPaths = Single(c, c.fetchOldPath)
	c.successors = Batched(c, c.fetchSuccessors)
	c.left = Batched(c, c.fetchLeft)
	c.together = Single(c, c.fetchTogether)
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
	// Enterprise is the Enterprise Edition, with or without a licence.
	Enterprise bool
}

// Server reads once which GitLab this is. A version below [Oldest] is an error of kind Unsupported.
func (c *Client) Server(ctx context.Context) (Server, error) {
	server, err := c.server.Load(ctx, struct{}{})
	return server, c.Annotate(err, readingVersion, "at "+c.BaseURL())
}

const readingVersion = "read the version of GitLab"

func (c *Client) fetchServer(ctx context.Context, _ struct{}) (Server, error) {
	metadata, response, err := c.REST().Metadata.GetMetadata(RESTContext(ctx))
	if err == nil && metadata == nil {
		err = Answered(ErrNothing, response)
	}
	if err != nil {
		return Server{}, c.unconnected(transport.Wrap(err))
	}
	text := c.Redact(metadata.Version)
	v, err := version.Parse(text)
	if err != nil {
		return Server{}, c.unconnected(&apierror.Error{Kind: apierror.Misdirected, Note: err.Error(), Status: response.StatusCode, Cause: err})
	}
	if v.Less(Oldest) {
		return Server{}, &apierror.Error{
			Kind: apierror.Unsupported, Doing: "use GitLab " + text, Target: "at " + c.BaseURL(),
			Note: fmt.Sprintf("this provider needs GitLab %s or newer", Oldest),
		}
	}
	return Server{Version: v, Text: text, Enterprise: metadata.Enterprise}, nil
}

// unconnected says of a failure of the first request what may be wrong with the connection, and where its
// settings come from.
func (c *Client) unconnected(err error) error {
	e, ok := apierror.As(err)
	if !ok || errors.Is(err, context.Canceled) {
		return c.Annotate(err, readingVersion, "at "+c.BaseURL())
	}
	told := *e
	told.Connecting = true
	switch told.Kind {
	case apierror.NotFound, apierror.Unsupported, apierror.Conflict, apierror.Limit:
		told.Kind = apierror.Misdirected
	case apierror.Invalid:
		if told.Status != 0 {
			told.Kind = apierror.Misdirected
		}
	}
	if told.Kind == apierror.Misdirected {
		told.AddNote(fmt.Sprintf("no GitLab answers at %s/api/v4/metadata", c.BaseURL()) + c.pathAdvice())
	}
	if c.addressFrom != "" {
		told.AddNote("the address comes from " + c.addressFrom)
	}
	if told.Kind == apierror.Unauthenticated && told.Status != 0 && c.tokenFrom != "" {
		told.AddNote("the token comes from " + c.tokenFrom)
	}
	return c.Annotate(&told, readingVersion, "at "+c.BaseURL())
}

// pathAdvice names what is often written behind the host, and does not belong there.
func (c *Client) pathAdvice() string {
	_, behind, _ := strings.Cut(c.BaseURL(), "://")
	if at := strings.IndexByte(behind, '/'); at >= 0 {
		return fmt.Sprintf(": is %s part of its address? A project or a group is not", behind[at:])
	}
	return ""
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

// Annotate turns any error into the one error type and says what was being done, and to what. What must not be
// told is taken out of it.
func (c *Client) Annotate(err error, doing, target string) error {
	if err == nil {
		return nil
	}
	wrapped := transport.Wrap(err)
	if e, ok := apierror.As(wrapped); ok {
		told := e.With(doing, target)
		told.Words, told.Note = c.Redact(told.Words), c.Redact(told.Note)
		return told
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

// Hide has errors and logs not repeat a text from now on. What GitLab answers to a request that makes a secret
// is hidden without that.
func (c *Client) Hide(secret Secret) { c.transport.Hide(secret.Reveal()) }

// Redact takes out of a text of GitLab's what must not be told. It is for texts that people read, and for
// nothing that goes back to GitLab.
func (c *Client) Redact(text string) string { return c.transport.Redact(apierror.Scrub(text)) }

// BaseURL is where the GitLab is.
func (c *Client) BaseURL() string { return c.transport.BaseURL() }

// RetryWait is the wait between tries.
func (c *Client) RetryWait() time.Duration { return c.transport.RetryWait() }
