// Package core simulates Terraform's core for many resources over the provider's protocol: it
// refreshes, plans and applies as Terraform and OpenTofu do, thousands of times faster.
//
// What it takes care of is what decides between right and wrong in a provider: which private state
// arrives in which call, that plan and apply are two processes, that the plan is made again at apply,
// that an object which create_before_destroy replaces is deposed and planned again, and what of a
// failed step stays in the state. It knows the provider by its schema alone.
//
//   - core.go: objects, the state, a process of the provider; state.go: what a user does to a state.
//   - plan.go and apply.go: the two walks; changes come from plan_change.go, proposed states from
//     proposed.go.
//   - checks.go: what core holds against a provider.
package core
