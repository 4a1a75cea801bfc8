// Command terraform-provider-jobtoken is the Terraform provider that manages who may reach a GitLab
// project with a CI/CD job token.
package main

import (
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/provider"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/verbosity"
)

// version is set by the linker in a release.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "wait for a debugger and print how to attach Terraform to this process")
	flag.Parse()
	if err := serve(*debug); err != nil {
		log.Fatal(err)
	}
}

func serve(debug bool) error {
	limit, err := verbosity.Limit()
	if err != nil {
		return err
	}
	options := []tf6server.ServeOpt{limit}
	if debug {
		options = append(options, tf6server.WithManagedDebug())
	}
	return tf6server.Serve(provider.Address, provider.Server(version), options...)
}
