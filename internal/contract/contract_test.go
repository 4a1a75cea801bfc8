package contract_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

var (
	walks   = flag.Int("walks", 25, "how many walks to go")
	seed    = flag.Uint64("seed", 1, "seed of the first walk; each further one has the next number")
	breaks  = flag.Bool("breakages", false, "break the provider on purpose, in many ways")
	verbose = flag.Bool("tell", false, "tell what happened in each walk")
	small   = flag.Bool("shrink", true, "make the first walk that fails before each judge small")
	each    = flag.Bool("each", false, "make every walk that fails small")
	plain   = flag.Bool("plain", false, "leave replacements out of the walks, so that other failures are seen beside theirs")
	seeds   = flag.String("cli", "2,5,8", "seeds of the walks through the real CLI")
	most    = flag.Int("failures", 10, "stop after so many walks that fail")
)

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	acctest.RemoveBinary()
	os.Exit(code)
}

// Every walk is gone; one that fails is shrunk and printed.
func TestWalks(t *testing.T) { //nolint:paralleltest // its walks take all cores
	began := time.Now()
	var next, gone, failed atomic.Uint64
	next.Store(*seed)
	var mu sync.Mutex
	kinds := map[string]uint64{}
	var all sync.WaitGroup
	const sideBySide = 6 // to a core: a walk waits for answers most of its time
	for range sideBySide * runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for {
				number := next.Add(1) - 1
				if number >= *seed+uint64(*walks) || failed.Load() >= uint64(*most) { //nolint:gosec // flags
					return
				}
				wk := generate(t, number)
				if *plain {
					wk = wk.withoutReplacements()
				}
				j := walkOn(t, wk)
				gone.Add(1)
				if *verbose {
					fmt.Printf("seed %d\n%s\n%s\n", number, wk, strings.Join(j.log, "\n"))
				}
				if len(j.findings) == 0 {
					continue
				}
				failed.Add(1)
				mu.Lock()
				kind := j.findings[0].judge
				_, seen := kinds[kind]
				kinds[kind]++
				mu.Unlock()
				if seen && *walks > 1 && !*each || !*small {
					t.Errorf("-seed=%d: %s", number, j.findings[0]) // the same judge has had a walk shrunk
					continue
				}
				report(t, number, wk, j)
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	fmt.Printf("%d walks in %s, %.1f a second; %d failed: %v\n", gone.Load(), took.Round(time.Millisecond), float64(gone.Load())/took.Seconds(), failed.Load(), kinds)
}

// report prints a failing walk as small as it gets.
func report(t *testing.T, number uint64, wk walk, j *journey) {
	t.Helper()
	small, again := shrink(t, wk, j)
	t.Errorf("-seed=%d: %s\n\nkind: %s\n\n%s\nas data: %s\n\nwhat happened:\n%s", number, join(again.findings), again.kind(small), small, small.encode(t), strings.Join(again.log, "\n"))
}

func join(findings []finding) string {
	var texts []string
	for _, f := range findings {
		texts = append(texts, f.String())
	}
	slices.Sort(texts)
	return strings.Join(slices.Compact(texts), "\n")
}
