package touchpoint

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"cairncx.dev/cairn/cx/event"
)

// What an error means, and whether the customer is still there.

const (
	// otherError is OpenTelemetry's word for an error without a class of its own.
	otherError = "_OTHER"
	timeout    = "timeout"
)

// presence is whether the customer still waits.
type presence uint8

const (
	waiting presence = iota
	left             // the customer has gone away
	overdue          // the time that they were promised is over
)

// presenceOf asks the customer's own context: that of their request. One that was cancelled because its
// time was over is overdue, however it was cancelled.
func presenceOf(ctx context.Context) presence {
	if ctx == nil || ctx.Err() == nil {
		return waiting
	}
	if timedOut(ctx.Err()) || timedOut(context.Cause(ctx)) {
		return overdue
	}
	return left
}

// maxErrors bounds how many errors in an error are looked at.
const maxErrors = 64

// timedOut reports whether err, or an error in it, is that some time was over.
func timedOut(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, http.ErrHandlerTimeout) {
		return true
	}
	room := maxErrors
	return saysTimeout(err, &room)
}

// saysTimeout asks all errors in err, not only the first that can say: one of several that were joined
// may have timed out.
func saysTimeout(err error, room *int) bool {
	if *room--; err == nil || *room < 0 {
		return false
	}
	if t, ok := err.(interface{ Timeout() bool }); ok && t.Timeout() {
		return true
	}
	switch e := err.(type) { //nolint:errorlint // the walk unwraps
	case interface{ Unwrap() error }:
		return saysTimeout(e.Unwrap(), room)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			if saysTimeout(inner, room) {
				return true
			}
		}
	}
	return false
}

// classify says what err means for a customer whose own context is ctx: cancelled where they have gone
// away, and err is the consequence of that, else failed. An own context that was cancelled is nothing that
// they did. The class is low-cardinality: what the error says itself, "timeout" where some time was
// over, else the type of the innermost error that is more than a text. An error's methods are not ours,
// and may panic.
func classify(ctx context.Context, err error) (o event.Outcome, class string) {
	defer func() {
		if recover() != nil {
			o, class = event.Failed, fmt.Sprintf("%T", err)
		}
	}()
	if p := presenceOf(ctx); p != waiting && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx))) {
		if p == left {
			return event.Cancelled, ""
		}
		return event.Failed, timeout
	}
	var typed interface{ ErrorType() string }
	switch {
	case errors.As(err, &typed):
		return event.Failed, typed.ErrorType()
	case timedOut(err):
		return event.Failed, timeout
	}
	return event.Failed, typeOf(err)
}

// typeOf returns the type of the innermost error that is more than a text.
func typeOf(err error) string {
	class := fmt.Sprintf("%T", err)
	for inner := err; class == "*fmt.wrapError"; class = fmt.Sprintf("%T", inner) {
		if inner = errors.Unwrap(inner); inner == nil {
			break
		}
	}
	switch class {
	case "*errors.errorString", "*errors.joinError", "*fmt.wrapError", "*fmt.wrapErrors":
		return otherError // a text and no more
	}
	return class
}
