package sdktest_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// The actions of a plan.
const (
	starts     = "start" // starts a run, or the same one again
	enters     = "enter"
	records    = "record" // records a touchpoint at its end, or long after
	begins     = "begin"  // begins a touchpoint
	finishes   = "finish" // ends the oldest open touchpoint of the run
	ends       = "end"
	flushes    = "flush"
	restarts   = "restart" // replaces the process
	measures   = "measure" // reads the live runs, and the increase since the last reading
	inNoStage  = ""
	isAbandons = "abandoned"
)

// act is one action in one of the processes.
type act struct {
	what       string
	at         int // the index of the process
	run        int
	wait       time.Duration // the time before the action
	positioned bool          // the context has the last position; otherwise the action resumes the run by its ID

	stage, cause, class string
	touchpoint          string
	outcome             event.Outcome
	channel             event.Channel
	ago, took           time.Duration
	worth               *event.Money
}

// modelRun is a run in the model: facts by time, and no state of a tracker.
type modelRun struct {
	started, over bool
	start, end    time.Time
	channel, here event.Channel // the channel of the start, and the latest channel
	facts         []modelFact
	touched       []modelTouch
	worth         *event.Money
	outcome       event.Outcome
	cause         string
	lasting       []*lasting
	ctx           context.Context //nolint:containedctx // the customer's latest context
	reported      map[place]bool
	last          int // the process that has reported a stage last
}

// place is a stage of the run as a process has reported it.
type place struct {
	process int
	stage   string
}

// reports notes that the process has reported the run in the stage.
func (r *modelRun) reports(process int, stage string) {
	if r.reported == nil {
		r.reported = map[place]bool{}
	}
	r.reported[place{process, stage}], r.last = true, process
}

// unreported says whether a touchpoint that begins in the process may go without a report until it is over: the process may take the
// customer to be in its stage, because it has not heard that another process has moved the run.
func (r *modelRun) unreported(process int, stage string) bool {
	return stage != "" && r.last != process && r.stage() != stage && r.reported[place{process, stage}]
}

type modelFact struct {
	at    time.Time
	stage string
}

type modelTouch struct {
	over   time.Time
	name   string
	failed bool
	cause  string
}

type lasting struct {
	tp    *touchpoint.Touchpoint
	began time.Time
	a     act
}

// model has the expected values of metrics and roots, counted by the reference's own words.
type model struct {
	runs map[int]*modelRun
	sums map[string]int64
	late int64
}

func (m *model) count(n int64, metric string, kvs ...string) {
	var set []string
	for i := 0; i < len(kvs); i += 2 {
		if kvs[i+1] != "" {
			set = append(set, kvs[i]+"="+kvs[i+1])
		}
	}
	slices.Sort(set)
	if n != 0 {
		m.sums[metric+"{"+strings.Join(set, ",")+"}"] += n
	}
}

func (m *model) run(id int) *modelRun {
	if m.runs[id] == nil {
		m.runs[id] = &modelRun{}
	}
	return m.runs[id]
}

func (r *modelRun) live() bool { return r.started && !r.over }

// visits returns the stages in the order of time, without repetitions.
func (r *modelRun) visits() (stages []string) {
	slices.SortStableFunc(r.facts, func(a, b modelFact) int { return a.at.Compare(b.at) })
	for _, f := range r.facts {
		if len(stages) == 0 || stages[len(stages)-1] != f.stage {
			stages = append(stages, f.stage)
		}
	}
	return stages
}

func (r *modelRun) stage() string {
	if v := r.visits(); len(v) > 0 {
		return v[len(v)-1]
	}
	return inNoStage
}

// closes counts the end of the run.
func (m *model) closes(r *modelRun) {
	r.over = true
	o := r.outcome.String()
	m.count(1, "cx.journey.ended", "cx.channel", r.channel.String(), "cx.journey.name", "errand", "cx.outcome", o)
	m.count(1, "cx.journey.exits", "cx.journey.name", "errand", "cx.outcome", o, "cx.stage.name", r.stage())
	m.count(1, "cx.journey.duration", "cx.journey.name", "errand", "cx.outcome", o)
	if r.worth != nil {
		m.count(r.worth.Amount, "cx.journey.value", "cx.currency", r.worth.Currency, "cx.journey.name", "errand", "cx.outcome", o)
	}
	visits := r.visits()
	for i, stage := range visits {
		left := ""
		if i == len(visits)-1 {
			left = o
		}
		m.count(1, "cx.journey.stage.duration", "cx.journey.name", "errand", "cx.outcome", left, "cx.stage.name", stage)
	}
}

