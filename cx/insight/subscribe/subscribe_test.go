package subscribe_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/insight/subscribe"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

func newList(t *testing.T, store ledger.Store) *subscribe.List {
	t.Helper()
	l, err := subscribe.New(store)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestSubscribe: an address is on the list once, whatever its case, and is gone when it leaves. Two lists on one store are one.
func TestSubscribe(t *testing.T) {
	t.Parallel()
	store := new(memory.Store)
	a, b := newList(t, store), newList(t, store)
	for _, step := range []struct {
		address string
		on      bool
		want    []string
		reason  string
	}{
		{"eve@example.com", true, []string{"eve@example.com"}, "the first one"},
		{"EVE@example.com", true, []string{"eve@example.com"}, "the same address in another case"},
		{"adam@example.com", true, []string{"adam@example.com", "eve@example.com"}, "they are in their order"},
		{"nobody@example.com", false, []string{"adam@example.com", "eve@example.com"}, "one that is not there cannot leave"},
		{"Adam@example.com", false, []string{"eve@example.com"}, "one leaves"},
	} {
		if err := a.Subscribe(t.Context(), "week", step.address, step.on); err != nil {
			t.Fatalf("%s: %v", step.reason, err)
		}
		if got, err := b.Addresses(t.Context(), "week"); err != nil || !slices.Equal(got, step.want) {
			t.Errorf("%s: %q, %v, want %q", step.reason, got, err, step.want)
		}
		if on, err := b.Subscribed(t.Context(), "week", step.address); err != nil || on != step.on {
			t.Errorf("%s: subscribed is %v, %v", step.reason, on, err)
		}
	}
	if got, err := a.Addresses(t.Context(), "month"); err != nil || len(got) > 0 {
		t.Errorf("another plan has %q, %v", got, err)
	}
}

// TestSubscribeAtOnce: no subscription is lost when many readers subscribe at the same time.
func TestSubscribeAtOnce(t *testing.T) {
	t.Parallel()
	store := new(memory.Store)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			l, err := subscribe.New(store)
			for err == nil {
				if err = l.Subscribe(t.Context(), "week", fmt.Sprintf("reader-%d@example.com", n), true); err == nil {
					return
				}
			}
			t.Error(err)
		})
	}
	all.Wait()
	if got, err := newList(t, store).Addresses(t.Context(), "week"); err != nil || len(got) != 8 {
		t.Errorf("%d of 8 have subscribed: %v", len(got), err)
	}
}

// reading is a store that counts the records that its shelf has, by the keys of the changes that make or write one.
type reading struct {
	memory.Store

	made map[ledger.Key]bool
}

func (r *reading) Shelf(name string) ledger.Store { return &readingShelf{r.Store.Shelf(name), r} }

type readingShelf struct {
	ledger.Store

	of *reading
}

func (r *readingShelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	for _, c := range changes {
		if c.Replace == nil {
			r.of.made[c.Key] = true
		}
	}
	return r.Store.Write(ctx, changes)
}

// TestReadingMakesNoRecord: to ask who has subscribed, and to leave a plan without being on it, changes nothing in the store.
func TestReadingMakesNoRecord(t *testing.T) {
	t.Parallel()
	store := &reading{made: map[ledger.Key]bool{}}
	l := newList(t, store)
	for range 2 {
		if on, err := l.Subscribed(t.Context(), "week", "eve@example.com"); err != nil || on {
			t.Errorf("subscribed is %v, %v", on, err)
		}
		if list, err := l.Addresses(t.Context(), "week"); err != nil || len(list) > 0 {
			t.Errorf("subscribers are %q, %v", list, err)
		}
		if err := l.Subscribe(t.Context(), "week", "eve@example.com", false); err != nil {
			t.Error(err)
		}
	}
	if len(store.made) != 0 {
		t.Errorf("it has made %d records", len(store.made))
	}
	if err := l.Subscribe(t.Context(), "week", "eve@example.com", true); err != nil || len(store.made) != 1 {
		t.Errorf("with the first subscriber there are %d records: %v", len(store.made), err)
	}
	if on, err := l.Subscribed(t.Context(), "week", "eve@example.com"); err != nil || !on {
		t.Errorf("then subscribed is %v, %v", on, err)
	}
}

// TestAddresses: what is no address is refused, and no error quotes one.
func TestAddresses(t *testing.T) {
	t.Parallel()
	l := newList(t, new(memory.Store))
	for _, address := range []string{"", "eve", "Eve <eve@example.com>", "eve@example.com, adam@example.com", "eve@example.com\r\nBcc: all@example.com", "ève@example.com", strings.Repeat("e", 300) + "@example.com"} {
		err := l.Subscribe(t.Context(), "week", address, true)
		if !errors.Is(err, subscribe.ErrAddress) {
			t.Errorf("%.40q: %v", address, err)
		}
	}
	if err := l.Subscribe(t.Context(), "", "eve@example.com", true); err == nil || strings.Contains(err.Error(), "eve@") {
		t.Errorf("no plan: %v", err)
	}
	if _, err := subscribe.New(nil); err == nil {
		t.Error("a list without a store")
	}
}

