//go:build unix

package delivery_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/crowd"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/exporters/nats"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// customers is the number of the shop's customers in each run.
const customers = 21

// buildShop builds the shop's command.
func buildShop(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "shop")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "cairncx.dev/cairn/examples/shop").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// TestShop runs the shop's command as its README.md shows, with -export and -spool. The crowd's events arrive in
// the sink. Then the sink goes away, customers shop, the test kills the shop, and its next run delivers their
// events.
func TestShop(t *testing.T) {
	t.Parallel()
	path := buildShop(t)
	for _, c := range []struct {
		name, reason string
		start        func(t *testing.T, rng *rand.Rand) (sinkAt, sink)
		flag         func(at string) string
		once         bool // the sink removes duplicates
	}{
		{"kafka", "a topic of a cluster", calmKafka, func(at string) string { return "kafka:" + at + "/" + topic }, false},
		{"nats", "a stream, which the shop creates", startNATS, func(at string) string { return at + "/" + nats.DefaultStream }, true},
		{"postgres", "tables, which the shop creates", startPostgres, func(at string) string { return at }, true},
		{"otlplog", "the Collector's log records", startCollector, func(at string) string { return "otlplog:" + at }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			at, sink := c.start(t, rand.New(rand.NewPCG(seed(t), 3)))
			s := &shop{t: t, path: path, sink: sink, once: c.once, spool: filepath.Join(t.TempDir(), "spool"), export: c.flag(at.At)}
			all := s.crowd()
			missed := s.killed(all)
			for id := range missed {
				all[id] = true
			}
			s.has(all, "after the kill")
			t.Logf("%s: %d events, %d of them waited; %v; %v", c.reason, len(all), len(missed), sink, time.Since(began).Round(100*time.Millisecond))
		})
	}
}

// calmKafka cuts no connections. franz-go retries after seconds, and the ending shop does not wait that long. The
// waiting events are for its next run.
func calmKafka(t *testing.T, _ *rand.Rand) (sinkAt, sink) {
	t.Helper()
	return startKafka(t, nil)
}

// shop is the shop's command with one sink.
type shop struct {
	t             *testing.T
	path          string // path of the command
	export, spool string // flags
	sink          sink
	once          bool
}

// ids are the IDs of events.
type ids map[event.ID]bool

// crowd runs the crowd, which ends by itself, and returns the events in the sink.
func (s *shop) crowd() ids {
	s.t.Helper()
	cmd := s.command("-traffic", fmt.Sprint(customers), "-export", "stdout")
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("%v\n%s", err, cmd.Stderr)
	}
	want, counts := ids{}, crowd.Counts{}
	for line := range bytes.Lines(out) {
		if bytes.HasPrefix(line, []byte("{")) {
			e := parsed(s.t, line)
			want[e.ID] = true
			counts.Add(&e)
		}
	}
	if diff := counts.Diff(crowd.Expect(customers)); len(diff) > 0 {
		s.t.Fatalf("the events on stdout differ from the crowd's:\n%s", strings.Join(diff, "\n"))
	}
	s.says(cmd, len(want))
	s.has(want, "after the crowd")
	return want
}

