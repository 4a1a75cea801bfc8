package contract_test

import (
	"bufio"
	"bytes"
	"os"
	"strings"
	"testing"
)

// Every walk that ever failed is gone again. A line of the file is a walk as TestWalks prints it ("as
// data"), or says in a comment what was wrong with the next.
func TestCorpus(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/walks.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	why, lines := "", bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if comment, is := strings.CutPrefix(line, "#"); is || line == "" {
			why = strings.TrimSpace(comment)
			continue
		}
		wk := decodeWalk(t, []byte(line))
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			if j := walkOn(t, wk); len(j.findings) > 0 {
				t.Errorf("%s\n\n%s\nwhat happened:\n%s", join(j.findings), wk, strings.Join(j.log, "\n"))
			}
		})
	}
}
