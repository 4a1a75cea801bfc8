// Package enforcement manages whether the instance makes every project's job token allowlist binding.
package enforcement
