package otelsetup

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
)

// lossInterval is the minimum time between two reports of losses.
const lossInterval = time.Minute

// Loss is telemetry that was dropped and will not be delivered.
type Loss struct {
	// Signal is traces, metrics or logs.
	Signal string
	// Count is the number of lost spans, metric points or log records. The next point of a cumulative metric that
	// arrives makes up for a lost one.
	Count int64
	// Endpoint is the host and port of the destination, without user, password and path, or "" if the exporter has no
	// destination.
	Endpoint string
	// Class is the value of error.type: queue_full, already_shutdown, rejected, timeout,
	// connection_refused and the like, an HTTP status code or the name of a gRPC code.
	Class string
	// Remedy is a sentence on what to do.
	Remedy string
}

// String returns the loss as one sentence.
func (l Loss) String() string {
	to := ""
	if l.Endpoint != "" {
		to = " to " + l.Endpoint
	}
	return fmt.Sprintf("%d %s%s (%s): %s", l.Count, noun(l.Signal, l.Count), to, l.Class, l.Remedy)
}

func noun(signal string, n int64) string {
	word := map[string]string{"traces": "span", "metrics": "metric point", "logs": "log record"}[signal]
	if n != 1 {
		word += "s"
	}
	return word
}

// LossError reports what was lost since the report before it. OpenTelemetry's error handler gets one at most once a minute
// while telemetry is lost, and one from Shutdown. All reports together count each lost item once.
type LossError struct {
	// Since is the time of the first loss.
	Since time.Time
	// Losses has an entry for each signal and class, at least one.
	Losses []Loss
}

// Error implements error.
func (e *LossError) Error() string {
	all := make([]string, len(e.Losses))
	for i, l := range e.Losses {
		all[i] = l.String()
	}
	return fmt.Sprintf("otelsetup: telemetry is lost since %s: %s", e.Since.UTC().Format(time.RFC3339), strings.Join(all, "; "))
}

// ledger collects losses and reports them.
type ledger struct {
	logger *slog.Logger // nil is OpenTelemetry's error handler

	mu     sync.Mutex
	counts map[lossKey]int64 // not reported yet
	since  time.Time         // of the first in counts
	last   time.Time         // report
	timer  *time.Timer       // the next report, nil if none is due

	saying sync.Mutex // one report at a time
}

type lossKey struct {
	destination

	class string
}

// add counts a loss. It never waits, because another goroutine reports.
func (l *ledger) add(d destination, class string, n int64) {
	if n <= 0 {
		return
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.counts) == 0 {
		l.counts, l.since = map[lossKey]int64{}, now
	}
	l.counts[lossKey{d, class}] += n
	if l.timer == nil {
		l.timer = time.AfterFunc(max(0, l.last.Add(lossInterval).Sub(now)), l.report)
	}
}

// report reports the losses since the last report, if there are any.
func (l *ledger) report() {
	l.saying.Lock()
	defer l.saying.Unlock()
	if err := l.take(); err != nil {
		l.say(err)
	}
}

// take returns the losses that were not reported yet, and counts them as reported.
func (l *ledger) take() *LossError {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	if len(l.counts) == 0 {
		return nil
	}
	e := &LossError{Since: l.since}
	for k, n := range l.counts {
		e.Losses = append(e.Losses, Loss{
			Signal: strings.ToLower(k.signal), Count: n, Endpoint: k.address, Class: k.class, Remedy: k.remedy(k.class),
		})
	}
	slices.SortFunc(e.Losses, func(a, b Loss) int { return cmp.Or(cmp.Compare(b.Signal, a.Signal), cmp.Compare(a.Class, b.Class)) })
	l.counts, l.last = nil, time.Now()
	return e
}

func (l *ledger) say(e *LossError) {
	if l.logger == nil {
		otel.Handle(e)
		return
	}
	for _, x := range e.Losses {
		l.logger.LogAttrs(context.Background(), slog.LevelError, "telemetry is lost",
			slog.Int64("count", x.Count), slog.String("signal", x.Signal), slog.String("endpoint", x.Endpoint),
			slog.String("error.type", x.Class), slog.String("remedy", x.Remedy), slog.Time("since", e.Since))
	}
}

// exportError is an error of an exporter without its text, in which there may be what a server said.
type exportError struct {
	loss Loss
	err  error
}

func (e *exportError) Error() string { return "lost " + e.loss.String() }
func (e *exportError) Unwrap() error { return e.err }
