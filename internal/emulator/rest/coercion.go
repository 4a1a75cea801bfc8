package rest

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

var errInvalid = errors.New("is invalid")

// coerce gives the typed value, nil for a blank one, or Grape's complaint.
func (p param) coerce(raw any) (any, string) {
	value, err := p.convert(raw)
	switch {
	case err != nil:
		return nil, err.Error()
	case value == nil && p.notBlank:
		return nil, "is empty"
	case value != nil && !p.allows(value):
		return nil, "does not have a valid value"
	}
	return value, ""
}

func (p param) allows(value any) bool {
	if p.values == nil {
		return true
	}
	switch value := value.(type) {
	case string:
		return slices.Contains(p.values, value)
	case int64:
		return slices.Contains(p.values, strconv.FormatInt(value, 10))
	case []string:
		return !slices.ContainsFunc(value, func(item string) bool { return !slices.Contains(p.values, item) })
	}
	return false
}

func (p param) convert(raw any) (any, error) {
	if raw == nil {
		return nil, nil
	}
	if word, isText := raw.(string); isText && strings.TrimSpace(word) == "" && p.is != text {
		return nil, nil
	}
	switch p.is {
	case integer:
		return toInteger(raw)
	case boolean:
		return toBoolean(raw)
	case list:
		return toList(raw)
	case integers:
		return toIntegers(raw)
	case array:
		if _, isText := raw.(string); isText {
			return nil, errInvalid
		}
		return toList(raw)
	case instant:
		return toInstant(raw)
	case day:
		return toDate(raw)
	case body:
		return raw, nil
	case hash:
		if _, isHash := raw.(map[string]any); !isHash {
			return nil, errInvalid
		}
		return raw, nil
	case text:
	}
	return toText(raw)
}

func toInteger(raw any) (any, error) {
	written := ""
	switch raw := raw.(type) {
	case string:
		written = strings.TrimSpace(raw)
	case json.Number:
		written = raw.String()
	}
	number, err := strconv.ParseInt(written, 10, 64)
	if err != nil {
		return nil, errInvalid
	}
	return number, nil
}

func toBoolean(raw any) (any, error) {
	switch raw := raw.(type) {
	case bool:
		return raw, nil
	case string:
		switch strings.ToLower(raw) {
		case "true", "t", "1", "on", "y", "yes":
			return true, nil
		case "false", "f", "0", "off", "n", "no":
			return false, nil
		}
	case json.Number:
		switch raw.String() {
		case "1":
			return true, nil
		case "0":
			return false, nil
		}
	}
	return nil, errInvalid
}

func toText(raw any) (any, error) {
	switch raw := raw.(type) {
	case string:
		return raw, nil
	case json.Number:
		return raw.String(), nil
	case bool:
		return strconv.FormatBool(raw), nil
	}
	return nil, errInvalid
}

func toList(raw any) (any, error) {
	switch raw := raw.(type) {
	case string:
		items := strings.Split(raw, ",")
		for i, item := range items {
			items[i] = strings.TrimSpace(item)
		}
		return items, nil
	case []any:
		items := make([]string, 0, len(raw))
		for _, item := range raw {
			word, isText := item.(string)
			if !isText {
				return nil, errInvalid
			}
			items = append(items, word)
		}
		return items, nil
	}
	return nil, errInvalid
}

// toIntegers takes an array, or one number.
func toIntegers(raw any) (any, error) {
	items, isList := raw.([]any)
	if !isList {
		items = []any{raw}
	}
	numbers := make([]int64, 0, len(items))
	for _, item := range items {
		number, err := toInteger(item)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, number.(int64)) //nolint:forcetypeassert // toInteger gives nothing else
	}
	return numbers, nil
}

func toDate(raw any) (any, error) {
	moment, err := parseTime(raw, time.DateOnly, time.RFC3339)
	if err != nil {
		return nil, err
	}
	return moment.Truncate(24 * time.Hour), nil
}

// toInstant takes a day for its midnight in UTC.
func toInstant(raw any) (any, error) {
	moment, err := parseTime(raw, time.RFC3339, time.DateOnly, "2006-01-02T15:04:05", time.DateTime)
	if err != nil {
		return nil, err
	}
	return moment, nil
}

func parseTime(raw any, layouts ...string) (time.Time, error) {
	written, isText := raw.(string)
	if !isText {
		return time.Time{}, errInvalid
	}
	for _, layout := range layouts {
		if parsed, err := time.Parse(layout, strings.TrimSpace(written)); err == nil {
			return parsed.UTC(), nil
		}
	}
	return time.Time{}, errInvalid
}
