package console

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// reading is a visit of a console with so many turns, whose reader leaves with the context.
func reading(ctx context.Context, questions int) *visit {
	c := &Console{cfg: defaults(), desk: newDesk(questions), pens: make(chan struct{}, questions)}
	c.cfg.questions = questions
	return &visit{c: c, r: httptest.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody)}
}

// TestSectionsAhead: sections are written in their order, and a few of the next ones are filled meanwhile. While questions of other readers wait, one is filled at a time.
func TestSectionsAhead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		questions int
		busy      bool
		most      int64
		took      time.Duration
	}{
		{"one question at a time", 1, false, 2, 6 * time.Second},
		{"three questions at a time", 3, false, 4, 4 * time.Second},
		{"others wait", 3, true, 1, 12 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := reading(t.Context(), c.questions)
				if c.busy {
					v.c.desk.waiting <- struct{}{}
				}
				var at, most atomic.Int64
				sections, want := make([]section, 12), []string{}
				for i := range sections {
					id := string(rune('a' + i))
					want = append(want, id)
					sections[i] = section{id: id, fill: func(context.Context) (any, error) {
						most.Store(max(most.Load(), at.Add(1)))
						defer at.Add(-1)
						time.Sleep(time.Second)
						return id, nil
					}}
				}
				begun, got := time.Now(), []string{}
				v.filled(sections, func(s *section, data any, err error) bool {
					if data != s.id || err != nil {
						t.Errorf("the section %s has %v, %v", s.id, data, err)
					}
					got = append(got, s.id)
					return true
				})
				if !slices.Equal(got, want) {
					t.Errorf("they are written as %v", got)
				}
				if most.Load() != c.most || time.Since(begun) > c.took {
					t.Errorf("%d are filled at once, in %s: want %d, in no more than %s", most.Load(), time.Since(begun), c.most, c.took)
				}
			})
		})
	}
}

// TestSlowSectionIsWrittenInItsPlace: the first section is written as soon as it is filled, also while the next one takes long.
func TestSlowSectionIsWrittenInItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		takes := func(d time.Duration) section {
			return section{fill: func(context.Context) (any, error) { time.Sleep(d); return nil, nil }} //nolint:nilnil // nothing is shown
		}
		var at []time.Duration
		reading(t.Context(), 1).filled([]section{takes(time.Second), takes(time.Minute), takes(time.Second)}, func(*section, any, error) bool {
			at = append(at, time.Since(begun))
			return true
		})
		if want := []time.Duration{time.Second, time.Minute, time.Minute}; !slices.Equal(at[:2], want[:2]) || at[2] > time.Minute+time.Second {
			t.Errorf("they are written after %v, want %v", at, want)
		}
	})
}

// TestReaderLeavesAPage: a reader who leaves, or who does not read, ends what is filled for the page, and no goroutine is left.
func TestReaderLeavesAPage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		leaves bool
	}{{"the context ends", true}, {"a write fails", false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				v, ended, filled := reading(ctx, 3), 0, atomic.Int64{}
				sections := make([]section, 12)
				for i := range sections {
					sections[i] = section{fill: func(ctx context.Context) (any, error) {
						defer filled.Add(1)
						if i == 0 {
							return i, nil
						}
						return ask(ctx, v.c.desk, string(rune('a'+i)), func(ctx context.Context) (int, error) {
							<-ctx.Done()
							return 0, ctx.Err()
						})
					}}
				}
				begun := time.Now()
				v.filled(sections, func(_ *section, _ any, err error) bool {
					if ended++; c.leaves {
						leave()
					}
					return err == nil && c.leaves
				})
				if n := filled.Load(); n > 6 || ended > 2 || time.Since(begun) != 0 {
					t.Errorf("%d sections are filled, and %d written, in %s", n, ended, time.Since(begun))
				}
				synctest.Wait() // the questions end by themselves: other readers may wait for them
				time.Sleep(2 * maxAnswer)
			})
		})
	}
}

// TestPanicOfASection: a panic is the fault of its section. The others are written.
func TestPanicOfASection(t *testing.T) {
	t.Parallel()
	sections := []section{
		{id: "a", fill: func(context.Context) (any, error) { return 1, nil }},
		{id: "b", fill: func(context.Context) (any, error) { panic("customer 7") }},
		{id: "c", fill: func(context.Context) (any, error) { return nil, errors.New("down") }},
		{id: "d", fill: func(context.Context) (any, error) { return 4, nil }},
	}
	got := map[string]string{}
	reading(t.Context(), 2).filled(sections, func(s *section, data any, err error) bool {
		if got[s.id] = "filled"; err != nil {
			got[s.id] = faultOf(err).Say
		}
		return data != nil || err != nil
	})
	if len(got) != 4 || got["a"] != "filled" || got["d"] != "filled" || got["b"] == "filled" || strings.Contains(got["b"], "customer") {
		t.Errorf("%v", got)
	}
}
