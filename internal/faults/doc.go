// Package faults holds no code, only the proof that a GitLab that fails loses nothing: its tests put
// every fault on every write of every resource and look at what the state, the server and the user are
// left with.
//
// A proxy stands between the provider and GitLab and strikes one request, or all from one on. The
// provider is driven through its protocol server, as Terraform's core drives it; a fixed slice runs
// through the real CLI. "make faults" runs the whole table, and then breaks the provider on purpose to
// see the table notice.
//
//   - proxy_test.go: the proxy; fault_test.go: what it can do to a request.
//   - resources_test.go: the resources. A new one joins by being listed there.
//   - table_test.go: the table, and what has to hold after each row; core_test.go: Terraform's part.
//   - cli_test.go, interruption_test.go: the slice through the real CLI, and a CLI that is interrupted.
//   - breakages_test.go: the provider broken on purpose.
package faults
