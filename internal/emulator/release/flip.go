package release

import (
	"fmt"
	"strings"
)

// Flip names a fact about GitLab that a client meets but that nobody has read
// in its source or seen on a running instance, or that its versions differ in
// at a point nobody knows. Without the flip the emulator does what is likely;
// flipped, it does the other thing GitLab might do.
type Flip uint

// The flips. The likely behaviour comes first in each line, then the flipped one.
const (
	// SelfEntryTwice: a stored entry for the project itself is one item of
	// projectsAllowlist; it is two, as in the lists that GitLab makes with UNION ALL.
	SelfEntryTwice Flip = iota
	// EnforcementAcceptsOff: switching an allowlist off under enforcement is
	// refused by the versions known to, and stored by the others; the other way round.
	EnforcementAcceptsOff
	// EnforcementKeepsStoredOff: "off" is refused under enforcement even where it
	// is stored already; then it is accepted.
	EnforcementKeepsStoredOff
	// PermissionsInactive: fine-grained permissions are active from 18.3 on; they
	// are not, whatever the version and the namespace's setting.
	PermissionsInactive
	// UnknownPermissionNull: a stored permission that the enum no longer knows
	// fails the whole request with 500; jobTokenPolicies of that entry is null.
	UnknownPermissionNull
	// UnknownPermissionLeftOut: the same; jobTokenPolicies lists the others.
	UnknownPermissionLeftOut
	// NullPolicies: an entry without fine-grained permissions has an empty list of
	// them; it is null.
	NullPolicies
	// OldRemovesUnseen: below 18.0 a project that the caller may not see cannot be
	// removed from the list; it can, as in newer versions.
	OldRemovesUnseen
	// DeletionWithoutRedirect: scheduling a deletion leaves a redirect at the old
	// path, as a rename does; it leaves none.
	DeletionWithoutRedirect
	// DeletionNotArchived: a project scheduled for deletion counts as archived; it
	// does not.
	DeletionNotArchived
	// ReadAPIMutationForbidden: a mutation with a token of the scope read_api is a
	// top-level error of the mutation's field; the request is refused with 403.
	ReadAPIMutationForbidden
	// UserNamespaceHidden: namespace(fullPath:) shows users their own namespace;
	// it shows groups alone.
	UserNamespaceHidden
	// OtherDuplicateText: the words for "already on the list" changed with 18.0;
	// each version has those of the other side.
	OtherDuplicateText
	// ThrottleJSON: throttled requests get 429 with plain text and the seconds
	// left; with JSON and 60 seconds, as from application rate limits.
	ThrottleJSON
	// BufferedTokenLifetime: access tokens live 365 days at most; 400, by the flag
	// buffered_token_expiration_limit.
	BufferedTokenLifetime
	// EnterpriseEdition: the version text is bare, as of the Community Edition; it
	// ends in -ee.
	EnterpriseEdition
	// GroupEnvironmentScopes: the environment scope of a group's variable is
	// ignored and "*" stored, as the Enterprise Edition does without a licence; it is
	// stored, as with one and by the code of the Community Edition.
	GroupEnvironmentScopes
	// GroupVariableFilterIgnored: group variables are looked up with the filter
	// that their endpoints do not declare; without it.
	GroupVariableFilterIgnored
	// GroupVariableTextFlags: the flags of group variables are texts below 18.0,
	// where any text is true that does not say no, and booleans from then on; the
	// other way round.
	GroupVariableTextFlags
	// HiddenVariableOldText: changing the masking of a hidden variable is refused
	// with the newer words; with the older ones.
	HiddenVariableOldText
)

type flip struct {
	name string
	// alone keeps a flip out of "all": it contradicts another one, or takes away
	// what most clients are there for.
	alone bool
}

var flips = [...]flip{
	SelfEntryTwice:             {name: "self-entry-twice"},
	EnforcementAcceptsOff:      {name: "enforcement-accepts-off", alone: true},
	EnforcementKeepsStoredOff:  {name: "enforcement-keeps-stored-off"},
	PermissionsInactive:        {name: "permissions-inactive", alone: true},
	UnknownPermissionNull:      {name: "unknown-permission-null"},
	UnknownPermissionLeftOut:   {name: "unknown-permission-left-out", alone: true},
	NullPolicies:               {name: "null-policies"},
	OldRemovesUnseen:           {name: "old-removes-unseen"},
	DeletionWithoutRedirect:    {name: "deletion-without-redirect"},
	DeletionNotArchived:        {name: "deletion-not-archived"},
	ReadAPIMutationForbidden:   {name: "read-api-mutation-forbidden"},
	UserNamespaceHidden:        {name: "user-namespace-hidden"},
	OtherDuplicateText:         {name: "other-duplicate-text"},
	ThrottleJSON:               {name: "throttle-json"},
	BufferedTokenLifetime:      {name: "buffered-token-lifetime"},
	EnterpriseEdition:          {name: "enterprise-edition"},
	GroupEnvironmentScopes:     {name: "group-environment-scopes"},
	GroupVariableFilterIgnored: {name: "group-variable-filter-ignored"},
	GroupVariableTextFlags:     {name: "group-variable-text-flags"},
	HiddenVariableOldText:      {name: "hidden-variable-old-text"},
}

// AllFlips stands for every flip that can be true beside the others.
const AllFlips = "all"

// FlipNames lists the flips by name, in the order of their constants.
func FlipNames() []string {
	names := make([]string, 0, len(flips))
	for _, f := range flips {
		names = append(names, f.name)
	}
	return names
}

// With gives the version with facts flipped, by name; AllFlips is every flip
// but those that contradict others or take away what is tested: permissions-inactive,
// unknown-permission-left-out and enforcement-accepts-off.
func (v Version) With(names ...string) (Version, error) {
	for _, name := range names {
		known := name == AllFlips
		for i, f := range flips {
			if f.name == name || name == AllFlips && !f.alone {
				v.flipped |= 1 << i
				known = true
			}
		}
		if !known {
			return Version{}, fmt.Errorf("unknown flip %q: known are %s and %s", name, strings.Join(FlipNames(), ", "), AllFlips)
		}
	}
	if v.Flipped(EnterpriseEdition) {
		v.Text = strings.TrimSuffix(v.Text, "-ee") + "-ee"
	}
	return v, nil
}

// Flipped says whether a fact is flipped.
func (v Version) Flipped(f Flip) bool { return v.flipped&(1<<f) != 0 }
