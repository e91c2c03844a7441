package intake_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback/intake"
)

// flaky is a store that can be away.
type flaky struct {
	ledger.Store

	away *atomic.Bool
}

var errAway = errors.New("the store is away")

func (f flaky) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if f.away.Load() {
		return nil, errAway
	}
	return f.Store.Write(ctx, changes)
}

// flakyShelves has shelves that are away together.
type flakyShelves struct{ flaky }

func (f flakyShelves) Shelf(name string) ledger.Store {
	return flaky{f.Store.(ledger.Shelver).Shelf(name), f.away} //nolint:forcetypeassert // a store of memory has shelves
}

// TestThankedForWhatIsKept: the customer is thanked when the store has the answer, and not before. What was written comes back in the
// form, and sent again it is one answer.
func TestThankedForWhatIsKept(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body string
		headers    []string
		want       []string
	}{
		{"JSON", `{"score":2,"comment":"too dear"}`, asJSON, []string{`"code":"unavailable"`}},
		{"a form", form("score", "2", "comment", "too dear", "causes", "too_slow", "language", "en"), asForm, []string{
			"We cannot take your answer now", "too dear</textarea>", `value="2" checked`, `value="too_slow" checked`, "<title>Error: ",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var away atomic.Bool
				d := newDoor(t, flakyShelves{flaky{new(memory.Store), &away}})
				path := "/r/" + d.token()
				if err := d.client.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				away.Store(true)
				began := time.Now()
				w := d.do("POST", path, test.body, test.headers...)
				if took := time.Since(began); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "5" || took > 8*time.Second {
					t.Errorf("while the store is away: %d after %v: %s", w.Code, took, w.Body)
				}
				for _, want := range test.want {
					if !contains(w, want) {
						t.Errorf("the reply has no %q: %s", want, w.Body)
					}
				}
				if got := d.refused()["unavailable"]; got != 1 {
					t.Errorf("%d are counted, want 1", got)
				}
				away.Store(false)
				time.Sleep(5 * time.Second) // of the bubble, as Retry-After asks: the next write to a store that was away comes within 7.5 s
				if w := d.do("POST", path, test.body, test.headers...); w.Code != http.StatusOK {
					t.Errorf("when it is back: %d %s", w.Code, w.Body)
				}
				d.want("feedback.received 2")
				_ = d.client.Shutdown(context.Background())
			})
		})
	}
}

// TestLongComment: a form whose comment is too long comes back with it.
func TestLongComment(t *testing.T) {
	t.Parallel()
	d := newDoor(t, newStore(), intake.WithMaxBytes(1<<20))
	long := make([]byte, 20<<10)
	for i := range long {
		long[i] = 'x'
	}
	w := d.do("POST", "/r/"+d.token(), form("score", "2", "comment", string(long), "language", "de"), asForm...)
	if w.Code != http.StatusRequestEntityTooLarge || !contains(w, string(long)+"</textarea>") || !contains(w, `value="2" checked`) || !contains(w, `lang="de"`) {
		t.Errorf("%d %.2000s", w.Code, w.Body)
	}
	d.want()
}