// page is a report of a test.
type page string

func (p page) Subject() string               { return string(p) }
func (p page) MailHTML(w io.Writer) error    { _, err := io.WriteString(w, string(p)); return err }
func (p page) Text(w io.Writer, _ int) error { _, err := io.WriteString(w, string(p)); return err }

// box keeps what is delivered.
type box struct {
	mu   sync.Mutex
	got  map[string]string
	ids  map[string]bool
	fail map[string]error
}

type toOne struct {
	b       *box
	address string
}

func (o toOne) Deliver(_ context.Context, d *schedule.Delivery) error {
	o.b.mu.Lock()
	defer o.b.mu.Unlock()
	if err := o.b.fail[o.address]; err != nil {
		return err
	}
	o.b.got[o.address], o.b.ids[d.MessageID] = d.Report.Subject(), true
	return nil
}

// TestEachHasTheRightsOfNow: a report is made for the rights that the address has when it is sent. One without rights gets none, and one that fails keeps the others
// from nothing.
func TestEachHasTheRightsOfNow(t *testing.T) {
	t.Parallel()
	l := newList(t, new(memory.Store))
	for _, name := range []string{"gone", "shop", "support", "away", "refused"} {
		if err := l.Subscribe(t.Context(), "week", name+"@example.com", true); err != nil {
			t.Fatal(err)
		}
	}
	away := errors.New("the server is away")
	b := &box{got: map[string]string{}, ids: map[string]bool{}, fail: map[string]error{"away@example.com": away, "refused@example.com": fmt.Errorf("%w", schedule.ErrGivenUp)}}
	plan := subscribe.Plan(l, "week", report.Week, time.UTC, subscribe.Each{
		Viewer: func(_ context.Context, address string) (insight.Viewer, error) {
			name, _, _ := strings.Cut(address, "@")
			if name == "gone" {
				return insight.Viewer{}, fmt.Errorf("left in May: %w", subscribe.ErrNoRights)
			}
			return insight.Viewer{Rights: insight.Numbers, Owners: []string{name}}, nil
		},
		Make: func(_ context.Context, v insight.Viewer, p report.Period) (schedule.Report, error) {
			return page(v.Owners[0] + ", " + p.Label()), nil
		},
		Send: func(address string) (schedule.Deliverer, error) { return toOne{b, address}, nil },
	})
	d := &schedule.Delivery{Name: "week", MessageID: "00", Period: report.Week.Current(time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))}
	err := plan.Deliver.Deliver(t.Context(), d)
	if !errors.Is(err, away) || !strings.Contains(err.Error(), "1 of 5") || strings.Contains(err.Error(), "@") {
		t.Errorf("the error is %v", err)
	}
	want := map[string]string{"shop@example.com": "shop, 2 to 8 March 2026", "support@example.com": "support, 2 to 8 March 2026"}
	if fmt.Sprint(b.got) != fmt.Sprint(want) || len(b.ids) != 2 || b.ids["00"] {
		t.Errorf("delivered: %v with the IDs %v", b.got, b.ids)
	}
	b.fail = nil
	if err := plan.Deliver.Deliver(t.Context(), d); err != nil || b.got["away@example.com"] == "" || b.got["gone@example.com"] != "" {
		t.Errorf("the next attempt: %v, %v", b.got, err)
	}
}

// TestPlanWithoutFunctions: a plan that lacks something is given up with a reason, and does not panic.
func TestPlanWithoutFunctions(t *testing.T) {
	t.Parallel()
	for _, plan := range []schedule.Plan{
		subscribe.Plan(nil, "week", report.Week, nil, subscribe.Each{}),
		subscribe.Plan(newList(t, new(memory.Store)), "week", report.Week, nil, subscribe.Each{}),
	} {
		if err := plan.Deliver.Deliver(t.Context(), &schedule.Delivery{Name: "week"}); !errors.Is(err, schedule.ErrGivenUp) {
			t.Error(err)
		}
	}
}

// A list has the subscribers of a plan, in the store that the instances share.
func ExampleNew() {
	list, err := subscribe.New(new(memory.Store))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	fmt.Println(list.Subscribe(ctx, "support week", "lead@example.com", true))
	fmt.Println(list.Addresses(ctx, "support week"))
	// Output:
	// <nil>
	// [lead@example.com] <nil>
}
