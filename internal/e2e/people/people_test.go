//go:build unix

package people_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/e2e/servers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	day    = 24 * time.Hour
	window = 7 * day
)

// desk is a client with what it has measured and delivered.
type desk struct {
	client *cx.Client
	clock  clock
	reader *sdkmetric.ManualReader
	swept  time.Time
	events []event.Event
}

func (d *desk) Process(_ context.Context, e *event.Event) { d.events = append(d.events, *e) }

func (*desk) Shutdown(context.Context) error { return nil }

// newDesk returns a desk. Names that are not declared are its only faults.
func newDesk(t *testing.T, opts ...cx.Option) *desk {
	t.Helper()
	d := &desk{reader: sdkmetric.NewManualReader()}
	var err error
	d.client, err = cx.New(append(opts, cx.WithProcessors(d), cx.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(d.reader))),
		cx.WithClock(d.clock.now), cx.WithContactsInMemory(), cx.WithEffortGrace(30*day), cx.WithSweepInterval(math.MaxInt64),
		cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithLoggerProvider(lognoop.NewLoggerProvider()),
		cx.WithTracerProvider(tracenoop.NewTracerProvider()), cx.WithJourneyTracerProvider(tracenoop.NewTracerProvider()),
		cx.WithOnFault(func(_ context.Context, r fault.Report) {
			if r.Fault != fault.UnknownName {
				t.Errorf("a fault: %+v", r)
			}
		}))...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// sweep lets the client tell the efforts that are over, each day.
func (d *desk) sweep(ctx context.Context, now time.Time) {
	if now.Sub(d.swept) >= day {
		d.swept, d.clock.at = now, now
		d.client.Sweep(ctx)
	}
}

// close lets all efforts end, and returns the metrics.
func (d *desk) close(t *testing.T, last time.Time) sums {
	t.Helper()
	d.sweep(t.Context(), last.Add(365*day))
	s := gathered(t, d.reader)
	if err := d.client.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// queues has a service level for two of three queues.
func queues(l assist.Level) []assist.Queue {
	channels := []event.Channel{event.Phone, event.Chat}
	return []assist.Queue{
		{Name: "support", Level: l, Channels: channels}, {Name: "billing", Level: l, Channels: channels, OpenHours: true}, {Name: "orders", Channels: channels},
	}
}

// variables are what people.awk is told of the queues.
func variables(l assist.Level) map[string]string {
	short := l.ShortAbandon
	if short == 0 {
		short = 6 * time.Second
	}
	v := map[string]string{
		"queues": ",support,billing,orders,", "levels": ",support,billing,", "hours": ",billing,", "intents": ",invoice,delivery,return,",
		"within": fmt.Sprint(l.Within.Seconds()), "short": fmt.Sprint(max(short, 0).Seconds()), "variant": l.Variant.String(), "flow": "0",
	}
	if l.FlowOuts {
		v["flow"] = "1"
	}
	return v
}

// TestThreeCalculations: for a simulated centre, awk, the metrics of a client, its archive in two databases, package assist and insight have the
// same numbers, whether a contact is recorded as a whole or step by step.
func TestThreeCalculations(t *testing.T) {
	list := contacts(1)
	file := written(t, rawLog(list))
	for _, c := range []struct {
		name  string
		level assist.Level
		live  bool
	}{
		{"abandoned count against it, told step by step", assist.Level{Within: 20 * time.Second}, true},
		{"abandoned are ignored, short ones count", assist.Level{Within: 20 * time.Second, Variant: assist.Ignored, ShortAbandon: -1}, false},
		{"abandoned count for it, and flow-outs against it", assist.Level{Within: 10 * time.Second, Variant: assist.Positive, ShortAbandon: 5999 * time.Millisecond, FlowOuts: true}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := counts(t, file, variables(c.level))
			d := newDesk(t, cx.WithDefinitions(phone, mail, web), cx.WithQueues(queues(c.level)...), cx.WithIntents("invoice", "delivery", "return"))
			ctx := cx.NewContext(t.Context(), d.client)
			live, kept := 0, 0
			for _, one := range list {
				d.sweep(ctx, one.begin)
				if c.live && !one.failed && !one.whole {
					d.clock.live(ctx, one)
					live++
				} else {
					d.clock.record(ctx, one)
					kept++
				}
			}
			metrics := d.close(t, list[len(list)-1].begin)
			if c.live && (live < 500 || kept < 500) {
				t.Errorf("%d contacts were told step by step, and %d recorded", live, kept)
			}
			same(t, "the metrics", want.part("cx."), metrics)
			same(t, "package assist", want.part("tally", "table", "resolve"), tallied(t, d.events, c.level))
			answer := supported(t, d.events, c.level, nil)
			insightSame(t, "insight", want, answer)
			decidedSame(t, want, answer)
			if !c.live {
				return
			}
			same(t, "SQLite", want.part("sql"), asked(t, inSQLite(t, d.events)))
			server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
			same(t, "PostgreSQL", want.part("sql"), asked(t, inPostgres(t, server, "people", d.events)))
			insightSame(t, "insight from PostgreSQL", want, supported(t, nil, c.level, server))
		})
	}
}

