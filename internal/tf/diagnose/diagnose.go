// Package diagnose is the one place where errors become diagnostics.
//
// A diagnostic says what was being done, to which project, GitLab's own words, and what to do next.
package diagnose

import (
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// Title is the first line of a diagnostic. Terraform folds warnings of equal titles into one, so a
// warning that must not be missed carries its project: see [Title.For].
type Title string

// The titles of errors.
const (
	ConfigureProvider Title = "Invalid Provider Configuration"
	ReachGitLab       Title = "Unable to Reach GitLab"
	SignIn            Title = "Unable to Sign In to GitLab"
	UseToken          Title = "Unable to Use This Kind of Token"
	FindProject       Title = "Unable to Find Project"
	FindGroup         Title = "Unable to Find Group"
	FindUser          Title = "Unable to Find User"
	FindTarget        Title = "Unable to Find Job Token Allowlist Target"
	InvalidReference  Title = "Invalid Project or Group Reference"
	ReadAllowlist     Title = "Unable to Read Job Token Allowlist"
	ReadLog           Title = "Unable to Read Job Token Authentication Log"
	ReadSettings      Title = "Unable to Read Job Token Settings"
	ReadEnforcement   Title = "Unable to Read Whether Job Token Allowlists Are Enforced"
	ChangeEnforcement Title = "Unable to Change Whether Job Token Allowlists Are Enforced"
	ChangeSettings    Title = "Unable to Change Job Token Settings"
	ResetSettings     Title = "Unable to Reset Job Token Settings"
	AddProject        Title = "Unable to Add Project to Job Token Allowlist"
	AddGroup          Title = "Unable to Add Group to Job Token Allowlist"
	SetPermissions    Title = "Unable to Change Permissions on Job Token Allowlist"
	RemoveProject     Title = "Unable to Remove Project from Job Token Allowlist"
	RemoveGroup       Title = "Unable to Remove Group from Job Token Allowlist"
	Import            Title = "Unable to Import"
	Move              Title = "Unable to Move from the Official Provider"
	MoveOwn           Title = "Unable to Move from Another Address of the Provider"
	ReadPermissions   Title = "Unable to Read Permission Names"
	UnknownPermission Title = "Unknown Permission"
	TooManyEntries    Title = "Too Many Job Token Allowlist Entries"
	TwoKeys           Title = "Two Keys for One Job Token Allowlist Entry"
	WrongKind         Title = "Wrong Kind of Job Token Allowlist Target"
	NotSupported      Title = "Not Supported by This GitLab"
	Enforced          Title = "Job Token Allowlist Is Enforced by the Instance"
	ReadShare         Title = "Unable to Read the Groups That Share a Project"
	MakeShare         Title = "Unable to Give a Group a Role in a Project"
	ChangeShare       Title = "Unable to Change the Role of a Group in a Project"
	EndShare          Title = "Unable to Take the Role of a Group in a Project Away"
	CannotShare       Title = "Project Cannot Be Shared With This Group"
	ReadTokens        Title = "Unable to Read Tokens"
	CreateToken       Title = "Unable to Create Token"
	RotateToken       Title = "Unable to Rotate Token"
	RevokeToken       Title = "Unable to Revoke Token"
	DeliverToken      Title = "Unable to Deliver Token to CI/CD Variable"
	TakeBackDelivery  Title = "Unable to Delete CI/CD Variable"
	ReadDelivered     Title = "Unable to Read Delivered Secret"
	PutBackVariable   Title = "Unable to Put CI/CD Variable Back"
	NowhereToGo       Title = "Token Would Go Nowhere"
	InvalidVariable   Title = "Invalid CI/CD Variable"
	InvalidExpiry     Title = "Invalid Expiry"
	InvalidText       Title = "Invalid Text"
	OutOfDate         Title = "Unable to Apply a Plan That Is Out of Date"
	ReadPrivate       Title = "Unable to Read Private State"
	StorePrivate      Title = "Unable to Store Private State"
	LegacyOutbound    Title = "Legacy Outbound Allowlist Cannot Be Switched On"
	InvalidValue      Title = "Invalid Value"
	InvalidPermission Title = "Invalid Permission"
	StatePermissions  Title = "Permissions Are Not Stated"
	NoValue           Title = "Element Has No Value"
	ExactlyOne        Title = "Exactly One of Two Attributes Is Needed"
)

// The titles of warnings.
const (
	ProjectRenamed     Title = "Project Was Renamed"
	GroupRenamed       Title = "Group Was Renamed"
	TargetRenamed      Title = "Job Token Allowlist Target Was Renamed"
	PathTakenOver      Title = "Path Belongs to Another Project Now"
	DeletionScheduled  Title = "Project Is Scheduled for Deletion"
	ProjectGone        Title = "Project Was Deleted"
	RemovesEntries     Title = "Job Token Allowlist Entries Are Removed"
	KeyAndTarget       Title = "Key and Target Are Two Projects or Groups"
	NullEntries        Title = "Job Token Allowlist Entries Are Null"
	WidensEntry        Title = "Job Token Allowlist Entry Is Widened"
	Respelled          Title = "Job Token Allowlist Entry Is Spelled Differently"
	PushNoEffect       Title = "Cross-Project Push May Have No Effect"
	NoEffect           Title = "Job Token Allowlist Has No Effect"
	LeftAsItIs         Title = "Job Token Allowlist Is Left as It Is"
	ManagedTwice       Title = "Job Token Access Is Managed Twice"
	DestroyedAndMade   Title = "Job Token Access Is Destroyed and Made in One Apply"
	WholeGroup         Title = "Job Token Allowlist Admits a Whole Top-Level Group"
	GitStaysOpen       Title = "Job Token Allowlist Entry Leaves Git Open"
	BindsOwnJobs       Title = "Job Token Allowlist Entry Binds the Project's Own Jobs"
	ChangesAdopted     Title = "Job Token Allowlist Entry Is Changed by Adoption"
	AdoptsEntries      Title = "Job Token Allowlist Entries Are Adopted"
	ChangedMeanwhile   Title = "Changed Meanwhile"
	ConsumerGone       Title = "Job Token Allowlist Target Was Deleted"
	ListIsFull         Title = "Job Token Allowlist Is Full"
	SettingsStay       Title = "Job Token Settings Are Left as They Are"
	EnforcementStays   Title = "Enforcement of Job Token Allowlists Stays as It Is"
	EnforcementBegins  Title = "Job Token Allowlists Become Binding for the Instance"
	EnforcementEnds    Title = "Job Token Allowlists Are No Longer Binding for the Instance"
	EntriesStay        Title = "Job Token Allowlist Entries Are Let Go"
	Unreadable         Title = "Job Token Permissions Cannot Be Read"
	StillUsed          Title = "Job Token Allowlist Entry Is Still in Use"
	NarrowsUsed        Title = "Job Token Allowlist Entry in Use Is Narrowed"
	WillRefuse         Title = "Job Token Allowlist Refuses Projects That Use It"
	HiddenConsumers    Title = "Consumers Are Hidden"
	UsageUnknown       Title = "Job Token Usage Cannot Be Checked"
	GroupGone          Title = "Group Was Deleted"
	AdoptsShare        Title = "Role of a Group in a Project Is Adopted"
	ShareInterrupted   Title = "Role of a Group in a Project Is Interrupted"
	ShareStays         Title = "Role of a Group in a Project Is Left as It Is"
	SharedTwice        Title = "Role of a Group in a Project Is Managed Twice"
	NewToken           Title = "Token Is Made Anew"
	OverwritesVariable Title = "CI/CD Variable Is Taken Over"
	TokenExpired       Title = "Token Has Expired"
	DeliveryOwnerGone  Title = "Project of a Delivery Was Deleted"
	DeliveryUnseen     Title = "Delivery of Token Cannot Be Checked"
	VariableKept       Title = "CI/CD Variable Is Left as It Is"
	OrphanedToken      Title = "Token May Be Left Over"
	NotMadeAnew        Title = "Token Has Ended and None Is Made Anew"
	DeliveredTwice     Title = "CI/CD Variable Is Delivered Into Twice"
	HeldTwice          Title = "Token Is Held Twice"
	LiveTokens         Title = "Live Tokens of This Name"
	DeletesAnothers    Title = "CI/CD Variable of Another Token Is Deleted"
	HandedOver         Title = "Token Works On Until Its Replacement Is Delivered"
	CustomRole         Title = "Custom Role May Not Be Enough"
	LongExpiry         Title = "Expiry Is Far Away"
	UnknownScope       Title = "Unknown Scope of Token"
	MadeUpUsername     Title = "User Name Was Made Up by GitLab"
	NotVerified        Title = "Certificates Are Not Verified"
	NotListed          Title = "Some Are Not Listed"
	ListIsCut          Title = "List Is Cut at Its Limit"
)

// For puts the project into the title, so that Terraform does not fold the warning with those of
// other projects.
func (t Title) For(project string) Title { return Title(fmt.Sprintf("%s (%s)", t, project)) }

// Error turns any error into a diagnostic.
func Error(title Title, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic(string(title), Detail(err))
}

// AttributeError is [Error] on the attribute at fault.
func AttributeError(at path.Path, title Title, err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, string(title), Detail(err))
}

