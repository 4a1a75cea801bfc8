// Command bench measures what the provider costs: requests, time, processor and memory of plans and
// applies with the real CLI on the embedded GitLab, beside the floor (terraform_data holding the same)
// and the official provider's order of calls. It prints a table and writes build/bench.json.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 3 && os.Args[1] == wrapped {
		os.Exit(wrap(os.Args[2], os.Args[3:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are what a run is asked for.
type options struct {
	only    *regexp.Regexp
	runs    int
	latency time.Duration
	base    string
	out     string
}

func parse(args []string) (o options, list bool, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := flags.String("case", "", "only cases whose name matches this `expression`")
	flags.BoolVar(&list, "list", false, "only print the names of the cases")
	flags.IntVar(&o.runs, "runs", 3, "runs of each case; medians are told")
	flags.DurationVar(&o.latency, "latency", 100*time.Millisecond, "what the embedded GitLab adds to each request")
	flags.StringVar(&o.base, "base", "", "another build of the provider (`path`) to measure in the same runs")
	flags.StringVar(&o.out, "out", filepath.Join("build", "bench.json"), "`file` for the results")
	if err := flags.Parse(args); err != nil {
		return o, false, err
	}
	if flags.NArg() > 0 {
		return o, false, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.runs < 1 {
		return o, false, fmt.Errorf("-runs=%d: one at least", o.runs)
	}
	o.only, err = regexp.Compile(*only)
	return o, list, err
}

func run(ctx context.Context, args []string) (err error) {
	o, list, err := parse(args)
	if err != nil {
		return err
	}
	var chosen []benchmark
	for _, c := range cases() {
		if o.only.MatchString(c.name) {
			chosen = append(chosen, c)
		}
	}
	if list {
		for _, c := range chosen {
			fmt.Println(c.name)
		}
		return nil
	}
	if len(chosen) == 0 {
		return fmt.Errorf("no case matches %q; -list prints them", o.only)
	}
	b := bench{options: o}
	if b.folder, err = os.MkdirTemp("", "jobtoken-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.folder)) }()
	if err := b.build(ctx); err != nil {
		return err
	}
	report := newReport(ctx, o)
	for _, c := range chosen {
		results, err := b.measure(ctx, c)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		report.Results = append(report.Results, results...)
		fmt.Println(strings.Join(table(results), "\n"))
		if err := report.write(o.out); err != nil {
			return err
		}
	}
	fmt.Printf("\n%s\n%s\n", report.about(), strings.Join(table(report.Results), "\n"))
	return nil
}
