// Command demo walks a reader through the provider with the real Terraform CLI and an embedded
// GitLab, in a temporary folder that it removes at the end.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	stage, err := setUp(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stage.clear()) }()
	for _, scene := range scenes {
		if err := stage.play(ctx, scene); err != nil {
			return err
		}
	}
	return nil
}
