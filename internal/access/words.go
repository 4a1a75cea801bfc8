package access

import (
	"fmt"
	"strings"
)

// Sentence is the decision in one sentence, for who reads the log of a failed job.
func Sentence(f Facts, operation Operation, decision Decision) string {
	d := &deciding{Facts: &f, operation: operation}
	asked := fmt.Sprintf("a job of %s, started by %s, may %s %s", f.From.Path, d.user(), operation.Title, f.To.Path)
	switch decision.Outcome {
	case Allowed:
		return upperFirst(asked) + "."
	case Denied:
		failed, _ := decision.Failed()
		return fmt.Sprintf("A job of %s, started by %s, may not %s %s because of %s: %s.", f.From.Path, d.user(), operation.Title, f.To.Path, failed.Looked, failed.Found)
	case Undecided:
	}
	return fmt.Sprintf("Whether %s cannot be known without %s.", asked, strings.Join(decision.Missing(), ", and "))
}
