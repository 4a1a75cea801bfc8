package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// loopback is a free port that only this machine reaches.
const loopback = "127.0.0.1:0"

// Start makes a GitLab that serves at a free port of the loopback address until Close.
func Start(options Options) (*Server, error) { return StartAt(loopback, options) }

// StartAt is [Start] at another address.
func StartAt(address string, options Options) (*Server, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen at %s: %w", address, err)
	}
	options.URL = "http://" + listener.Addr().String()
	s, err := New(options)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s.stopListening = serve(s, listener)
	return s, nil
}

// serve serves until stop is called, which cuts the requests under way.
func serve(handler http.Handler, listener net.Listener) (stop func()) {
	base, cancel := context.WithCancel(context.Background())
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return base },
	}
	var done sync.WaitGroup
	done.Go(func() { _ = server.Serve(listener) }) // always ends with ErrServerClosed, by stop
	return func() {
		cancel()
		_ = server.Close() // there is nothing to do about a listener that does not close
		done.Wait()
	}
}