// killed takes the sink away, lets customers shop, kills the shop and runs it again. It returns the events that
// had to wait and those that had been delivered before.
func (s *shop) killed(before ids) ids {
	s.t.Helper()
	r := s.serve(2) // both services
	s.sink.away(s.t)
	if _, err := (crowd.Driver{Storefront: r.urls["storefront"], Customers: customers}).FirstDay(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	servers.Eventually(s.t, patience, func() error {
		if n := len(s.waiting(before)); n != firstDay() {
			return fmt.Errorf("the disk has %d events, want %d", n, firstDay())
		}
		return nil
	})
	r.end(syscall.SIGKILL)
	missed := s.waiting(before)
	s.sink.back(s.t)
	r = s.serve(1, "-service", "payments") // no customer shops
	r.end(syscall.SIGTERM)
	s.says(r.cmd, len(missed))
	return missed
}

// firstDay is the number of events of the customers on a day without abandonments, calls and mails. No promise is broken on it.
func firstDay() int {
	c := crowd.Expect(customers)
	n := c.Started + c.Ended[event.Completed.String()]
	for _, entered := range c.Entered {
		n += entered
	}
	n += c.Asked[experience.PostPurchase.Name()] // the shop asks the other question on the next day
	const opens = 4                              // events: the start, the step received, and two promises
	n += opens * c.FollowUps[experience.Recovery().Name()][string(feedback.OnDissatisfied)]
	for _, promise := range c.Promises {
		n += promise[crowd.PromiseMade] + promise[crowd.PromiseKept]
	}
	nextDay := []string{experience.CallSupport.Name(), experience.SurveyMail.Name(), experience.CampaignMail.Name()}
	for name, outcomes := range c.Touchpoints {
		for _, times := range outcomes {
			if !slices.Contains(nextDay, name) {
				n += times
			}
		}
	}
	for survey, verdicts := range c.Answers {
		for _, times := range verdicts {
			if survey == experience.PostPurchase.Name() {
				n += times
			}
		}
	}
	return n
}

// waiting returns the events in the spool's files. The oldest file also has events that were delivered before.
func (s *shop) waiting(before ids) ids {
	s.t.Helper()
	found, err := filepath.Glob(filepath.Join(s.spool, strings.SplitN(s.export, ":", 2)[0]+"-*", "*.events1"))
	if err != nil {
		s.t.Fatal(err)
	}
	all := ids{}
	for _, path := range found {
		text, err := os.ReadFile(path)
		if err != nil {
			s.t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			if at := bytes.IndexByte(line, '{'); at >= 0 && bytes.HasSuffix(line, []byte("}\n")) {
				if e := parsed(s.t, bytes.TrimSpace(line[at:])); !before[e.ID] {
					all[e.ID] = true
				}
			}
		}
	}
	return all
}

// says checks the last line of the command.
func (s *shop) says(cmd *exec.Cmd, events int) {
	s.t.Helper()
	kind := strings.SplitN(s.export, ":", 2)[0]
	want := fmt.Sprintf(": %d events delivered.\n", events)
	for line := range strings.Lines(fmt.Sprint(cmd.Stderr)) {
		if strings.HasPrefix(line, "-export "+kind+" ") && strings.HasSuffix(line, want) {
			return
		}
	}
	s.t.Errorf("stderr lacks %s%s\n%s", kind, want, cmd.Stderr)
}

// has checks that the sink has exactly these events. A sink that does not remove duplicates may have some twice.
func (s *shop) has(want ids, when string) {
	s.t.Helper()
	var list []event.Event
	servers.Eventually(s.t, patience, func() error { // the Collector writes with a delay
		if list = s.sink.read(s.t); len(list) < len(want) {
			return fmt.Errorf("%s the sink has %d events, want %d", when, len(list), len(want))
		}
		return nil
	})
	got := ids{}
	for i := range list {
		if !want[list[i].ID] {
			s.t.Errorf("%s the sink has %v, which no process recorded", when, list[i].ID)
		}
		got[list[i].ID] = true
	}
	if len(got) != len(want) || s.once && len(list) != len(want) {
		s.t.Errorf("%s the sink has %d events of %d IDs, want %d", when, len(list), len(got), len(want))
	}
}

// command returns the shop's command with the flags, in an environment without OpenTelemetry variables.
func (s *shop) command(flags ...string) *exec.Cmd {
	cmd := exec.CommandContext(s.t.Context(), s.path, append([]string{"-export", s.export, "-spool", s.spool}, flags...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.t.TempDir()}
	cmd.Stderr = &bytes.Buffer{}
	return cmd
}

// running is a shop that serves.
type running struct {
	*child
	t    *testing.T
	urls map[string]string
}

// serve starts the shop and returns when this many services listen.
func (s *shop) serve(services int, flags ...string) *running {
	s.t.Helper()
	r := &running{child: &child{cmd: s.command(append(flags, "-events", "none")...)}, t: s.t, urls: map[string]string{}}
	r.begin(s.t)
	s.t.Cleanup(r.stop)
	for len(r.urls) < services {
		line, ok := r.next()
		if !ok {
			s.t.Fatalf("the shop ended before it served: %v\n%s", r.cmd.Wait(), r.cmd.Stderr)
		}
		if name, at, ok := strings.Cut(line, " listening on "); ok {
			r.urls[name] = at
		}
	}
	return r
}

// end sends the signal and waits for the end of the shop.
func (r *running) end(signal syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(signal); err != nil {
		r.t.Fatal(err)
	}
	for {
		if _, ok := r.next(); !ok {
			break
		}
	}
	var exit *exec.ExitError
	if err := r.cmd.Wait(); signal != syscall.SIGKILL && err != nil || signal == syscall.SIGKILL && !errors.As(err, &exit) {
		r.t.Errorf("after %v the shop ended with %v\n%s", signal, err, r.cmd.Stderr)
	}
}

// collectorAt is the Collector behind a proxy that can be away.
type collectorAt struct {
	collector *servers.Collector
	gone      atomic.Bool
}

func startCollector(t *testing.T, _ *rand.Rand) (sinkAt, sink) {
	t.Helper()
	s := &collectorAt{collector: servers.StartCollector(t)}
	to, err := url.Parse(s.collector.OTLPHTTPEndpoint())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.gone.Load() {
			cut(w, "")
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return sinkAt{"otlplog", server.URL}, s
}

func (s *collectorAt) away(*testing.T)  { s.gone.Store(true) }
func (s *collectorAt) back(*testing.T)  { s.gone.Store(false) }
func (*collectorAt) disturb(*testing.T) {}
func (*collectorAt) lostAnswers() int   { return 0 }
func (*collectorAt) String() string     { return "away once" }

func (s *collectorAt) read(t *testing.T) (list []event.Event) {
	t.Helper()
	for _, r := range s.collector.Logs(t) {
		text, _ := r.Body.(string)
		list = append(list, parsed(t, []byte(text)))
	}
	return list
}
