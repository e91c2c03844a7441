package eventlog_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

// TestLooksNoFurther: a log that is out of order in its second row is not looked through to its end, whether the
// form of its times was said or found.
func TestLooksNoFurther(t *testing.T) {
	t.Parallel()
	const rows = 50_000
	for _, tt := range []struct {
		name, beginning string
		format          *eventlog.TimeFormat
		looks           bool // to the end
	}{
		{"out of order, said", "a,x,1600000002\na,x,1600000001\n", unixTimes(t), false},
		{"out of order, found", "a,x,1600000002\na,x,1600000001\n", nil, false},
		{"in order, said", "a,x,1600000001\na,x,1600000002\n", unixTimes(t), true},
		{"in order, found", "a,x,1600000001\na,x,1600000002\n", nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			looked := 0
			cfg := eventlog.Config{Columns: columns, TimeFormat: tt.format, Dir: t.TempDir(), Progress: func(doing string, _, _ int64) {
				if strings.HasPrefix(doing, "Checking the order") {
					looked++
				}
			}}
			log := "case,what,when\n" + tt.beginning + strings.Repeat("b,y,1600000003\n", rows)
			l, err := eventlog.Open(t.Context(), cfg, []string{write(t, "log.csv", log)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			if (looked > 0) != tt.looks {
				t.Errorf("the check of the order reported progress %d times, want some: %v", looked, tt.looks)
			}
		})
	}
}

// TestStoppedWhileFull: a reader that comes back when the context was cancelled meanwhile gets what was handed over
// before, and then why it was stopped. All rows that there was room for were handed over: reading waits.
func TestStoppedWhileFull(t *testing.T) {
	t.Parallel()
	file := write(t, "log.csv", "case,what,when\n"+strings.Repeat("a,x,1\n", 50_000))
	format := unixTimes(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		l, err := eventlog.Open(ctx, eventlog.Config{TimeFormat: format, Columns: columns}, []string{file}, nil)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // until reading waits for room
		why := errors.New("the user has had enough")
		cancel(why)
		synctest.Wait() // until it has stopped
		rows := 0
		for err == nil {
			if _, err = l.Next(0); err == nil {
				rows++
			}
		}
		if !errors.Is(err, why) || errors.Is(err, io.EOF) || rows == 0 || rows >= 50_000 {
			t.Errorf("%d rows and %v, want some, and %v", rows, err, why)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}
