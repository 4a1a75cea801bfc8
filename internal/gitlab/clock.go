package gitlab

import "time"

// Now is GitLab's time in UTC, learnt from its answers, within two seconds; before the first answer
// it is this machine's. What GitLab lets expire is to be held against this clock.
func (c *Client) Now() time.Time { return c.transport.Now() }
