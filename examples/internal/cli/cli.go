package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes.
const (
	Success     = 0
	Failure     = 1
	Misuse      = 2
	Interrupted = 130 // as shells have it for an interrupt
)

// Code returns the exit code of a program that ends with err.
func Code(err error) int {
	var usage *UsageError
	switch {
	case err == nil:
		return Success
	case errors.As(err, &usage):
		return Misuse
	case errors.Is(err, context.Canceled):
		return Interrupted
	}
	return Failure
}

// A UsageError tells that the command line was not understood.
type UsageError struct{ text string }

// Usage returns a *UsageError.
func Usage(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// Error implements error.
func (e *UsageError) Error() string { return e.text }

// Stopped returns an error that tells what an interrupt left. It is
// context.Canceled.
func Stopped(format string, args ...any) error { return &stopped{fmt.Sprintf(format, args...)} }

type stopped struct{ text string }

func (e *stopped) Error() string { return e.text }
func (e *stopped) Unwrap() error { return context.Canceled }

// Interruptible returns a context that an interrupt ends. A second one ends the
// program at once.
func Interruptible() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
}
