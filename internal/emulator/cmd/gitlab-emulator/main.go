// Command gitlab-emulator serves the embedded GitLab alone. When it is ready it
// prints one JSON line, {"base_url", "admin_token", "tokens"}, and serves until
// SIGINT or SIGTERM.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "gitlab-emulator:", err)
		os.Exit(1)
	}
}

type announcement struct {
	BaseURL    string            `json:"base_url"`
	AdminToken string            `json:"admin_token"`
	Tokens     map[string]string `json:"tokens"`
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	address, options, err := parse(args, stderr)
	if err != nil {
		return err
	}
	server, err := emulator.StartAt(address, options)
	if err != nil {
		return err
	}
	defer server.Close()
	line := announcement{BaseURL: server.URL(), AdminToken: server.AdminToken(), Tokens: server.Tokens()}
	if err := json.NewEncoder(stdout).Encode(line); err != nil {
		return fmt.Errorf("announce the server: %w", err)
	}
	<-ctx.Done()
	return nil
}

func parse(args []string, stderr io.Writer) (address string, options emulator.Options, err error) {
	flags := flag.NewFlagSet("gitlab-emulator", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&address, "listen", "127.0.0.1:0", "`address` to serve at")
	flags.StringVar(&options.Version, "version", "", "GitLab `version` to be, such as 19.4 (default the newest known)")
	flags.Func("flip", "facts nobody is sure of to have the other way round, by `name`, joined by commas; all for all that can be at once", func(names string) error {
		options.Flip = append(options.Flip, strings.Split(names, ",")...)
		return nil
	})
	flags.StringVar(&options.Seed, "seed", "empty", "what the instance holds: empty, acme or estate:PxE (P projects with E entries each)")
	flags.DurationVar(&options.Latency, "latency", 0, "time added to each request")
	flags.DurationVar(&options.CostPerProject, "cost-per-project", 0, "time added for each project a request reads")
	flags.DurationVar(&options.CostPerEntry, "cost-per-entry", 0, "time added for each allowlist entry a request reads")
	flags.DurationVar(&options.AuthLogDelay, "auth-log-delay", 0, "time until the authentication log shows a use of a job token")
	flags.IntVar(&options.RateLimit, "rate-limit", 0, "API requests a minute and caller before 429; 0 is no limit")
	allowRemote := flags.Bool("allow-remote", false, "permit a -listen address that other hosts can reach")
	if err := flags.Parse(args); err != nil {
		return "", options, err
	}
	if flags.NArg() > 0 {
		return "", options, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if !*allowRemote && !isLoopback(address) {
		return "", options, fmt.Errorf("%s can be reached from other hosts: add -allow-remote to mean it", address)
	}
	return address, options, nil
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
