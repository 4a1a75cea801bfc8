package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	// gitlab are arguments of the embedded GitLab.
	gitlab []string
	// config is what the CLI works on; floor is terraform_data with the same, if that says something.
	config, floor string
	// imports is what brings the state in; without it the configuration is applied.
	imports string
	// official replays the official provider's calls; none where there is nothing to compare.
	official func(context.Context, *gitlab) (Sample, error)
	// args is the measured command.
	args []string
}

// The programs that a case is measured with.
const (
	oursVariant     = "provider"
	baseVariant     = "base"
	floorVariant    = "floor"
	officialVariant = "official order"
)

// measure prepares a case and takes alternating samples of it.
func (b *bench) measure(ctx context.Context, c benchmark) ([]Result, error) {
	g, err := b.gitlab(ctx, c.gitlab...)
	if err != nil {
		return nil, err
	}
	defer g.close()
	variants, err := b.variants(ctx, g, c)
	if err != nil {
		return nil, err
	}
	samples := make([][]Sample, len(variants))
	for range b.runs {
		for i, v := range variants {
			sample, err := v.run(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", v.name, err)
			}
			samples[i] = append(samples[i], sample)
		}
	}
	results := make([]Result, len(variants))
	for i, v := range variants {
		results[i] = Result{Case: c.name, Variant: v.name, Sample: median(samples[i]), Samples: samples[i]}
	}
	return results, nil
}

// variant is one way to do a case.
type variant struct {
	name string
	run  func(context.Context) (Sample, error)
}

func (b *bench) variants(ctx context.Context, g *gitlab, c benchmark) ([]variant, error) {
	var variants []variant
	add := func(name, provider, config, imports string, args []string) error {
		w, err := b.prepared(ctx, g, provider, config, imports)
		if err != nil {
			return fmt.Errorf("prepare %s: %w", name, err)
		}
		variants = append(variants, variant{name, func(ctx context.Context) (Sample, error) { return w.run(ctx, args...) }})
		return nil
	}
	if c.floor != "" {
		if err := add(floorVariant, b.provider, c.floor, "", c.args); err != nil {
			return nil, err
		}
	}
	if c.official != nil {
		variants = append(variants, variant{officialVariant, func(ctx context.Context) (Sample, error) { return c.official(ctx, g) }})
	}
	if b.base != "" {
		if err := add(baseVariant, b.base, c.config, c.imports, c.args); err != nil {
			return nil, err
		}
	}
	err := add(oursVariant, b.provider, c.config, c.imports, c.args)
	return variants, err
}

// prepared is a folder in which the configuration is applied.
func (b *bench) prepared(ctx context.Context, g *gitlab, provider, config, imports string) (*workspace, error) {
	w, err := b.workspace(g, provider)
	if err != nil {
		return nil, err
	}
	if err := w.write("main.tf", config); err != nil {
		return nil, err
	}
	if err := w.write("imports.tf", imports); err != nil {
		return nil, err
	}
	if _, err := w.run(ctx, "apply", "-auto-approve", "-parallelism=50"); err != nil {
		return nil, err
	}
	return w, os.Remove(filepath.Join(w.dir, "imports.tf"))
}
