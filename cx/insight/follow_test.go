package insight_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// shaky is a source whose scans fail as the list says; after its end they succeed.
type shaky struct {
	memory

	fails []error
	scans []time.Time
}

func (s *shaky) Scan(ctx context.Context, scan event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	s.scans = append(s.scans, time.Now())
	if n := len(s.scans) - 1; n < len(s.fails) && s.fails[n] != nil {
		return scan.Since, s.fails[n]
	}
	return s.memory.Scan(ctx, scan, each)
}

// TestFollow looks at when a table is loaded: at once, every two seconds, less often while it fails, and as before afterwards.
func TestFollow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("the archive is down")
		m := &shaky{memory: memory{events: promised(0, 10)}, fails: []error{nil, down, down, down, down, down, down, nil}}
		table, err := insight.New(tickets())
		if err != nil {
			t.Fatal(err)
		}
		if l := table.Loads(); l != (insight.Loads{}) {
			t.Errorf("before the first load: %+v", l)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended, told := make(chan error, 1), 0
		begun := time.Now()
		go func() { ended <- table.Follow(ctx, m, 2*time.Second, func(error) { told++ }) }()
		synctest.Wait()
		if l := table.Loads(); !l.Read.Equal(begun) || l.Err != nil || l.Failures != 0 {
			t.Errorf("after the first load: %+v", l)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if l := table.Loads(); !l.Read.Equal(begun) || !errors.Is(l.Err, down) || l.Failures != 2 || !l.Failed.Equal(begun.Add(6*time.Second)) {
			t.Errorf("after two failures: %+v", l)
		}
		if o, err := table.View(insight.Everything(), at(700)).Outcomes(t.Context(), insight.Which{}); err != nil || o.Runs != 10 {
			t.Errorf("while the source is down: %d runs, %v: want what the table had", o.Runs, err)
		}
		time.Sleep(200 * time.Second)
		synctest.Wait()
		if l := table.Loads(); l.Err != nil || l.Failures != 0 || l.Failed.IsZero() {
			t.Errorf("when the source is there again: %+v", l)
		}
		cancel()
		if err := <-ended; err != nil || told != 6 {
			t.Errorf("Follow returned %v and told %d errors: want none and 6", err, told)
		}
		var waits []time.Duration
		for i := range 9 {
			waits = append(waits, m.scans[i+1].Sub(m.scans[i])/time.Second)
		}
		if want := []time.Duration{2, 4, 8, 16, 32, 60, 60, 2, 2}; !slices.Equal(waits, want) {
			t.Errorf("seconds between loads: %d, want %d: doubled with each failure, at most a minute", waits, want)
		}
	})
}

// TestFollowEnds ends Follow while it waits, while it reads, and before it begins. An end is not a failure.
func TestFollowEnds(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]insight.Source{"while it waits": &memory{}, "while it reads": hanging{}} {
		synctest.Test(t, func(t *testing.T) {
			table, err := insight.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				ended <- table.Follow(ctx, source, time.Second, func(err error) { t.Errorf("%s: the end is told as %v", name, err) })
			}()
			synctest.Wait()
			cancel()
			if err := <-ended; err != nil || table.Loads().Failures != 0 {
				t.Errorf("%s: %v, %+v", name, err, table.Loads())
			}
			if err := table.Follow(ctx, source, time.Second, nil); err != nil {
				t.Errorf("with a context that is done: %v", err)
			}
		})
	}
}

// hanging is a source whose scans last until their context ends.
type hanging struct{}

func (hanging) Distinct() bool { return true }

func (hanging) Scan(ctx context.Context, s event.Scan, _ func(*event.Event) error) (event.Cursor, error) {
	<-ctx.Done()
	return s.Since, ctx.Err()
}

func (hanging) Events(context.Context, event.Query, func(*event.Event) error) error { return nil }

// TestFollowFaulty gives Follow what it cannot do.
func TestFollowFaulty(t *testing.T) {
	t.Parallel()
	table, err := insight.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for reason, err := range map[string]error{
		"no source":                  table.Follow(t.Context(), nil, time.Second, nil),
		"it would read all the time": table.Follow(t.Context(), &memory{}, 99*time.Millisecond, nil),
		"a negative time":            table.Follow(t.Context(), &memory{}, -1, nil),
		"it would never read again":  table.Follow(t.Context(), &memory{}, 25*time.Hour, nil),
	} {
		if err == nil {
			t.Errorf("%s: no error", reason)
		}
	}
}
