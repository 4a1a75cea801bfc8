// Package share manages a group's role in a project. GitLab cannot change one: it is ended and made anew.
package share