// LookupError is an [AttributeError] where the attribute is at fault; a GitLab that cannot be reached,
// or does not accept the token, is not the fault of any.
func LookupError(at path.Path, title Title, err error) diag.Diagnostic {
	if general, ok := beforeGitLab(err); ok {
		return Error(general, err)
	}
	return AttributeError(at, title, err)
}

// ReadError is an [Error] under the title of what kept GitLab from answering at all, where that is so.
func ReadError(title Title, err error) diag.Diagnostic {
	if general, ok := beforeGitLab(err); ok {
		title = general
	}
	return Error(title, err)
}

// beforeGitLab is the title of an error that has nothing to do with what was asked.
func beforeGitLab(err error) (Title, bool) {
	e, ok := apierror.As(err)
	switch {
	case !ok:
		return "", false
	case e.Unreached(), e.Kind == apierror.Unavailable, e.Kind == apierror.RateLimited, e.Kind == apierror.Misdirected:
		return ReachGitLab, true
	case e.Kind == apierror.Unauthenticated:
		return SignIn, true
	case e.Kind == apierror.FineGrained:
		return UseToken, true
	case e.Kind == apierror.InsufficientScope && e.Connecting:
		return UseToken, true
	case e.Kind == apierror.Unsupported:
		return NotSupported, true
	case e.Connecting:
		return ReachGitLab, true
	default:
		return "", false
	}
}

