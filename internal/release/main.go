// Command release says whether the files of a release have the form that the registries of Terraform and
// OpenTofu read, and whether two builds of it are the same to the byte:
//
//	go run ./internal/release [-partial] VERSION FOLDER [FOLDER]
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	partial := flag.Bool("partial", false, "only some platforms were built")
	flag.Parse()
	if flag.NArg() < 2 || flag.NArg() > 3 {
		fmt.Fprintln(os.Stderr, "go run ./internal/release [-partial] VERSION FOLDER [FOLDER]")
		os.Exit(2)
	}
	version, folder := flag.Arg(0), os.DirFS(flag.Arg(1))
	failed := false
	for _, problem := range problems(folder, version, *partial) {
		failed = true
		fmt.Fprintln(os.Stderr, problem)
	}
	if flag.NArg() == 3 {
		names, err := differences(folder, os.DirFS(flag.Arg(2)))
		if err != nil {
			names = append(names, err.Error())
		}
		for _, name := range names {
			failed = true
			fmt.Fprintln(os.Stderr, "two builds differ in", name)
		}
	}
	if failed {
		os.Exit(1)
	}
	platforms, err := archives(folder, version)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("%d archives of version %s, checksums and manifest have the registries' form.\n", len(platforms), version)
	if flag.NArg() == 3 {
		fmt.Println("A second build in another folder, without the first one's cache, gave the same bytes.")
	}
}
