package store

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// bots are the users behind project and group access tokens, by what they
// belong to and in the order they were made.
type bots map[Source][]int64

// CreateBot stores the user of a new access token of a project or group, of
// the type project_bot in both cases.
func (s *State) CreateBot(of Source, name string, external bool) *User {
	username := fmt.Sprintf("%s_%d_bot_%s", of.Kind, of.ID, newHash())
	bot := s.CreateUser(User{
		Username: username, Name: name, Email: username + "@noreply.localhost", State: "active",
		Bot: true, BotOf: of, External: external,
	})
	s.bots[of] = append(s.bots[of], bot.ID)
	return bot
}

// AccessTokensOf lists the access tokens of a project or group by ascending
// id, revoked and expired ones included. A bot that has left takes its tokens
// out of sight.
func (s *State) AccessTokensOf(parent Source) []*Token {
	byID := map[int64]*Token{}
	for _, bot := range s.bots[parent] {
		if s.Member(parent, bot) == nil {
			continue
		}
		for _, token := range s.TokensOf(bot) {
			byID[token.ID] = token
		}
	}
	return oldestFirst(byID)
}

// AccessToken finds an access token of a project or group by id, or nil.
func (s *State) AccessToken(parent Source, id int64) *Token {
	token := s.tokens.byID[id]
	if token == nil || s.users.byID[token.UserID].BotOf != parent || s.Member(parent, token.UserID) == nil {
		return nil
	}
	return token
}

// RevokeFamily revokes a token, what it came from and what came from it by
// rotation.
func (s *State) RevokeFamily(t *Token) {
	for _, token := range s.TokensOf(t.UserID) {
		if token.FamilyID == t.FamilyID {
			s.UpdateToken(token, func(t *Token) { t.Revoked = true })
		}
	}
}

// DeleteBotsEndedBy deletes the bots all of whose tokens had ended by a time, with the tokens.
func (s *State) DeleteBotsEndedBy(at time.Time) {
	for _, of := range s.bots {
		for _, id := range slices.Clone(of) {
			lives := func(t *Token) bool { return !t.EndedBy(at) }
			if !slices.ContainsFunc(s.TokensOf(id), lives) {
				s.DeleteUser(id)
			}
		}
	}
}

// forgetBots deletes the bots of a deleted project or group with their tokens.
func (s *State) forgetBots(parent Source) {
	for _, id := range slices.Clone(s.bots[parent]) {
		s.DeleteUser(id)
	}
	delete(s.bots, parent)
}

// newHash makes the 32 hexadecimal digits that end a bot's user name.
func newHash() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(random[:])
}
