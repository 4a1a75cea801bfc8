// Package conformance is a table of what GitLab answers: who asks what under which
// precondition, and the status, keys and message that GitLab's documentation, request
// specs or source say it gives. Each row names its source.
//
// The table is run against the embedded GitLab, at every version it can be, by "make
// test", and by "make testacc" against a real one, named by GITLAB_BASE_URL and
// GITLAB_TOKEN (an administrator's token with the scope api), with TF_ACC=1. A row that a real GitLab
// refutes is a line to change here, and a fact to change in the emulator.
//
// Rows with job tokens need the control endpoints of the embedded GitLab, as a real one
// gives a job token to nobody but a runner; they are skipped on a real one.
package conformance
