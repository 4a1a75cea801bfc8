package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// bench is one run of the command.
type bench struct {
	options

	folder                   string
	self, provider, emulator string
}

func (b *bench) build(ctx context.Context) (err error) {
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	b.provider, b.emulator = filepath.Join(b.folder, "terraform-provider-jobtoken"), filepath.Join(b.folder, "gitlab-emulator")
	for output, source := range map[string]string{b.provider: ".", b.emulator: "./internal/emulator/cmd/gitlab-emulator"} {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", output, source) //nolint:gosec // a fixed command
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("go build %s: %w\n%s", source, err, text)
		}
	}
	if b.base != "" {
		b.base, err = filepath.Abs(b.base)
	}
	return err
}

// benchmark is a case.
type benchmark struct {
	name string
	// gitlab are arguments of the embedded GitLab; plant adds what its seeds do not have.
	gitlab []string
	plant  func(context.Context, *gitlab) error
	// config is what the CLI works on; floor is terraform_data with the same, if that says something.
	config, floor string
	// imports is what brings the state in; without it the configuration is applied.
	imports string
	// empty means that the first step finds no state.
	empty bool
	// official replays the official provider's calls; none where there is nothing to compare.
	official func(context.Context, *gitlab) (Sample, error)
	// steps are measured one after the other, anew with each run if one of them writes.
	steps []step
}

// step is a measured command.
type step struct {
	// name tells the steps of a case apart.
	name string
	args []string
	// before is done first, and not measured; config replaces the configuration.
	before func(context.Context, *gitlab) error
	config string
	writes bool
}

// The programs that a case is measured with.
const (
	oursVariant     = "provider"
	baseVariant     = "base"
	floorVariant    = "floor"
	officialVariant = "official order"
)

// measure takes alternating samples of a case.
func (b *bench) measure(ctx context.Context, c benchmark) ([]Result, error) {
	variants := b.variants(c)
	samples := map[string][]Sample{}
	var shared *stage
	for range b.runs {
		s := shared
		if s == nil {
			var err error
			if s, err = b.stage(ctx, c); err != nil {
				return nil, err
			}
			defer s.close()
		}
		if !c.writes() {
			shared = s // what only reads finds it as it was
		}
		for _, v := range variants {
			if err := b.sample(ctx, s, v, c, samples); err != nil {
				return nil, fmt.Errorf("%s: %w", v.name, err)
			}
		}
		if c.writes() {
			s.close()
		}
	}
	var results []Result
	for _, name := range c.names() {
		for _, v := range variants {
			if taken := samples[name+v.name]; taken != nil {
				results = append(results, Result{Case: name, Variant: v.name, Sample: median(taken), Samples: taken})
			}
		}
	}
	return results, nil
}

func (c benchmark) writes() bool {
	return slices.ContainsFunc(c.steps, func(s step) bool { return s.writes || s.before != nil })
}

func (c benchmark) stepName(s step) string { return strings.TrimSpace(c.name + " " + s.name) }

func (c benchmark) names() (names []string) {
	for _, s := range c.steps {
		names = append(names, c.stepName(s))
	}
	return names
}

// variant is one way to do a case.
type variant struct {
	name, provider, config, imports string
	replay                          func(context.Context, *gitlab) (Sample, error)
}

func (b *bench) variants(c benchmark) (all []variant) {
	if c.floor != "" {
		all = append(all, variant{name: floorVariant, provider: b.provider, config: c.floor})
	}
	if c.official != nil {
		all = append(all, variant{name: officialVariant, replay: c.official})
	}
	if b.base != "" {
		all = append(all, variant{name: baseVariant, provider: b.base, config: c.config, imports: c.imports})
	}
	return append(all, variant{name: oursVariant, provider: b.provider, config: c.config, imports: c.imports})
}

// stage is where a case is done: a GitLab for all that only reads, and one for each variant that writes.
type stage struct {
	gitlabs map[string]*gitlab
	folders map[string]*workspace
}

func (b *bench) stage(ctx context.Context, c benchmark) (s *stage, err error) {
	s = &stage{map[string]*gitlab{}, map[string]*workspace{}}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	for _, v := range b.variants(c) {
		key := ""
		if c.writes() {
			key = v.name
		}
		if s.gitlabs[key] == nil {
			if s.gitlabs[key], err = b.gitlab(ctx, c.gitlab...); err != nil {
				return s, err
			}
			if c.plant != nil {
				if err := c.plant(ctx, s.gitlabs[key]); err != nil {
					return s, err
				}
			}
		}
		s.gitlabs[v.name] = s.gitlabs[key]
		if v.replay != nil {
			continue
		}
		if s.folders[v.name], err = b.prepared(ctx, s.gitlabs[key], v, c.empty); err != nil {
			return s, fmt.Errorf("prepare %s: %w", v.name, err)
		}
	}
	return s, nil
}

func (s *stage) close() {
	closed := map[*gitlab]bool{}
	for _, g := range s.gitlabs {
		if !closed[g] {
			g.close()
			closed[g] = true
		}
	}
	s.gitlabs = nil
}

// sample does the steps of a case once.
func (b *bench) sample(ctx context.Context, s *stage, v variant, c benchmark, samples map[string][]Sample) error {
	for i, st := range c.steps {
		if v.replay != nil && i > 0 {
			return nil // the replay stands for the first step alone
		}
		name, g := c.stepName(st)+v.name, s.gitlabs[v.name]
		if st.before != nil {
			if err := st.before(ctx, g); err != nil {
				return err
			}
		}
		var sample Sample
		var err error
		if v.replay != nil {
			sample, err = v.replay(ctx, g)
		} else {
			w := s.folders[v.name]
			if st.config != "" {
				if err := w.write("main.tf", st.config); err != nil {
					return err
				}
			}
			sample, err = w.run(ctx, st.args...)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.stepName(st), err)
		}
		samples[name] = append(samples[name], sample)
	}
	return nil
}

// prepared is a folder in which the configuration is applied, unless the case begins with nothing.
func (b *bench) prepared(ctx context.Context, g *gitlab, v variant, empty bool) (*workspace, error) {
	w, err := b.workspace(g, v.provider)
	if err != nil {
		return nil, err
	}
	if err := w.write("main.tf", v.config); err != nil || empty {
		return w, err
	}
	if err := w.write("imports.tf", v.imports); err != nil {
		return nil, err
	}
	if _, err := w.run(ctx, "apply", "-auto-approve", "-parallelism=50"); err != nil {
		return nil, err
	}
	return w, os.Remove(filepath.Join(w.dir, "imports.tf"))
}
