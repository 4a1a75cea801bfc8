// Package settings manages a project's job token toggles without its list.
package settings