// Problem is an error of the configuration itself, in the provider's own words.
func Problem(at path.Path, title Title, format string, args ...any) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, string(title), fmt.Sprintf(format, args...))
}

// Warn is a warning on an attribute, in the provider's own words.
func Warn(at path.Path, title Title, format string, args ...any) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, string(title), fmt.Sprintf(format, args...))
}

// Outdated is the error of a plan that cannot be carried out as it was approved. Nothing was written.
func Outdated(doing, why string) diag.Diagnostic {
	return diag.NewErrorDiagnostic(string(OutOfDate),
		fmt.Sprintf("Could not %s as the plan says: %s.\n\nNothing was written. Plan again, and look at what has changed.", doing, why))
}

// Detail writes an error out: what, to which project, GitLab's words, and what to do next.
func Detail(err error) string {
	e, ok := apierror.As(err)
	if !ok {
		return apierror.Scrub(err.Error())
	}
	var b strings.Builder
	b.WriteString("Could not ")
	b.WriteString(strings.TrimSpace(e.Doing + " " + e.Target))
	b.WriteString(".")
	if e.Note != "" {
		fmt.Fprintf(&b, "\n\n%s", sentence(e.Note))
	}
	if e.Words != "" {
		fmt.Fprintf(&b, "\n\nGitLab says: %s", e.Words)
	}
	if facts := facts(e); facts != "" {
		fmt.Fprintf(&b, " (%s)", facts)
	}
	if advice := advice(e); advice != "" {
		b.WriteString("\n\n")
		b.WriteString(advice)
	}
	return apierror.Scrub(b.String())
}

