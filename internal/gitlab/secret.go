package gitlab

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a text that does not print: every verb of fmt, JSON and log/slog give [redacted] for it.
// The zero Secret is empty.
type Secret struct {
	// text is behind a pointer because fmt prints unexported fields without asking their methods.
	text *string
}

// NewSecret hides a text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: &text}
}

// Reveal gives the text itself.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty tells whether there is nothing to hide.
func (s Secret) Empty() bool { return s.text == nil }

// String gives [redacted].
func (s Secret) String() string { return redacted }

// GoString gives [redacted].
func (s Secret) GoString() string { return redacted }

// Format writes [redacted], whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalJSON gives [redacted].
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// MarshalText gives [redacted], to encoders other than JSON's.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue gives [redacted].
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
