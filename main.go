// Command terraform-provider-jobtoken is the Terraform provider that manages who may reach a GitLab
// project with a CI/CD job token.
package main

import (
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/provider"
)

// version is set by the linker in a release.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "wait for a debugger and print how to attach Terraform to this process")
	flag.Parse()
	server, err := provider.NewServer(version)()
	if err != nil {
		log.Fatal(err)
	}
	var options []tf6server.ServeOpt
	if *debug {
		options = append(options, tf6server.WithManagedDebug())
	}
	if err := tf6server.Serve(provider.Address, func() tfprotov6.ProviderServer { return server }, options...); err != nil {
		log.Fatal(err)
	}
}
