// Package allowlist manages who may reach a project with a CI/CD job token: the inbound job token
// allowlist.
package allowlist