func sentence(note string) string {
	text := strings.ToUpper(note[:1]) + note[1:]
	if strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

func facts(e *apierror.Error) string {
	var parts []string
	if e.Status != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", e.Status))
	}
	if e.RequestID != "" {
		parts = append(parts, "request "+e.RequestID)
	}
	return strings.Join(parts, ", ")
}

// advice is what a user can do about a kind of error.
func advice(e *apierror.Error) string {
	switch e.Kind {
	case apierror.Unauthenticated:
		return "The provider's token is missing, wrong, expired or revoked. Set GITLAB_TOKEN to a valid token with the scope api (read_api is enough to plan)."
	case apierror.Forbidden:
		if e.Connecting {
			return "GitLab, or what stands before it, refuses this user everything. Look whether the account is blocked, and whether requests from this machine are let through."
		}
		if e.Enforced() {
			return "An administrator has made the allowlist binding for every project. Leave the attribute out, or set it to true."
		}
		if e.Role == apierror.Administrator {
			return "Give the provider the token of an administrator. On GitLab.com nobody is: leave the resource out."
		}
		if e.Role != "" {
			return "Give the provider's user that role, or the provider the token of somebody who has it."
		}
		if e.Field == "access_level" {
			return "A token can be given at most the role of the provider's user. Write a lower access_level."
		}
		return "The provider's user needs at least the Maintainer role on the project whose list it is, and must be able to see a target that is added or whose permissions change (Guest on a private project)."
	case apierror.InsufficientScope:
		return "The provider's token lacks the scope api, which every write needs; with read_api it can only plan."
	case apierror.FineGrained:
		return fineGrainedAdvice(e)
	case apierror.NotFound:
		return "Check the spelling, and that the provider's user can see it: GitLab does not tell what is missing from what is hidden."
	case apierror.Limit:
		if !e.ListFull() {
			return "GitLab limits the size of a request. Run it again with a lower -parallelism; if that does not help, please report it."
		}
		return fmt.Sprintf("An allowlist holds at most %d projects and %d groups. Allow a common group in place of its projects.", maxEntries, maxEntries)
	case apierror.RateLimited:
		if e.RetryAfter > 0 {
			return fmt.Sprintf("GitLab limits the rate of requests and asks to wait %s. Run it again then, or lower -parallelism.", e.RetryAfter.Round(time.Second))
		}
		return "GitLab limits the rate of requests. Run it again later, or lower -parallelism."
	case apierror.Unsupported:
		return "This GitLab is too old for it, or an administrator has not enabled it."
	case apierror.Unavailable:
		if e.Uncertain {
			return "The answer was lost, so the change may or may not have been made. The next plan shows what the server holds."
		}
		return "GitLab or a proxy before it gave no usable answer. Nothing was written by this request; run it again."
	case apierror.Misdirected:
		return "Something else answered in GitLab's place. Look at base_url, and at what stands between: a login page, a proxy, another host."
	case apierror.Conflict, apierror.Invalid:
		return ""
	}
	return ""
}

// fineGrainedAdvice tells which token works, and what a fine-grained one needs where it does.
func fineGrainedAdvice(e *apierror.Error) string {
	advice := "GitLab shows job token allowlists and settings to no fine-grained personal access token. For these the provider needs a token with the scope api (read_api is enough to plan): " +
		"that of a service account, a project or group access token, or a classic personal access token. Where a top-level group accepts fine-grained tokens alone, its Owner has to lift that for now."
	if e.NamesPermissions() {
		advice += "\n\nDeploy tokens, access tokens and their CI/CD variables can be managed with a fine-grained token. It needs the permission that GitLab names, and all in all " +
			"Metadata: Read, Project: Read or Group: Read, Deploy Token or Resource Access Token, and Variable, of these all actions. What a token is granted cannot be changed: make a new one."
	}
	if e.Uncertain {
		advice += "\n\nThe change may have been made all the same."
	}
	return advice
}

const maxEntries = 200
