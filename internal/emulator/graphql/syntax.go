package graphql

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"
)

func parseDocument(text string) (*ast.QueryDocument, *Error) {
	if strings.Trim(text, " \t\r\n,\ufeff") == "" {
		return nil, &Error{Message: "Unexpected end of document", Locations: []Location{}}
	}
	document, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		return nil, syntaxError(text, err)
	}
	if len(document.Operations)+len(document.Fragments) == 0 {
		return nil, &Error{Message: "Unexpected end of document", Locations: []Location{}}
	}
	return document, nil
}

// syntaxError puts gqlparser's complaint into graphql-ruby's words. At the end
// of the text graphql-ruby points at the last token.
func syntaxError(text string, err error) *Error {
	var parseError *gqlerror.Error
	if !errors.As(err, &parseError) || len(parseError.Locations) == 0 {
		return &Error{Message: err.Error(), Locations: []Location{}}
	}
	found, last := tokensAt(text, Location{Line: parseError.Locations[0].Line, Column: parseError.Locations[0].Column})
	wanted := wantedToken(parseError.Message, last)
	switch {
	case found == nil || found.Kind == lexer.EOF:
		at := Location{Line: last.Pos.Line, Column: last.Pos.Column}
		return &Error{
			Message:   fmt.Sprintf("Expected %s, not end of file at [%d, %d]", wanted, at.Line, at.Column),
			Locations: []Location{at},
		}
	case found.Kind == lexer.Invalid && strings.HasPrefix(text[runeOffset(text, found.Pos.Start):], `"`):
		return &Error{
			Message:   "Expected string or block string, but it was malformed",
			Locations: locationsOf(&found.Pos),
		}
	}
	return &Error{
		Message: fmt.Sprintf("Expected %s, actual: %s (%q) at [%d, %d]",
			wanted, tokenName(*found), tokenText(text, *found), found.Pos.Line, found.Pos.Column),
		Locations: locationsOf(&found.Pos),
	}
}

// tokensAt finds the token at a location, and the one before it.
func tokensAt(text string, at Location) (found *lexer.Token, last lexer.Token) {
	tokens := lexer.New(&ast.Source{Input: text})
	last.Pos = ast.Position{Line: 1, Column: 1}
	for {
		token, err := tokens.ReadToken()
		behind := token.Pos.Line > at.Line || token.Pos.Line == at.Line && token.Pos.Column >= at.Column
		if err != nil {
			token.Kind = lexer.Invalid
		}
		if behind || err != nil || token.Kind == lexer.EOF {
			return &token, last
		}
		if token.Kind != lexer.Comment {
			last = token
		}
	}
}

var wantedPattern = regexp.MustCompile(`^Expected ("?)(\S+?)"?, found`)

// wantedToken is what graphql-ruby's parser names in place of gqlparser's
// complaint.
func wantedToken(complaint string, last lexer.Token) string {
	if match := wantedPattern.FindStringSubmatch(complaint); match != nil {
		if match[1] != "" {
			return strings.ToUpper(match[2])
		}
		for kind, name := range tokenNames {
			if kind.String() == match[2] {
				return name
			}
		}
		return "NAME"
	}
	switch last.Kind {
	case lexer.Colon, lexer.Equals, lexer.BracketL:
		return "VALUE"
	case lexer.BraceL, lexer.ParenL:
		return "NAME"
	}
	return "one of SCHEMA, SCALAR, TYPE, ENUM, INPUT, UNION, INTERFACE"
}

var tokenNames = map[lexer.Type]string{
	lexer.Bang:        "BANG",
	lexer.Dollar:      "VAR_SIGN",
	lexer.Amp:         "AMP",
	lexer.ParenL:      "LPAREN",
	lexer.ParenR:      "RPAREN",
	lexer.Spread:      "ELLIPSIS",
	lexer.Colon:       "COLON",
	lexer.Equals:      "EQUALS",
	lexer.At:          "DIR_SIGN",
	lexer.BracketL:    "LBRACKET",
	lexer.BracketR:    "RBRACKET",
	lexer.BraceL:      "LCURLY",
	lexer.BraceR:      "RCURLY",
	lexer.Pipe:        "PIPE",
	lexer.Name:        "NAME",
	lexer.Int:         "INT",
	lexer.Float:       "FLOAT",
	lexer.String:      "STRING",
	lexer.BlockString: "STRING",
}

var keywords = map[string]bool{
	"on": true, "fragment": true, "true": true, "false": true, "null": true, "query": true, "mutation": true,
	"subscription": true, "schema": true, "scalar": true, "type": true, "extend": true, "implements": true,
	"interface": true, "union": true, "enum": true, "input": true, "directive": true, "repeatable": true,
}

func tokenName(token lexer.Token) string {
	if token.Kind == lexer.Name {
		if keywords[token.Value] {
			return strings.ToUpper(token.Value)
		}
		return "IDENTIFIER"
	}
	if name, ok := tokenNames[token.Kind]; ok {
		return name
	}
	return "UNKNOWN_CHAR"
}

func tokenText(text string, token lexer.Token) string {
	switch token.Kind {
	case lexer.Name, lexer.Int, lexer.Float, lexer.String, lexer.BlockString:
		return token.Value
	case lexer.Invalid:
		for _, char := range text[runeOffset(text, token.Pos.Start):] {
			return string(char)
		}
		return ""
	}
	return token.Kind.String()
}

// runeOffset is the byte offset of a position, which gqlparser counts in runes.
func runeOffset(text string, runes int) int {
	for offset := range text {
		if runes <= 0 {
			return offset
		}
		runes--
	}
	return len(text)
}
