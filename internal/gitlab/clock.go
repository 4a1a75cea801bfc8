package gitlab

import "time"

// Now is GitLab's time in UTC, learnt from its answers, within two seconds; before the first answer
// it is this machine's. What GitLab lets expire is to be held against this clock.
func (c *Client) Now() time.Time { return c.transport.Now() }

// Clock is this machine's time, against which it is told how old is what was read.
func (c *Client) Clock() time.Time { return c.clock() }
