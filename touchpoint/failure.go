package touchpoint

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"cairncx.dev/cairn/cx/event"
)

const (
	// otherError is the value that OpenTelemetry's conventions give to an error without a class.
	otherError = "_OTHER"
	timeout    = "timeout"
)

// presence says whether the customer still waits for the answer.
type presence uint8

const (
	waiting presence = iota
	left             // the customer has gone away
	overdue          // the deadline of the request has passed
)

// presenceOf returns the presence that the context of the request shows. A context that was cancelled because a deadline had
// passed is overdue, also where the cancellation hides the deadline.
func presenceOf(ctx context.Context) presence {
	if ctx == nil || ctx.Err() == nil {
		return waiting
	}
	if timedOut(ctx.Err()) || timedOut(context.Cause(ctx)) {
		return overdue
	}
	return left
}

// maxErrors is how many errors within one error timedOut looks at.
const maxErrors = 64

// timedOut reports whether err, or an error in it, is a timeout.
func timedOut(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, http.ErrHandlerTimeout) {
		return true
	}
	room := maxErrors
	return saysTimeout(err, &room)
}

// saysTimeout asks every error in err, because one of several joined errors may be a timeout.
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

// classify returns the outcome and the error class of an interaction that failed with err. Ctx is the context of the customer's
// request. The outcome is cancelled where the customer has gone away and err is a consequence of that, else failed.
//
// The class has a low cardinality: the result of the error's method ErrorType, else "timeout" for a timeout, else the type of
// the innermost error that is more than a text. A method of the error may panic: the class is the type then.
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