func written(t *testing.T, log string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "log.tsv")
	if err := os.WriteFile(file, []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// tallied returns the numbers of package assist, without those that are zero.
func tallied(t *testing.T, events []event.Event, l assist.Level) sums {
	t.Helper()
	levels := map[string]assist.Level{"support": l, "billing": l}
	tally := assist.NewTally(levels)
	table, err := assist.NewTable(assist.HalfHour, time.UTC, levels)
	if err != nil {
		t.Fatal(err)
	}
	s := sums{}
	for i := range events {
		tally.Add(&events[i])
		table.Add(&events[i])
	}
	put := func(name string, n int64) {
		if n != 0 {
			s[name] = float64(n)
		}
	}
	called := func(queue string) string {
		if queue == "" {
			return "(none)"
		}
		return queue
	}
	for _, queue := range tally.Queues() {
		n := tally.Queue(queue)
		for name, v := range map[string]int{
			"queued": n.Queued, "answered": n.Answered, "short": n.ShortAbandons, "abandoned": n.Abandoned, "overflowed": n.Overflowed, "callback": n.Callbacks,
			"closed": n.Closed, "unknown": n.Unknown, "counted": n.Counted, "good": n.Good, "handled": n.Handled, "unreplied": n.Unanswered,
			"first replies": n.FirstReplies.Count, "next replies": n.NextReplies.Count,
		} {
			put("tally "+called(queue)+" "+name, int64(v))
		}
		for name, v := range map[string]time.Duration{
			"waited_ms": n.Waited, "handling_ms": n.Handling(), "first after_ms": n.FirstReplies.After, "first open_ms": n.FirstReplies.Open,
			"next after_ms": n.NextReplies.After, "next open_ms": n.NextReplies.Open,
		} {
			put("tally "+called(queue)+" "+name, v.Milliseconds())
		}
	}
	for _, r := range table.Rows() {
		name := fmt.Sprintf("table %d %s ", r.Begin.Unix(), called(r.Queue))
		for column, v := range map[string]int64{"queued": int64(r.Queued), "answered": int64(r.Answered), "counted": int64(r.Counted), "good": int64(r.Good), "waited_ms": r.Waited.Milliseconds()} {
			put(name+column, v)
		}
	}
	all := tally.Contacts()
	put("tally all contacts", int64(all.All))
	put("tally all answered", int64(all.Answered))
	put("tally all transfers", int64(all.Transfers))
	put("tally all returns", int64(all.Returns))
	told := slices.DeleteFunc(slices.Clone(events), func(e event.Event) bool { return e.Kind != event.TouchpointEnded })
	r := assist.Resolve(told, window, begin.Add(1000*day))
	for name, v := range map[string]int{
		"contacts": r.Contacts, "known": r.Known, "repeats": r.Repeats, "efforts": r.Efforts, "first": r.FirstContact, "unanswered": r.Unanswered,
	} {
		put("resolve "+name, int64(v))
	}
	return s
}
