package store

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

type users struct {
	last       int64
	byID       map[int64]*User
	byUsername map[string]*User
	byEmail    map[string]*User
}

func newUsers() users {
	return users{byID: map[int64]*User{}, byUsername: map[string]*User{}, byEmail: map[string]*User{}}
}

// CreateUser stores a user and makes the user's namespace; ID, NamespaceID and
// CreatedAt are filled in.
func (s *State) CreateUser(u User) *User {
	s.users.last++
	u.ID, u.CreatedAt = s.users.last, s.Now()
	namespace := s.CreateNamespace(Namespace{
		Kind: UserNamespace, Name: u.Name, Path: u.Username, OwnerID: u.ID, Visibility: Public,
	})
	u.NamespaceID = namespace.ID
	s.users.byID[u.ID] = &u
	s.users.byUsername[strings.ToLower(u.Username)] = &u
	s.users.byEmail[strings.ToLower(u.Email)] = &u
	return &u
}

// User finds a user by id, or nil.
func (s *State) User(id int64) *User { return s.users.byID[id] }

// UserByUsername finds a user without regard to letter case, or nil.
func (s *State) UserByUsername(username string) *User {
	return s.users.byUsername[strings.ToLower(username)]
}

// UserByEmail finds a user without regard to letter case, or nil.
func (s *State) UserByEmail(email string) *User { return s.users.byEmail[strings.ToLower(email)] }

// Users lists all users, newest first, as GET /users does.
func (s *State) Users() []*User {
	return newestFirst(s.users.byID)
}

// UpdateUser replaces a user by a changed copy; the names stay.
func (s *State) UpdateUser(u *User, change func(*User)) *User {
	changed := *u
	change(&changed)
	s.users.byID[u.ID] = &changed
	s.users.byUsername[strings.ToLower(u.Username)] = &changed
	s.users.byEmail[strings.ToLower(u.Email)] = &changed
	return &changed
}

// DeleteUser removes a user with tokens, memberships and namespace; projects in
// the namespace go with it. Links the user added stay, without an author.
func (s *State) DeleteUser(id int64) {
	u := s.users.byID[id]
	if u == nil {
		return
	}
	for _, token := range s.TokensOf(id) {
		s.deleteToken(token)
	}
	for _, member := range s.MembershipsOf(id) {
		s.RemoveMember(member.Source, id)
	}
	s.forgetJobsBy(id)
	if u.Bot {
		s.bots[u.BotOf] = without(s.bots[u.BotOf], id)
	}
	s.DeleteNamespace(u.NamespaceID)
	delete(s.users.byID, id)
	delete(s.users.byUsername, strings.ToLower(u.Username))
	delete(s.users.byEmail, strings.ToLower(u.Email))
}

type tokens struct {
	last     int64
	byID     map[int64]*Token
	bySecret map[string]*Token
	byUser   map[int64][]int64
}

func newTokens() tokens {
	return tokens{byID: map[int64]*Token{}, bySecret: map[string]*Token{}, byUser: map[int64][]int64{}}
}

// CreateToken stores a personal access token; ID, Secret, CreatedAt and a missing
// FamilyID are filled in.
func (s *State) CreateToken(t Token) *Token {
	s.tokens.last++
	t.ID, t.CreatedAt = s.tokens.last, s.Now()
	t.FamilyID = cmp.Or(t.FamilyID, t.ID)
	t.Secret = s.tokenSecret(t.UserID)
	s.tokens.byUser[t.UserID] = append(s.tokens.byUser[t.UserID], t.ID)
	s.putToken(&t)
	return &t
}

// UpdateToken replaces a token by a changed copy.
func (s *State) UpdateToken(t *Token, change func(*Token)) *Token {
	changed := *t
	if change(&changed); changed.Revoked && !t.Revoked {
		changed.RevokedAt = s.Now()
	}
	s.putToken(&changed)
	return &changed
}

func (s *State) putToken(t *Token) {
	s.tokens.byID[t.ID] = t
	s.tokens.bySecret[t.Secret] = t
}

func (s *State) deleteToken(t *Token) {
	delete(s.tokens.byID, t.ID)
	delete(s.tokens.bySecret, t.Secret)
	s.tokens.byUser[t.UserID] = without(s.tokens.byUser[t.UserID], t.ID)
}

// Token finds a token by id, or nil.
func (s *State) Token(id int64) *Token { return s.tokens.byID[id] }

// TokenBySecret finds the token a request was made with, revoked and expired
// ones included, or nil.
func (s *State) TokenBySecret(secret string) *Token { return s.tokens.bySecret[secret] }

// TokensOf lists a user's tokens in the order they were made.
func (s *State) TokensOf(userID int64) []*Token {
	found := make([]*Token, 0, len(s.tokens.byUser[userID]))
	for _, id := range s.tokens.byUser[userID] {
		found = append(found, s.tokens.byID[id])
	}
	return found
}

// newestFirst gives the values of a map by descending id.
func newestFirst[V any](byID map[int64]V) []V {
	ids := slices.Sorted(maps.Keys(byID))
	values := make([]V, 0, len(ids))
	for _, id := range slices.Backward(ids) {
		values = append(values, byID[id])
	}
	return values
}

// oldestFirst gives the values of a map by ascending id.
func oldestFirst[V any](byID map[int64]V) []V {
	values := newestFirst(byID)
	slices.Reverse(values)
	return values
}

func without(ids []int64, id int64) []int64 {
	return slices.DeleteFunc(ids, func(other int64) bool { return other == id })
}

// withSorted inserts an id into an ascending list.
func withSorted(ids []int64, id int64) []int64 {
	at, found := slices.BinarySearch(ids, id)
	if found {
		return ids
	}
	return slices.Insert(ids, at, id)
}
