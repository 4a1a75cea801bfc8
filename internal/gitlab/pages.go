package gitlab

import (
	"context"
	"errors"
	"fmt"
	"time"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

const (
	pageSize = 100 // the most that GitLab gives
	// listReadings is how often a list that keeps changing is read from its start.
	listReadings = 3
	// MaxPages bounds a list that does not end: no list that is read here comes near it.
	MaxPages = 500
)

// LeftOut is the error of an answer in which something is missing that GitLab leaves out for a fine-grained
// token alone.
func (c *Client) LeftOut(ctx context.Context, missing string) error {
	if c.TokenIsFineGrained(ctx) {
		return c.ExplainHidden(ctx, &apierror.Error{Kind: apierror.NotFound})
	}
	return &apierror.Error{Kind: apierror.Unsupported, Note: "GitLab's answer does not have the expected form: it has no " + missing}
}

// Unasked is the error of an answer about something else than was asked for. It proves nothing about what was
// asked, and nothing may be done to what it names.
func Unasked(got, asked string) *apierror.Error {
	return &apierror.Error{Kind: apierror.Misdirected, Note: fmt.Sprintf("GitLab was asked about %s and answered about %s", asked, got)}
}

// Endless is the error of a list of more than [MaxPages].
func Endless() *apierror.Error {
	return &apierror.Error{Kind: apierror.Limit, Note: fmt.Sprintf("the list goes on after %d pages", MaxPages)}
}

// AllPages reads a REST list to its end. Where its length changes between two pages it is read again:
// what was deleted before the place reached would make the next page begin too late, and an element
// that is missed looks as if it was gone.
func AllPages[T any](read func(client.ListOptions) ([]T, *client.Response, error)) ([]T, error) {
	for range listReadings {
		list, steady, err := readPages(read)
		if err != nil || steady {
			return list, err
		}
	}
	return nil, &apierror.Error{Kind: apierror.Conflict, Note: "the list kept changing while it was read page by page"}
}

func readPages[T any](read func(client.ListOptions) ([]T, *client.Response, error)) (list []T, steady bool, err error) {
	var total int64 // 0 above 10,000 elements, where GitLab does not count
	for page, count := int64(1), 0; ; count++ {
		if count == MaxPages {
			return nil, false, Endless()
		}
		more, response, err := read(client.ListOptions{PerPage: pageSize, Page: page})
		switch {
		case err != nil:
			return nil, false, Answered(err, response)
		case more == nil:
			return nil, false, &apierror.Error{Kind: apierror.Unsupported, Status: response.StatusCode, Note: "GitLab's answer is no list"}
		case page > 1 && response.TotalItems != total:
			return nil, false, nil
		}
		total = response.TotalItems
		list = append(list, more...)
		if response.NextPage == 0 {
			return list, page == 1 || total == 0 || int64(len(list)) == total, nil
		}
		if response.NextPage <= page {
			return nil, false, &apierror.Error{Kind: apierror.Invalid, Note: "GitLab's pages do not advance"}
		}
		page = response.NextPage
	}
}

// Answered turns an error of client-go into the one error type. A response beside it means that GitLab
// agreed, in a form that cannot be read.
func Answered(err error, response *client.Response) error {
	wrapped := transport.Wrap(err)
	e, ok := apierror.As(wrapped)
	if !ok || response == nil || e.Status != 0 {
		return wrapped
	}
	unread := *e
	unread.Kind, unread.Uncertain, unread.Status = apierror.Unsupported, true, response.StatusCode
	unread.Note = "GitLab's answer does not have the expected form"
	unread.RequestID = response.Header.Get("X-Request-Id")
	return &unread
}

// ErrNothing is the cause where GitLab answers null in place of a record.
var ErrNothing = errors.New("the answer is empty")

// parentMissing tells that the project or group of a request is not there, or out of sight, and not
// what was looked for in it: GitLab answers 404 to both.
func parentMissing(e *apierror.Error) bool {
	return e.Kind == apierror.NotFound && (e.Words == "Project Not Found" || e.Words == "Group Not Found")
}

// cleanUpTime bounds what is done about a lost answer; an interrupt does not end it.
const cleanUpTime = 30 * time.Second

// CleanUp gives what has to be done after a lost or wrong answer its time, interrupted or not.
func CleanUp(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
}
