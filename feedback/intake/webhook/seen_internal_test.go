package webhook

import (
	"context"
	"encoding/binary"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

func numbered(n int) (k ledger.Key) {
	binary.BigEndian.PutUint64(k[:], uint64(n))
	return k
}

// TestBounded: without a store a process remembers the last 65,536, whether they are done or not.
func TestBounded(t *testing.T) {
	t.Parallel()
	ctx, l := context.Background(), newLocal(time.Hour, time.Now)
	is := func(n int, want verdict) {
		t.Helper()
		if v, err := l.claim(ctx, name{}, []ledger.Key{numbered(n)}); err != nil || v[0] != want {
			t.Errorf("%d is %v, want %v", n, v, want)
		}
	}
	for n := range maxSeen {
		_, _ = l.claim(ctx, name{}, []ledger.Key{numbered(n)})
		if n%2 == 0 {
			_ = l.done(ctx, name{}, []ledger.Key{numbered(n)})
		}
	}
	is(0, repeated)
	is(1, busy)
	is(maxSeen, fresh)
	is(maxSeen+1, fresh)
	is(maxSeen-1, busy)
	is(0, fresh)
	if len(l.known) != len(l.order) || len(l.known) > maxSeen+1 {
		t.Errorf("%d keys, %d in their order", len(l.known), len(l.order))
	}
}

// TestSwept: all that two instances with one store have taken is forgotten in the end, however much of it there is, and a claim that another
// request has made in between changes nothing.
func TestSwept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, store := context.Background(), new(memory.Store)
		a, b := newShared(store, 3*time.Hour, time.Now), newShared(store, 3*time.Hour, time.Now)
		first, second := name{1}, name{2}
		for n := range 2000 {
			keys := []ledger.Key{numbered(n)}
			if v, err := a.claim(ctx, first, keys); err != nil || v[0] != fresh {
				t.Fatal(v, err)
			}
			if n%3 == 0 {
				if v, err := b.claim(ctx, second, keys); err != nil || v[0] != busy {
					t.Fatal(v, err)
				}
			}
			if n%7 != 0 { // the others were killed
				if err := a.done(ctx, first, keys); err != nil {
					t.Fatal(err)
				}
				if n%5 == 0 {
					if v, err := b.claim(ctx, second, keys); err != nil || v[0] != repeated {
						t.Fatal(v, err)
					}
				}
			}
		}
		for range 10 * 60 {
			time.Sleep(time.Minute)
			a.sweep(ctx, false)
		}
		_, due, err := a.store.Claim(ctx, 5000, time.Hour)
		if err != nil || len(due) != 0 {
			t.Errorf("%d are due: %v", len(due), err)
		}
		for n := range 2000 {
			if v, err := b.claim(ctx, second, []ledger.Key{numbered(n)}); err != nil || v[0] != fresh {
				t.Fatal(n, v, err)
			}
		}
	})
}

// TestCodesInRegistry: the reasons of the metric are those of the registry, each has a status, and doc.go names each.
func TestCodesInRegistry(t *testing.T) {
	t.Parallel()
	model, err := os.ReadFile("../../../cx/telemetry/semconv/model/feedback.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(model), "metric_name: cx.feedback.webhook.refused")
	after, _, _ = strings.Cut(after, "metric_name:")
	var want []string
	for _, m := range regexp.MustCompile(`- value: (\w+)`).FindAllStringSubmatch(after, -1) {
		want = append(want, m[1])
	}
	if got := codes(); len(got) < 10 || !slices.Equal(got, want) {
		t.Errorf("the codes are %v, those of the registry %v", got, want)
	}
	for _, c := range codes() {
		if !strings.Contains(string(doc), c) {
			t.Errorf("doc.go does not name %s", c)
		}
	}
}
