// Package access answers one question: may a job of one project, started by some user, do something in
// another project by its CI/CD job token?
//
// It is pure: [Decide] goes through GitLab's steps in GitLab's order, over facts that somebody else has
// read, and tells of each what was looked at and found. What was not shown to the reader, and what is
// not settled about GitLab itself, is never guessed: the answer then is [Undecided], with what is
// missing. The decision is that of GitLab 17.11 to 19.x.
package access