// touched counts a touchpoint that ended at that time.
func (m *model) touched(r *modelRun, a act, began, over time.Time, stage string) {
	outcome, class := a.outcome.String(), ""
	if a.what == finishes {
		class = a.class
	}
	m.count(1, "cx.touchpoint.interactions", "cx.channel", "web", "cx.outcome", outcome, "cx.touchpoint.name", a.touchpoint)
	if a.outcome == event.Failed {
		m.count(1, "cx.touchpoint.failures", "cx.cause", a.cause, "cx.touchpoint.name", a.touchpoint, "error.type", class)
	}
	if r.over && !began.Before(r.end) {
		m.late++
		return
	}
	if r.over {
		return
	}
	r.touched = append(r.touched, modelTouch{over, a.touchpoint, a.outcome == event.Failed, a.cause})
	if stage != "" {
		r.facts = append(r.facts, modelFact{began, stage})
	}
}

// root returns the expected attributes of the run's root.
func (r *modelRun) root() map[string]string {
	want := map[string]string{"cx.outcome": r.outcome.String()}
	failures := 0
	slices.SortStableFunc(r.touched, func(a, b modelTouch) int { return a.over.Compare(b.over) })
	for _, t := range r.touched {
		if t.failed {
			failures++
		}
		if want["cx.journey.last_touchpoint"] = t.name; t.cause != "" {
			want["cx.journey.last_cause"] = t.cause
		}
	}
	if len(r.touched) > 0 {
		want["cx.journey.failure_count"] = strconv.Itoa(failures)
	}
	if r.cause != "" {
		want["cx.journey.last_cause"] = r.cause
	}
	if r.worth != nil {
		want["cx.journey.amount"], want["cx.currency"] = strconv.FormatInt(r.worth.Amount, 10), r.worth.Currency
	}
	return want
}

// The touchpoints of plans, and their stages.
var (
	errand           = journey.Define("errand", journey.Stages("cart", "payment", "confirmation"), journey.AbandonAfter(2*time.Hour))
	look, buy        = touchpoint.Define("look", touchpoint.In(errand, "cart")), touchpoint.Define("buy", touchpoint.In(errand, "payment"))
	modelTouchpoints = map[string]*touchpoint.Definition{"look": look, "buy": buy, "charge-card": chargeCard}
	modelStages      = map[string]string{"look": "cart", "buy": "payment"}
)

// String describes the action in a failed test.
func (a act) String() string {
	b := fmt.Sprintf("%s of %d at %d after %v", a.what, a.run, a.at, a.wait)
	if a.worth != nil {
		b += fmt.Sprintf(" worth %v", *a.worth)
	}
	return b + fmt.Sprintf(" [%s %s %s %s %v ago %v took %v via %v, positioned %v]", a.stage, a.touchpoint, a.outcome, a.cause, a.class, a.ago, a.took, a.channel, a.positioned)
}

// GoString is String.
func (a act) GoString() string { return "\n" + a.String() }

// acts draws the actions for a few customers in the given number of processes.
func acts(t *rapid.T, processes int) []act {
	n := 0
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) act {
		n++
		a := act{
			what: rapid.SampledFrom([]string{
				starts, enters, enters, records, records, records, begins, begins, finishes, finishes, ends, flushes, restarts, measures,
			}).Draw(t, "what"),
			at: rapid.IntRange(0, processes-1).Draw(t, "process"), run: rapid.IntRange(1, 3).Draw(t, "run"),
			wait:       time.Duration(rapid.IntRange(1, 4000).Draw(t, "wait"))*time.Millisecond + time.Duration(n)*time.Microsecond,
			positioned: rapid.Bool().Draw(t, "positioned"),
			stage:      rapid.SampledFrom([]string{"cart", "payment", "confirmation"}).Draw(t, "stage"),
			cause:      rapid.SampledFrom([]string{"", "", "fraud", "stock"}).Draw(t, "cause"),
			class:      rapid.SampledFrom([]string{"card_declined", "psp_down"}).Draw(t, "class"),
			touchpoint: rapid.SampledFrom([]string{"look", "buy", "charge-card"}).Draw(t, "touchpoint"),
			outcome:    rapid.SampledFrom([]event.Outcome{event.OK, event.Failed, event.Degraded}).Draw(t, "outcome"),
			channel:    rapid.SampledFrom([]event.Channel{event.Web, event.Web, event.Kiosk}).Draw(t, "channel"),
			ago:        time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 30}).Draw(t, "ago"))*time.Second + time.Duration(n)*time.Nanosecond,
			took:       time.Duration(rapid.IntRange(0, 900).Draw(t, "took")) * time.Millisecond,
		}
		if rapid.IntRange(0, 3).Draw(t, "worth") == 0 {
			a.worth = &event.Money{Amount: int64(rapid.IntRange(1, 9999).Draw(t, "amount")), Currency: rapid.SampledFrom([]string{"EUR", "JPY"}).Draw(t, "currency")}
		}
		return a
	}), 1, 40).Draw(t, "acts")
}

