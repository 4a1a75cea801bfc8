package graphql

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Keyed items give a connection cursors that stay good while other items come
// and go. Keys are unique within a list and, as database ids do, rise or fall
// along it. Items of type map[string]any are keyed by the number their "id" is
// or ends with. Unless all items of a list have keys, a cursor is a position.
type Keyed interface{ CursorKey() int64 }

// Connection is the value of a connection field over all its items, read with
// the field's first, last, after and before. A page holds at most maxPage items,
// DefaultPageSize if that is 0; asking for more is silently capped.
//
// It has nodes, edges, pageInfo and count. Cursors are opaque. A cursor that
// cannot be read, and first together with last, are errors of the fields that
// need the page, as in GitLab.
func Connection(items []any, args map[string]any, maxPage int) map[string]any {
	if maxPage <= 0 {
		maxPage = DefaultPageSize
	}
	list := &connection{items: items, args: args, maxPage: maxPage}
	return map[string]any{
		"nodes":    list.lazily(func(page page) any { return page.items }),
		"edges":    list.lazily(func(page page) any { return page.edges() }),
		"pageInfo": list.lazily(func(page page) any { return page.info() }),
		"count":    Resolver(list.count),
	}
}

type connection struct {
	items   []any
	args    map[string]any
	maxPage int
}

func (c *connection) lazily(read func(page) any) Resolver {
	return func(context.Context, any, map[string]any) (any, error) {
		page, err := c.page()
		if err != nil {
			return nil, err
		}
		return read(page), nil
	}
}

// count tells the number of all items; with a limit it stops counting just
// above it.
func (c *connection) count(_ context.Context, _ any, args map[string]any) (any, error) {
	if limit, ok := args["limit"].(int); ok && limit >= 0 {
		return min(len(c.items), limit+1), nil
	}
	return len(c.items), nil
}

// page is one page of a connection.
type page struct {
	items                []any
	keys                 []int64
	hasNext, hasPrevious bool
}

func (c *connection) page() (page, error) {
	first, hasFirst := c.args["first"].(int)
	last, hasLast := c.args["last"].(int)
	if hasFirst && hasLast {
		return page{}, &UserError{Message: "Can only provide either `first` or `last`, not both"}
	}
	keys := cursorKeys(c.items)
	start, end := 0, len(c.items)
	after, hasAfter := c.args["after"].(string)
	before, hasBefore := c.args["before"].(string)
	if hasAfter {
		key, err := decodeCursor(after)
		if err != nil {
			return page{}, err
		}
		start = firstBehind(keys, key)
	}
	if hasBefore {
		key, err := decodeCursor(before)
		if err != nil {
			return page{}, err
		}
		end = max(start, firstNotBefore(keys, key))
	}
	result := page{hasPrevious: hasAfter, hasNext: hasBefore}
	if hasLast {
		size := max(0, min(last, c.maxPage))
		result.hasPrevious = result.hasPrevious || end-start > size
		start = max(start, end-size)
	} else {
		size := c.maxPage
		if hasFirst {
			size = max(0, min(first, c.maxPage))
		}
		result.hasNext = result.hasNext || end-start > size
		end = min(end, start+size)
	}
	result.items, result.keys = c.items[start:end], keys[start:end]
	return result, nil
}

func (p page) edges() []any {
	edges := make([]any, len(p.items))
	for i, item := range p.items {
		edges[i] = map[string]any{"cursor": encodeCursor(p.keys[i]), "node": item}
	}
	return edges
}

func (p page) info() map[string]any {
	info := map[string]any{"hasNextPage": p.hasNext, "hasPreviousPage": p.hasPrevious}
	if len(p.keys) > 0 {
		info["startCursor"] = encodeCursor(p.keys[0])
		info["endCursor"] = encodeCursor(p.keys[len(p.keys)-1])
	}
	return info
}

// cursorKeys are the items' own keys if all have one, else their positions.
func cursorKeys(items []any) []int64 {
	keys := make([]int64, len(items))
	for i, item := range items {
		key, ok := cursorKey(item)
		if !ok {
			for position := range keys {
				keys[position] = int64(position) + 1
			}
			return keys
		}
		keys[i] = key
	}
	return keys
}

func cursorKey(item any) (int64, bool) {
	if keyed, ok := item.(Keyed); ok {
		return keyed.CursorKey(), true
	}
	fields, isMap := item.(map[string]any)
	if !isMap {
		return 0, false
	}
	switch id := fields["id"].(type) {
	case int:
		return int64(id), true
	case int64:
		return id, true
	case string:
		key, err := strconv.ParseInt(id[strings.LastIndexByte(id, '/')+1:], 10, 64)
		return key, err == nil
	}
	return 0, false
}

// firstBehind is the index of the first item after the one with a key, which
// may be gone by now.
func firstBehind(keys []int64, key int64) int {
	if i := slices.Index(keys, key); i >= 0 {
		return i + 1
	}
	return firstNotBefore(keys, key)
}

func firstNotBefore(keys []int64, key int64) int {
	if i := slices.Index(keys, key); i >= 0 {
		return i
	}
	descending := len(keys) > 1 && keys[0] > keys[len(keys)-1]
	i := slices.IndexFunc(keys, func(k int64) bool { return descending && k < key || !descending && k > key })
	if i < 0 {
		return len(keys)
	}
	return i
}

type cursor struct {
	ID string `json:"id"`
}

func encodeCursor(key int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"id":"` + strconv.FormatInt(key, 10) + `"}`))
}

func decodeCursor(text string) (int64, error) {
	invalid := &UserError{Message: "Please provide a valid cursor"}
	decoded, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return 0, invalid
	}
	var position cursor
	if err := json.Unmarshal(decoded, &position); err != nil {
		return 0, invalid
	}
	key, err := strconv.ParseInt(position.ID, 10, 64)
	if err != nil {
		return 0, invalid
	}
	return key, nil
}
