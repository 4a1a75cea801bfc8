package apierror

import "strings"

// Unreached tells that no answer came at all.
func (e *Error) Unreached() bool { return e.Status == 0 && e.Cause != nil }

// Enforced tells that GitLab refuses to switch an allowlist off that the instance enforces.
func (e *Error) Enforced() bool { return strings.Contains(e.Words, "enforced") }

// ListFull tells that an allowlist has no room for another entry.
func (e *Error) ListFull() bool { return strings.Contains(e.Words, "allowable") }

// NamesPermissions tells that GitLab's words name what a fine-grained token would need.
func (e *Error) NamesPermissions() bool { return strings.Contains(e.Words, "permissions: [") }
