package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Result is one program in one case: the median of its samples.
type Result struct {
	Case    string `json:"case"`
	Variant string `json:"variant"`
	Sample
	Samples []Sample `json:"samples"`
}

// Report is what is written.
type Report struct {
	Time      time.Time `json:"time"`
	Commit    string    `json:"commit"`
	Go        string    `json:"go"`
	Cores     int       `json:"cores"`
	LatencyMS int64     `json:"latency_ms"`
	Runs      int       `json:"runs"`
	Results   []Result  `json:"results"`
}

func newReport(ctx context.Context, o options) *Report {
	commit, _ := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output() // none outside a clone
	return &Report{
		Time: time.Now().UTC(), Commit: strings.TrimSpace(string(commit)), Go: runtime.Version(), Cores: runtime.NumCPU(),
		LatencyMS: o.latency.Milliseconds(), Runs: o.runs,
	}
}

func (r *Report) write(file string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o600) //nolint:gosec // where its user wants it
}

func (r *Report) about() string {
	return fmt.Sprintf("%s, %s, %d cores, %d ms of latency, medians of %d", r.Commit, r.Go, r.Cores, r.LatencyMS, r.Runs)
}

// median takes each number's own.
func median(samples []Sample) Sample {
	of := func(number func(Sample) float64) float64 {
		numbers := make([]float64, len(samples))
		for i, s := range samples {
			numbers[i] = number(s)
		}
		slices.Sort(numbers)
		middle := len(numbers) / 2
		if len(numbers)%2 == 0 {
			return (numbers[middle-1] + numbers[middle]) / 2
		}
		return numbers[middle]
	}
	return Sample{
		Requests: int(of(func(s Sample) float64 { return float64(s.Requests) })),
		CLI: Usage{
			Wall:   of(func(s Sample) float64 { return s.CLI.Wall }),
			CPU:    of(func(s Sample) float64 { return s.CLI.CPU }),
			Memory: of(func(s Sample) float64 { return s.CLI.Memory }),
		},
		Provider: Usage{
			CPU:    of(func(s Sample) float64 { return s.Provider.CPU }),
			Memory: of(func(s Sample) float64 { return s.Provider.Memory }),
		},
	}
}

// table has a line for each result, and how its time compares with the others of its case.
func table(results []Result) []string {
	lines := []string{
		"| case | with | requests | wall s | CPU s: CLI | provider | peak MB: CLI | provider | wall to floor | to official |",
		"|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
	}
	for _, r := range results {
		ratio := func(variant string) string {
			i := slices.IndexFunc(results, func(other Result) bool { return other.Case == r.Case && other.Variant == variant })
			if i < 0 || variant == r.Variant || r.Variant == officialVariant {
				return ""
			}
			return fmt.Sprintf("%.2f", r.CLI.Wall/results[i].CLI.Wall)
		}
		lines = append(lines, fmt.Sprintf("| %s | %s | %d | %.2f | %s | %s | %s | %s | %s | %s |",
			r.Case, r.Variant, r.Requests, r.CLI.Wall, number("%.2f", r.CLI.CPU), number("%.2f", r.Provider.CPU),
			number("%.0f", r.CLI.Memory), number("%.0f", r.Provider.Memory), ratio(floorVariant), ratio(officialVariant)))
	}
	return lines
}

// number is empty for what was not measured.
func number(format string, n float64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(format, n)
}
