package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

const project = "terraform-provider-jobtoken"

// archive is the form of an archive's name: project, version, operating system, architecture.
var archive = regexp.MustCompile(`^` + project + `_(.+)_([a-z0-9]+)_([a-z0-9]+)\.zip$`)

// needed are platforms without which a release is of no use to most.
var needed = []string{"darwin_arm64", "linux_amd64", "linux_arm64", "windows_amd64"}

// problems tells in what the files of a release do not have the form that the registries read.
// Partial means that only some platforms were built.
func problems(files fs.FS, version string, partial bool) (found []string) {
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	sums, manifest := project+"_"+version+"_SHA256SUMS", project+"_"+version+"_manifest.json"
	listed := map[string]string{}
	text, err := fs.ReadFile(files, sums)
	if err != nil {
		say("no %s: %v", sums, err)
	}
	for line := range strings.Lines(string(text)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || len(sum) != 2*sha256.Size {
			say("%s: %q is no line of sha256sum", sums, line)
		}
		listed[name] = sum
	}
	platforms, err := archives(files, version)
	if err != nil {
		say("%v", err)
	}
	for _, platform := range needed {
		if !partial && !slices.Contains(platforms, platform) {
			say("no archive for %s", platform)
		}
	}
	if len(platforms) == 0 {
		say("no archive of version %s", version)
	}
	wanted := []string{manifest}
	for _, platform := range platforms {
		name := project + "_" + version + "_" + platform + ".zip"
		wanted = append(wanted, name)
		for _, problem := range contents(files, name, version, strings.HasPrefix(platform, "windows_")) {
			say("%s: %s", name, problem)
		}
	}
	for _, name := range wanted {
		content, err := fs.ReadFile(files, name)
		switch sum := fmt.Sprintf("%x", sha256.Sum256(content)); {
		case err != nil:
			say("no %s: %v", name, err)
		case listed[name] == "":
			say("%s has no line for %s", sums, name)
		case listed[name] != sum:
			say("%s has another sum for %s", sums, name)
		}
		delete(listed, name)
	}
	for name := range listed {
		say("%s has a line for %s, which is not released", sums, name)
	}
	if content, err := fs.ReadFile(files, manifest); err == nil {
		if problem := manifested(content); problem != "" {
			say("%s: %s", manifest, problem)
		}
	}
	slices.Sort(found)
	return found
}

// archives gives the platforms of a version's archives.
func archives(files fs.FS, version string) (platforms []string, err error) {
	names, err := fs.Glob(files, "*.zip")
	for _, name := range names {
		parts := archive.FindStringSubmatch(name)
		if parts == nil || parts[1] != version {
			return platforms, fmt.Errorf("%s is not named %s_%s_OS_ARCH.zip", name, project, version)
		}
		platforms = append(platforms, parts[2]+"_"+parts[3])
	}
	return platforms, err
}

// contents tells what is wrong inside an archive.
func contents(files fs.FS, name, version string, windows bool) (found []string) {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return []string{err.Error()}
	}
	opened, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return []string{err.Error()}
	}
	program := project + "_v" + version
	if windows {
		program += ".exe"
	}
	wanted := []string{"CHANGELOG.md", "LICENSE", program}
	var names []string
	for _, file := range opened.File {
		names = append(names, file.Name)
		if file.Name == program && file.Mode().Perm()&0o111 != 0o111 {
			found = append(found, fmt.Sprintf("%s has the mode %s and cannot be run", program, file.Mode()))
		}
		if reader, err := file.Open(); err != nil {
			found = append(found, err.Error())
		} else if _, err := io.Copy(io.Discard, io.LimitReader(reader, 1<<30)); err != nil {
			found = append(found, fmt.Sprintf("%s: %v", file.Name, err))
		}
	}
	if slices.Sort(names); !slices.Equal(names, wanted) {
		found = append(found, fmt.Sprintf("it holds %v, want %v", names, wanted))
	}
	return found
}

// manifested tells what is wrong with the registry's manifest.
func manifested(content []byte) string {
	var manifest struct {
		Version  int
		Metadata struct {
			Protocols []string `json:"protocol_versions"`
		}
	}
	switch err := json.Unmarshal(content, &manifest); {
	case err != nil:
		return err.Error()
	case manifest.Version != 1:
		return fmt.Sprintf("version %d, want 1", manifest.Version)
	case !slices.Equal(manifest.Metadata.Protocols, []string{"6.0"}):
		return fmt.Sprintf("protocols %v, and the provider speaks 6.0", manifest.Metadata.Protocols)
	}
	return ""
}

// differences names the released files in which two builds differ.
func differences(one, other fs.FS) (names []string, err error) {
	all := map[string]bool{}
	for _, files := range []fs.FS{one, other} {
		found, err := fs.Glob(files, project+"_*")
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			info, err := fs.Stat(files, name)
			if err != nil {
				return nil, err
			}
			if info.Mode().IsRegular() {
				all[name] = true
			}
		}
	}
	for name := range all {
		first, err := fs.ReadFile(one, name)
		second, otherErr := fs.ReadFile(other, name)
		if err != nil || otherErr != nil || !bytes.Equal(first, second) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}