// world has processes on one store, or one process without a store.
type world struct {
	t      *testing.T
	all    []*process
	deltas []*sdkmetric.ManualReader
	added  map[string]int64 // the sums of the readers with delta temporality
	opts   []cx.Option
	model  model
	fault  []string
	shared bool // the processes share a store
}

func newWorld(t *testing.T, processes int, store ledger.Store) *world {
	t.Helper()
	w := &world{t: t, shared: store != nil, added: map[string]int64{}, model: model{runs: map[int]*modelRun{}, sums: map[string]int64{}}}
	w.opts = []cx.Option{cx.WithSweepInterval(10 * time.Second), cx.WithDefinitions(errand, look, buy, chargeCard)}
	if store != nil {
		w.opts = append(w.opts, cx.WithStore(store))
	}
	for range processes {
		p := sdk(t, "shop", likeOtelsetup())
		p.reader = sdkmetric.NewManualReader()
		delta := sdkmetric.NewManualReader(sdkmetric.WithTemporalitySelector(
			func(sdkmetric.InstrumentKind) metricdata.Temporality { return metricdata.DeltaTemporality }))
		p.providers = append(p.providers, cx.WithMeterProvider(sdkmetric.NewMeterProvider(
			sdkmetric.WithReader(p.reader), sdkmetric.WithReader(delta), sdkmetric.WithCardinalityLimit(0))))
		p.start(w.opts...)
		w.all, w.deltas = append(w.all, p), append(w.deltas, delta)
	}
	return w
}

// ctx returns the context in which a's process acts on the run.
func (w *world) ctx(a act, r *modelRun) context.Context {
	p := w.all[a.at]
	if a.positioned && r.ctx != nil {
		return flight.ContextWithPosition(p.context(), flight.PositionFromContext(r.ctx))
	}
	return errand.Resume(p.context(), strconv.Itoa(a.run))
}

func (w *world) play(a act) {
	time.Sleep(a.wait)
	r, p, now := w.model.run(a.run), w.all[a.at], time.Now()
	switch a.what {
	case flushes:
		must(w.t, p.client.Flush(context.Background()))
	case restarts:
		if w.shared {
			must(w.t, p.client.Shutdown(context.Background()))
			p.start(w.opts...)
			w.lose(a.at)
		}
	case measures:
		w.measure()
	case starts:
		w.start(a, r, now)
	case enters:
		if !r.started {
			return
		}
		ctx := errand.Enter(w.ctx(a, r), a.stage)
		if r.over {
			w.model.late++
			return
		}
		r.ctx, r.facts = ctx, append(r.facts, modelFact{now, a.stage})
		r.reports(a.at, a.stage)
		if !a.positioned { // a resumed position knows no channel: the run's stands in
			r.here = r.channel
		}
	case records:
		if !r.started {
			return
		}
		a.ago = min(a.ago, now.Sub(r.start))
		a.took = min(a.took, a.ago)
		began := now.Add(-a.ago)
		if r.over && began.Before(r.end) { // recorded after the end: the result depends on the moment, which another test checks
			began = now
		}
		modelTouchpoints[a.touchpoint].Record(w.ctx(a, r), event.Web, touchpoint.At(began), touchpoint.Took(a.took), touchpoint.Outcome(a.outcome), touchpoint.Because(a.cause))
		w.model.touched(r, a, began, began.Add(a.took), modelStages[a.touchpoint])
		if stage := modelStages[a.touchpoint]; stage != "" {
			r.reports(a.at, stage)
		}
	case begins:
		if !r.live() || w.shared && r.unreported(a.at, modelStages[a.touchpoint]) {
			return
		}
		ctx, tp := modelTouchpoints[a.touchpoint].Start(w.ctx(a, r), event.Web)
		if stage := modelStages[a.touchpoint]; stage != "" {
			r.facts = append(r.facts, modelFact{now, stage})
			r.reports(a.at, stage)
		}
		_ = ctx
		r.lasting = append(r.lasting, &lasting{tp, now, a})
	case finishes:
		w.finish(r)
	case ends:
		w.end(a, r, now)
	}
}

// lose ends the open touchpoints of a process that has gone. They end in a closed client.
func (w *world) lose(at int) {
	for _, r := range w.model.runs {
		r.lasting = slices.DeleteFunc(r.lasting, func(l *lasting) bool {
			if l.a.at == at {
				l.tp.End()
			}
			return l.a.at == at
		})
	}
}

