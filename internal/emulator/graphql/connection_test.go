package graphql

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

type keyedItem int64

func (k keyedItem) CursorKey() int64 { return int64(k) }

// connectionEngine serves the given ids as the projects of a query.
func connectionEngine(t *testing.T, ids []int64, maxPage int) *Engine {
	t.Helper()
	return testEngine(t, func(c *Config) {
		c.Resolvers["Query.projects"] = func(_ context.Context, _ any, args map[string]any) (any, error) {
			items := make([]any, len(ids))
			for i, id := range ids {
				items[i] = keyedItem(id)
			}
			return Connection(items, args, maxPage), nil
		}
		c.Resolvers["Project.id"] = func(_ context.Context, source any, _ map[string]any) (any, error) {
			return fmt.Sprint(source), nil
		}
	})
}

func TestConnectionPages(t *testing.T) {
	t.Parallel()
	rising, falling := []int64{2, 4, 6, 8, 10}, []int64{10, 8, 6, 4, 2}
	tests := []struct {
		name  string
		ids   []int64
		args  string
		nodes string
		next  bool
		prev  bool
	}{
		{"all", rising, "", "2 4 6 8 10", false, false},
		{"first", rising, "(first:2)", "2 4", true, false},
		{"after", rising, "(first:2,after:4)", "6 8", true, true},
		{"last page", rising, "(first:2,after:8)", "10", false, true},
		{"behind the end", rising, "(first:2,after:10)", "", false, true},
		{"after an item that is gone", rising, "(first:2,after:5)", "6 8", true, true},
		{"falling, after an item that is gone", falling, "(first:2,after:7)", "6 4", true, true},
		{"before", rising, "(before:6)", "2 4", true, false},
		{"last", rising, "(last:2)", "8 10", false, true},
		{"last before", rising, "(last:2,before:8)", "4 6", true, true},
		{"between", rising, "(after:2,before:8)", "4 6", true, true},
		{"nothing between", rising, "(after:8,before:4)", "", true, true},
		{"more than the largest page", rising, "(first:500)", "2 4 6 8 10", false, false},
		{"negative", rising, "(first:-1)", "", true, false},
		{"empty", nil, "(first:2)", "", false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			args := test.args
			for id := int64(10); id >= 0; id-- {
				args = strings.ReplaceAll(args, fmt.Sprintf("after:%d", id), fmt.Sprintf("after:%q", encodeCursor(id)))
				args = strings.ReplaceAll(args, fmt.Sprintf("before:%d", id), fmt.Sprintf("before:%q", encodeCursor(id)))
			}
			got := execute(t, connectionEngine(t, test.ids, 0), `{projects`+args+`{nodes{id} pageInfo{hasNextPage hasPreviousPage startCursor endCursor} count}}`, nil)
			want := wantedPage(strings.Fields(test.nodes), test.next, test.prev, len(test.ids))
			if !sameJSON(t, got, want) {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

func wantedPage(ids []string, next, previous bool, count int) string {
	nodes := make([]string, len(ids))
	start, end := "null", "null"
	for i, id := range ids {
		nodes[i] = fmt.Sprintf(`{"id":%q}`, id)
		end = fmt.Sprintf("%q", encodeCursor(parseID(id)))
		if i == 0 {
			start = end
		}
	}
	return fmt.Sprintf(`{"data":{"projects":{"nodes":[%s],"pageInfo":{"hasNextPage":%t,"hasPreviousPage":%t,"startCursor":%s,"endCursor":%s},"count":%d}}}`,
		strings.Join(nodes, ","), next, previous, start, end, count)
}

func parseID(text string) (id int64) {
	if _, err := fmt.Sscan(text, &id); err != nil {
		panic(err)
	}
	return id
}

func TestConnectionIsCappedAtTheLargestPage(t *testing.T) {
	t.Parallel()
	ids := make([]int64, 250)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	for _, test := range []struct {
		maxPage int
		args    string
		want    int
	}{{0, "", 100}, {0, "(first:150)", 100}, {200, "(first:500)", 200}, {200, "", 200}, {200, "(last:500)", 200}, {200, "(first:150)", 150}} {
		got := execute(t, connectionEngine(t, ids, test.maxPage), `{projects`+test.args+`{nodes{id} count(limit:120)}}`, nil)
		if count := strings.Count(got, `"id"`); count != test.want {
			t.Errorf("maximum %d, %s: %d nodes, want %d", test.maxPage, test.args, count, test.want)
		}
		if !strings.Contains(got, `"count":121`) {
			t.Errorf("count with a limit of 120 in %.80s", got)
		}
	}
}

func TestConnectionArgumentErrors(t *testing.T) {
	t.Parallel()
	for args, message := range map[string]string{
		`first:1,after:"nonsense!"`:                    "Please provide a valid cursor",
		`first:1,after:"e30"`:                          "Please provide a valid cursor",
		`last:1,before:"bm90IGpzb24"`:                  "Please provide a valid cursor",
		`first:1,last:1`:                               "Can only provide either `first` or `last`, not both",
		`after:"` + encodeCursor(1)[:4] + `",first:1`:  "Please provide a valid cursor",
		`before:"eyJpZCI6Im5vdCBhIG51bWJlciJ9",last:1`: "Please provide a valid cursor",
	} {
		got := execute(t, connectionEngine(t, []int64{1, 2}, 0), `{projects(`+args+`){count nodes{id}}}`, nil)
		column := len(`{projects(`+args+`){count `) + 1
		want := fmt.Sprintf(`{"data":{"projects":{"count":2,"nodes":null}},"errors":[{"message":%q,"locations":[{"line":1,"column":%d}],"path":["projects","nodes"]}]}`, message, column)
		if !sameJSON(t, got, want) {
			t.Errorf("%s: got %s, want %s", args, got, want)
		}
	}
}

func TestConnectionCursors(t *testing.T) {
	t.Parallel()
	if got, want := encodeCursor(7), "eyJpZCI6IjcifQ"; got != want {
		t.Errorf("cursor %s, want %s", got, want)
	}
	for name, items := range map[string][]any{
		"keyed":      {keyedItem(7), keyedItem(9)},
		"global ids": {map[string]any{"id": "gid://gitlab/Project/7"}, map[string]any{"id": "gid://gitlab/Project/9"}},
		"numbers":    {map[string]any{"id": 7}, map[string]any{"id": int64(9)}},
	} {
		if keys := cursorKeys(items); keys[0] != 7 || keys[1] != 9 {
			t.Errorf("%s: keys %v", name, keys)
		}
	}
	if keys := cursorKeys([]any{keyedItem(7), "no key"}); keys[0] != 1 || keys[1] != 2 {
		t.Errorf("positions: %v", keys)
	}
}
