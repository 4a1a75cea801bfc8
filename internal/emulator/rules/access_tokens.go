package rules

import (
	"time"
	"unicode/utf8"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// CanReadAccessTokens stands for read_ and destroy_resource_access_tokens:
// Maintainer of a project, Owner of a group, or a custom role.
func CanReadAccessTokens(st *store.State, c Caller, parent store.Source) bool {
	if parent.Kind == store.GroupSource {
		return roleIn(st, c, parent) >= store.Owner || hasAbility(st, c, parent, store.ManageGroupAccessTokens)
	}
	return roleIn(st, c, parent) >= store.Maintainer || hasAbility(st, c, parent, store.ManageProjectAccessTokens)
}

// CanManageAccessTokens stands for create_ and manage_resource_access_tokens, the
// rights to make and to rotate: the bots of access tokens never have them
// (ProjectPolicy and GroupPolicy, project_bot_access).
func CanManageAccessTokens(st *store.State, c Caller, parent store.Source) bool {
	return !c.IsBot() && CanReadAccessTokens(st, c, parent)
}

// CanManageServiceAccounts is the right to the service accounts of a group or project:
// Owner of the group, Maintainer of the project.
func CanManageServiceAccounts(st *store.State, c Caller, of store.Source) bool {
	if of.Kind == store.ProjectSource {
		return roleIn(st, c, of) >= store.Maintainer
	}
	return roleIn(st, c, of) >= store.Owner
}

// AccessTokenLevel is the role of the bot behind an access token.
func AccessTokenLevel(st *store.State, parent store.Source, t *store.Token) store.AccessLevel {
	if member := st.Member(parent, t.UserID); member != nil {
		return member.Level
	}
	return store.NoAccess
}

// AccessTokenAttributes are what an access token is made with.
type AccessTokenAttributes struct {
	Name        string
	Description *string
	Scopes      []string
	Level       store.AccessLevel
	ExpiresAt   *time.Time // a day that may have passed; nil: none was named
}

// MaxTokenDays is how long tokens may live where the instance requires an expiry.
const MaxTokenDays = 365

const (
	maxTokenDaysBuffered = 400 // with the flag buffered_token_expiration_limit
	rotatedTokenDays     = 7
)

// CreateAccessToken makes an access token with a bot of its own. Without a day it
// never ends, where the instance allows that; versions whose endpoint requires the
// parameter take a blank one for 365 days.
func (s Services) CreateAccessToken(st *store.State, c Caller, parent store.Source, attrs AccessTokenAttributes) (*store.Token, *Refusal) {
	if !CanManageAccessTokens(st, c, parent) {
		return nil, badRequest("User does not have permission to create " + string(parent.Kind) + " access token")
	}
	if attrs.Level > roleIn(st, c, parent) {
		return nil, badRequest("Access level of the token contains permissions not held by the creating user")
	}
	expiresAt := attrs.ExpiresAt
	switch {
	case expiresAt == nil && !s.Version.MakesEndlessAccessTokens():
		day := store.Today(st.Now()).AddDate(0, 0, MaxTokenDays)
		expiresAt = &day
	case expiresAt == nil && !st.Settings.TokensMayLiveForever:
		return nil, badRequest("expires_at is missing")
	}
	switch {
	case attrs.Name == "":
		return nil, badRequest("Name " + blank)
	case utf8.RuneCountInString(attrs.Name) > maxName:
		return nil, badRequest("Name " + tooLong)
	}
	var problems []string
	if len(attrs.Scopes) == 0 {
		problems = append(problems, "Scopes "+blank)
	}
	if text := s.expiryError(st, expiresAt); text != "" {
		problems = append(problems, text)
	}
	if len(problems) > 0 {
		return nil, badRequest(Sentence(problems))
	}
	bot := st.CreateBot(parent, attrs.Name, c.User.External)
	st.PutMember(store.Member{Source: parent, UserID: bot.ID, Level: attrs.Level})
	return st.CreateToken(store.Token{
		UserID: bot.ID, Name: attrs.Name, Description: attrs.Description, Scopes: attrs.Scopes, ExpiresAt: expiresAt,
	}), nil
}

// rotatedExpiry is the day that was asked for or, where the instance requires one,
// a week from today.
func rotatedExpiry(st *store.State, asked *time.Time) *time.Time {
	if asked != nil || st.Settings.TokensMayLiveForever {
		return asked
	}
	day := store.Today(st.Now()).AddDate(0, 0, rotatedTokenDays)
	return &day
}

// expiryError is the model's complaint about a day too far away, or "". A day in
// the past is none of its business.
func (s Services) expiryError(st *store.State, day *time.Time) string {
	limit := MaxTokenDays
	if s.Version.Flipped(release.BufferedTokenLifetime) {
		limit = maxTokenDaysBuffered
	}
	last := store.Today(st.Now()).AddDate(0, 0, limit)
	if day == nil || st.Settings.TokensMayLiveForever || !day.After(last) {
		return ""
	}
	return "Expires at must be before " + last.Format(time.DateOnly)
}

// RotateAccessToken ends a token, which may have expired, and makes the next one
// of its bot. The caller must hold CanManageAccessTokens.
func (s Services) RotateAccessToken(st *store.State, c Caller, parent store.Source, t *store.Token, expiresAt *time.Time) (*store.Token, *Refusal) {
	if !t.Revoked && AccessTokenLevel(st, parent, t) > roleIn(st, c, parent) {
		return nil, badRequest("Not eligible to rotate tokens with permissions not held by the user")
	}
	return s.rotate(st, c, parent, t, expiresAt)
}

// RotateOwnAccessToken is the rotation of the caller's own access token, which
// asks for no role.
func (s Services) RotateOwnAccessToken(st *store.State, c Caller, parent store.Source, expiresAt *time.Time) (*store.Token, *Refusal) {
	return s.rotate(st, c, parent, c.Token, expiresAt)
}

func (s Services) rotate(st *store.State, c Caller, parent store.Source, t *store.Token, asked *time.Time) (*store.Token, *Refusal) {
	next, refusal := s.RotatePersonalToken(st, t, asked)
	if refusal != nil {
		return nil, refusal
	}
	st.UpdateUser(st.User(t.UserID), func(bot *store.User) { bot.External = c.User.External })
	if member := st.Member(parent, t.UserID); member != nil {
		lasting := *member
		lasting.ExpiresAt = nil
		st.PutMember(lasting)
	}
	return next, nil
}

// RotatePersonalToken ends a token and makes the next one of its user.
func (s Services) RotatePersonalToken(st *store.State, t *store.Token, asked *time.Time) (*store.Token, *Refusal) {
	if t.Revoked {
		return nil, badRequest("Token already revoked")
	}
	expiresAt := rotatedExpiry(st, asked)
	if text := s.expiryError(st, expiresAt); text != "" {
		return nil, badRequest(text)
	}
	st.UpdateToken(t, func(t *store.Token) { t.Revoked = true })
	return st.CreateToken(store.Token{
		UserID: t.UserID, Name: t.Name, Description: t.Description, Scopes: t.Scopes, ExpiresAt: expiresAt, FamilyID: t.FamilyID,
		Permissions: t.Permissions,
	}), nil
}

// RevokeAccessToken ends an access token; ending it again succeeds too. The token
// and its bot stay to be seen, for [BotRetention].
func (s Services) RevokeAccessToken(st *store.State, c Caller, parent store.Source, t *store.Token) *Refusal {
	bot := st.User(t.UserID)
	if !CanReadAccessTokens(st, c, parent) {
		return badRequest(c.User.Name + " cannot delete " + bot.Name)
	}
	st.UpdateToken(t, func(t *store.Token) { t.Revoked = true })
	return nil
}

// BotRetention is how long a bot stays whose tokens were all revoked or have expired: the instance's default
// of inactive_resource_access_tokens_delete_after_days.
const BotRetention = 30 * 24 * time.Hour