func (w *world) start(a act, r *modelRun, now time.Time) {
	if r.over {
		return
	}
	opts := []journey.RecordOption{journey.Via(a.channel)}
	if a.worth != nil {
		opts = append(opts, journey.Worth(a.worth.Amount, a.worth.Currency))
		r.worth = a.worth
	}
	r.ctx = errand.Start(w.all[a.at].context(), strconv.Itoa(a.run), event.Customer{}, opts...)
	r.here = a.channel
	if !r.started {
		r.started, r.start, r.channel = true, now, a.channel
		w.model.count(1, "cx.journey.started", "cx.channel", a.channel.String(), "cx.journey.name", "errand")
	}
}

func (w *world) finish(r *modelRun) {
	if len(r.lasting) == 0 {
		return
	}
	l := r.lasting[0]
	r.lasting = r.lasting[1:]
	a := l.a
	a.what = finishes
	if a.cause != "" {
		l.tp.Because(a.cause)
	}
	switch a.outcome {
	case event.Failed:
		l.tp.Fail(declined(a.class))
	case event.Degraded:
		l.tp.Degrade(a.cause)
	default:
	}
	l.tp.End()
	w.model.touched(r, a, l.began, time.Now(), "")
}

func (w *world) end(a act, r *modelRun, now time.Time) {
	if !r.started {
		return
	}
	for len(r.lasting) > 0 {
		w.finish(r)
		time.Sleep(time.Millisecond)
	}
	opts := []journey.RecordOption{}
	if a.cause != "" {
		opts = append(opts, journey.Because(a.cause))
	}
	if a.worth != nil {
		opts = append(opts, journey.Worth(a.worth.Amount, a.worth.Currency))
	}
	now = time.Now()
	ctx := w.ctx(a, r)
	outcome := event.Completed
	if a.outcome == event.Failed {
		outcome = event.Failed
		errand.Fail(ctx, opts...)
	} else {
		errand.Complete(ctx, opts...)
	}
	if r.over {
		w.model.late++
		return
	}
	if a.worth != nil {
		r.worth = a.worth
	}
	r.end, r.outcome, r.cause = now, outcome, a.cause
	if a.positioned { // the channel of an end is the customer's last one
		r.channel = r.here
	}
	w.model.closes(r)
}

// measure compares the live runs, summed over the processes, and reads the increase.
func (w *world) measure() {
	w.settle()
	want, got := map[string]int64{}, map[string]int64{}
	for _, r := range w.model.runs {
		if r.live() {
			want["cx.journey.active{"+strings.Join(slices.DeleteFunc([]string{"cx.journey.name=errand", "cx.stage.name=" + r.stage()},
				func(s string) bool { return strings.HasSuffix(s, "=") }), ",")+"}"]++
		}
	}
	for _, p := range w.all {
		for key, v := range of(p.series(), "cx.journey.active") {
			if n, _ := strconv.ParseInt(v, 10, 64); n != 0 {
				got[key] += n
			}
		}
	}
	if d := gocmp.Diff(want, got); d != "" {
		w.fault = append(w.fault, "live runs (-want +got):\n"+d)
	}
	w.add()
}

// settle lets the processes export all events, and one process count the live runs.
func (w *world) settle() {
	for range 2 {
		for _, p := range w.all {
			must(w.t, p.client.Flush(context.Background()))
		}
		if w.shared {
			time.Sleep(30 * time.Second)
		}
	}
}

// add reads the readers with delta temporality. A declared series is in each reading.
func (w *world) add() {
	for i, reader := range w.deltas {
		var rm metricdata.ResourceMetrics
		must(w.t, reader.Collect(context.Background(), &rm))
		seen := map[string]bool{}
		for _, sm := range rm.ScopeMetrics {
			for _, m := range sm.Metrics {
				for key, v := range measurements(m) {
					seen[key] = true
					if counts(key) {
						w.added[key] += numberOf(v)
					}
				}
			}
		}
		for key := range zerosOf("errand", []string{"web"}, errand.Stages(), nil) {
			if !seen[key] {
				w.fault = append(w.fault, fmt.Sprintf("process %d does not report %s with delta temporality", i, key))
			}
		}
	}
}

// counts reports whether the model has the series.
func counts(key string) bool {
	name, _, _ := strings.Cut(key, "{")
	return slices.Contains([]string{
		"cx.journey.started", "cx.journey.ended", "cx.journey.exits", "cx.journey.value", "cx.journey.duration", "cx.journey.stage.duration",
		"cx.touchpoint.interactions", "cx.touchpoint.failures", "cx.journey.late",
	}, name)
}

