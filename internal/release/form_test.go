package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// released makes a release that has the right form, once spoil has had its way with it before the sums are
// written, and after with them written.
func released(t *testing.T, spoil, after func(fstest.MapFS)) fstest.MapFS {
	t.Helper()
	manifest, err := os.ReadFile("../../terraform-registry-manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{project + "_1.2.3_manifest.json": {Data: manifest}}
	for _, platform := range needed {
		program := project + "_v1.2.3"
		if strings.HasPrefix(platform, "windows") {
			program += ".exe"
		}
		files[project+"_1.2.3_"+platform+".zip"] = zipped(t, 0o755, "LICENSE", "CHANGELOG.md", program)
	}
	if spoil != nil {
		spoil(files)
	}
	var sums strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(files[name].Data), name)
	}
	files[project+"_1.2.3_SHA256SUMS"] = &fstest.MapFile{Data: []byte(sums.String())}
	if after != nil {
		after(files)
	}
	return files
}

func zipped(t *testing.T, mode fs.FileMode, names ...string) *fstest.MapFile {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		header := &zip.FileHeader{Name: name}
		header.SetMode(mode)
		file, err := w.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = file.Write([]byte(name))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: b.Bytes()}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	const linux, sums, manifest = project + "_1.2.3_linux_amd64.zip", project + "_1.2.3_SHA256SUMS", project + "_1.2.3_manifest.json"
	cases := map[string]struct {
		spoil, after func(fstest.MapFS)
		want         string
	}{
		"as it should be":           {nil, nil, ""},
		"a platform is missing":     {func(f fstest.MapFS) { delete(f, linux) }, nil, "no archive for linux_amd64"},
		"a program of another name": {func(f fstest.MapFS) { f[linux] = zipped(t, 0o755, "LICENSE", "CHANGELOG.md", project) }, nil, "it holds"},
		"a file too many": {func(f fstest.MapFS) {
			f[linux] = zipped(t, 0o755, "LICENSE", "CHANGELOG.md", project+"_v1.2.3", "README.md")
		}, nil, "it holds"},
		"a program that cannot run":  {func(f fstest.MapFS) { f[linux] = zipped(t, 0o644, "LICENSE", "CHANGELOG.md", project+"_v1.2.3") }, nil, "cannot be run"},
		"an archive of another name": {func(f fstest.MapFS) { f[project+"-1.2.3-linux.zip"] = f[linux] }, nil, "is not named"},
		"no archive at all":          {nil, func(f fstest.MapFS) { f[linux] = &fstest.MapFile{Data: []byte("PK")} }, "not a valid zip"},
		"another sum":                {nil, func(f fstest.MapFS) { f[linux] = zipped(t, 0o755, "LICENSE", "CHANGELOG.md", project+"_v1.2.3", "x") }, "another sum"},
		"no sums":                    {nil, func(f fstest.MapFS) { delete(f, sums) }, "no " + sums},
		"a line too many":            {nil, func(f fstest.MapFS) { f[sums].Data = append(f[sums].Data, strings.Repeat("0", 64)+"  more.zip\n"...) }, "which is not released"},
		"another form of sums":       {nil, func(f fstest.MapFS) { f[sums].Data = []byte("MD5 (x) = y\n") }, "is no line of sha256sum"},
		"no manifest":                {func(f fstest.MapFS) { delete(f, manifest) }, nil, "no " + manifest},
		"a manifest without a sum": {nil, func(f fstest.MapFS) {
			f[sums].Data = bytes.ReplaceAll(f[sums].Data, []byte("manifest"), []byte("other"))
		}, "no line for " + manifest},
		"another protocol": {func(f fstest.MapFS) {
			f[manifest].Data = bytes.ReplaceAll(f[manifest].Data, []byte("6.0"), []byte("5.0"))
		}, nil, "speaks 6.0"},
		"another manifest": {func(f fstest.MapFS) { f[manifest].Data = []byte(`{"version":2}`) }, nil, "version 2"},
		"no JSON":          {func(f fstest.MapFS) { f[manifest].Data = []byte("6.0") }, nil, "cannot unmarshal"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(problems(released(t, c.spoil, c.after), "1.2.3", false), "\n")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestProblems_partial(t *testing.T) {
	t.Parallel()
	files := released(t, func(f fstest.MapFS) { delete(f, project+"_1.2.3_darwin_arm64.zip") }, nil)
	if got := problems(files, "1.2.3", true); len(got) > 0 {
		t.Errorf("got %q", got)
	}
	if got := problems(fstest.MapFS{}, "1.2.3", true); len(got) == 0 {
		t.Error("a folder without anything passes")
	}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	one := released(t, nil, nil)
	for name, c := range map[string]struct {
		spoil func(fstest.MapFS)
		want  []string
	}{
		"the same":        {nil, nil},
		"a missing one":   {func(f fstest.MapFS) { delete(f, project+"_1.2.3_linux_arm64.zip") }, []string{project + "_1.2.3_linux_arm64.zip"}},
		"another content": {func(f fstest.MapFS) { f[project+"_1.2.3_SHA256SUMS"].Data = nil }, []string{project + "_1.2.3_SHA256SUMS"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := differences(one, released(t, nil, c.spoil))
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %q (%v), want %q", got, err, c.want)
			}
		})
	}
}
