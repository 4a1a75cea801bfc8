// Package contract holds no code, only the proof that the plan is the contract: an apply writes what
// the approved plan says and nothing else, whatever others do meanwhile.
//
// A generator makes walks: a configuration over a few projects that changes from run to run, the flags
// of a plan, and others who meddle before the plan, between plan and apply, and at single requests of
// the apply. Each walk runs against an embedded GitLab of its own, through the protocol and a simulated
// core. Judges hold what the server saw against the plan. They are written without the provider's code:
// what is read twice from one source is not checked.
//
//   - world_test.go: the GitLab of a walk; snapshot_test.go: what it holds; proxy_test.go: who changed it.
//   - walk_test.go: what a walk is, and how it is printed; meddling_test.go: what others do.
//   - generate_test.go: the generator; kinds_test.go: the resources. A new one joins there by one line.
//   - run_test.go: a walk is gone, run by run; grant_test.go: what the lines of a plan allow.
//   - judge_*_test.go: the judges. shrink_test.go: a failing walk is made small.
//   - cases_test.go: walks written by hand; corpus_test.go: those that ever failed.
//   - breakages_test.go: the provider broken on purpose. cli_test.go: a slice through the real CLI.
//
// "make contract" goes 5,000 walks. -seed and -walks replay some:
//
//	go test ./internal/contract -run TestWalks -seed=N -walks=1
package contract