// numberOf returns the number of a measurement: for a histogram its count.
func numberOf(v string) int64 {
	v, _, _ = strings.Cut(strings.TrimPrefix(v, "n="), " ")
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// finishAll ends the open touchpoints, and abandons the live runs, which one of the processes decides.
func (w *world) finishAll(decides int) {
	for _, id := range sorted(keysOf(w.model.runs)) {
		r := w.model.runs[id]
		for len(r.lasting) > 0 {
			time.Sleep(time.Millisecond)
			w.finish(r)
		}
	}
	for i, p := range w.all {
		must(w.t, p.client.Flush(context.Background()))
		if len(w.all) > 1 && i != decides {
			must(w.t, p.client.Shutdown(context.Background()))
		}
	}
	time.Sleep(3 * time.Hour)
	must(w.t, w.all[decides].client.Flush(context.Background()))
	for _, r := range w.model.runs {
		if r.live() {
			r.outcome = event.Abandoned
			w.model.closes(r)
		}
	}
	for _, p := range w.all {
		must(w.t, p.client.Shutdown(context.Background()))
	}
}

func keysOf[K cmp.Ordered, V any](m map[K]V) (keys []K) {
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// check compares the processes' measurements and the roots with the model.
func (w *world) check() []string {
	sums, late := map[string]int64{}, int64(0)
	for _, p := range w.all {
		for key, v := range p.series() {
			n := int64(0)
			if counts(key) {
				n = numberOf(v)
			}
			if strings.HasPrefix(key, "cx.journey.late{") {
				late += n
			} else if n != 0 {
				sums[key] += n
			}
			if strings.HasPrefix(key, "cx.journey.active{") || strings.HasPrefix(key, "cx.sdk.info{") {
				w.fault = append(w.fault, "a client reports after its Shutdown "+key)
			}
		}
	}
	if d := gocmp.Diff(w.model.sums, sums); d != "" {
		w.fault = append(w.fault, "the sums over all processes are (-want +got):\n"+d)
	}
	if late != w.model.late {
		w.fault = append(w.fault, fmt.Sprintf("the metric counts %d late events, want %d", late, w.model.late))
	}
	w.addRest()
	for key, n := range w.added {
		if n == 0 || strings.HasPrefix(key, "cx.journey.late{") {
			delete(w.added, key)
		}
	}
	if d := gocmp.Diff(w.model.sums, w.added); d != "" {
		w.fault = append(w.fault, "the sums over all collections with delta temporality are (-want +got):\n"+d)
	}
	for id, r := range w.model.runs {
		if r.started {
			w.checkRoot(strconv.Itoa(id), r)
		}
	}
	return w.fault
}

// addRest is add after all processes have ended.
func (w *world) addRest() {
	was := w.fault
	w.add()
	w.fault = was
}

func (w *world) checkRoot(id string, r *modelRun) {
	all := roots(journeySpans(traceID("errand", id), w.all...))
	if len(all) != 1 {
		w.fault = append(w.fault, fmt.Sprintf("run %s has %d roots", id, len(all)))
		return
	}
	got := attrs(all[0].Attributes)
	for key := range got {
		if !strings.HasPrefix(key, "cx.journey.failure") && !strings.HasPrefix(key, "cx.journey.last") && !slices.Contains([]string{"cx.outcome", "cx.journey.amount", "cx.currency"}, key) {
			delete(got, key)
		}
	}
	if d := gocmp.Diff(r.root(), got); d != "" {
		w.fault = append(w.fault, fmt.Sprintf("the root of run %s has (-want +got):\n%s", id, d))
	}
}

// TestMetricsFollowAModel: whatever customers do, in one process or in several on one store, through restarts and
// late reports, the metrics summed over the processes and the journeys' roots equal the model's, in each
// temporality.
func TestMetricsFollowAModel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		processes int
		store     func() ledger.Store
	}{
		{"in memory", 1, func() ledger.Store { return nil }},
		{"one with a store", 1, func() ledger.Store { return &ledgertest.Memory{} }},
		{"two with a store", 2, func() ledger.Store { return &ledgertest.Memory{} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				plan, decides := acts(rt, c.processes), rapid.IntRange(0, c.processes-1).Draw(rt, "decides")
				var faults []string
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, c.processes, c.store())
					for _, a := range plan {
						w.play(a)
					}
					w.finishAll(decides)
					faults = w.check()
				})
				if len(faults) > 0 {
					rt.Fatalf("%s", strings.Join(faults, "\n"))
				}
			})
		})
	}
}
