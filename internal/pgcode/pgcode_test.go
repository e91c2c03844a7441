package pgcode_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/internal/pgcode"
)

type codeError string

func (e codeError) Error() string { return "the server says " + string(e) }

func codeOf(err error) string {
	if c, ok := errors.AsType[codeError](err); ok {
		return string(c)
	}
	return ""
}

// TestRetry: PostgreSQL's manual (13.5) asks for a repetition after 40001 and 40P01, and after nothing else.
func TestRetry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		answers      []error // the last one is repeated
		calls        int
		want         error
		atOnce       bool
	}{
		{"success", "there is nothing to repeat", []error{nil}, 1, nil, true},
		{"a serialization failure, then success", "the manual asks for it", []error{codeError("40001"), nil}, 2, nil, false},
		{"a deadlock, then success", "the manual asks for it", []error{codeError("40P01"), codeError("40P01"), nil}, 3, nil, false},
		{"another code", "a repetition would end in the same way", []error{codeError("42P01")}, 1, codeError("42P01"), true},
		{"no code", "the transaction may have been committed", []error{errors.ErrUnsupported}, 1, errors.ErrUnsupported, true},
		{"a standby", "each connection of the pool may lead to it", []error{codeError("25006")}, 5, codeError("25006"), true},
		{"a standby, then the primary", "nothing was changed", []error{codeError("25006"), nil}, 2, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls, began := 0, time.Now()
				err := pgcode.Retry(context.Background(), 3, codeOf, func() error {
					calls++
					return c.answers[min(calls, len(c.answers))-1]
				})
				if calls != c.calls || !errors.Is(err, c.want) {
					t.Errorf("%d calls and the error %v, want %d and %v: %s", calls, err, c.calls, c.want, c.reason)
				}
				if took := time.Since(began); (took == 0) != c.atOnce || took > 8*time.Millisecond {
					t.Errorf("it took %v, want at once: %v", took, c.atOnce)
				}
			})
		})
	}
}

// TestRetryEnds: the context ends the repetition, and the error has its cause and the server's.
func TestRetryEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(context.Background(), time.Minute, errors.ErrUnsupported)
		defer cancel()
		calls := 0
		err := pgcode.Retry(ctx, 3, codeOf, func() error { calls++; return codeError("40001") })
		if !errors.Is(err, errors.ErrUnsupported) || codeOf(err) != "40001" {
			t.Errorf("the error is %v, want the cause and the code", err)
		}
		if calls < 240 || calls > 500 { // a pause is 125 to 250 milliseconds, after the first ones
			t.Errorf("%d calls in a minute", calls)
		}
	})
}

// TestCodes: what each code asks for.
func TestCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code, text, remedy string
		stale              bool
	}{
		{code: "25006", remedy: "target_session_attrs", stale: true},
		{code: "57P01", remedy: "stopping or starting", stale: true},
		{code: "57P02", remedy: "stopping or starting", stale: true},
		{code: "57P03", remedy: "stopping or starting", stale: true},
		{code: "26000", remedy: "pool_mode=transaction", stale: true},
		{code: "42P05", remedy: "pool_mode=transaction", stale: true},
		{code: "53300", remedy: "max_connections"},
		{code: "08006", remedy: "connects again", stale: true},
		{code: "08P01", text: "unsupported startup parameter: search_path", remedy: "ignore_startup_parameters", stale: true},
		{code: "", text: "read only connection", remedy: "target_session_attrs"},
		{code: "", text: "server is in hot standby mode", remedy: "target_session_attrs"},
		{code: "", text: "connection refused"},
		{code: "40001"},
		{code: "23505"},
	} {
		if got := pgcode.Stale(c.code); got != c.stale {
			t.Errorf("%q: a connection is stale: %v, want %v", c.code, got, c.stale)
		}
		got := pgcode.Remedy(c.code, errors.New(c.text))
		if !strings.Contains(got, c.remedy) || (got == "") != (c.remedy == "") {
			t.Errorf("%q %q: the remedy is %q, want %q in it", c.code, c.text, got, c.remedy)
		}
	}
	if got := pgcode.Remedy("", nil); got != "" {
		t.Errorf("without an error the remedy is %q, want none", got)
	}
}
