package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/examples/shop/crowd"
	"cairncx.dev/cairn/examples/shop/guide"
	"cairncx.dev/cairn/examples/shop/payments"
	"cairncx.dev/cairn/examples/shop/story"
)

// errNumbers says that the recorded counts differ from the crowd's expected counts.
var errNumbers = errors.New("shop: the recorded counts differ from those that the crowd should leave")

// crowd runs the first day with a clock of yesterday, the next day with a clock of today, and prints the summary.
func (a *app) crowd(ctx context.Context) error {
	started := time.Now()
	d := crowd.Driver{Storefront: a.shopURL, Customers: a.traffic}
	now := time.Now().Add(a.clock).Format("Monday 15:04")
	_, _ = fmt.Fprintf(a.stderr, "\n%d customers go shopping. For them it is %s.\n", a.traffic, now)
	visits, err := d.FirstDay(ctx)
	if err != nil {
		return fmt.Errorf("shop: the first day: %w", err)
	}
	_, _ = fmt.Fprintf(a.stderr, "A day passes: abandoned journeys end, some customers call support, some answer a mail.\n")
	// The summary does not depend on the backend: if the backend does not answer, customers have not noticed it
	// either.
	unsent := map[string]error{} // the first error by service
	note := func(service string, err error) {
		if err != nil && unsent[service] == nil {
			unsent[service] = err
		}
	}
	for _, s := range a.services {
		note(s.Name(), s.Advance(ctx, oneDay))
	}
	if err := d.NextDay(ctx, visits); err != nil {
		return fmt.Errorf("shop: the next day: %w", err)
	}
	for _, s := range a.services {
		note(s.Name(), s.Flush(ctx))
	}
	_, _ = fmt.Fprintf(a.stderr, "It took %s.\n", time.Since(started).Round(10*time.Millisecond))
	if err := a.report(visits, len(unsent) == 0); err != nil {
		return err
	}
	a.unsent = unsent // stop reports it once for each service, together with its own losses
	return nil
}

var errUnsent = errors.New("shop: not everything was sent to the backend")

// report writes the summary. It goes to stderr if stdout has JSON.
func (a *app) report(visits []crowd.Visit, sent bool) error {
	w := a.stdout
	if a.stdoutIsJSON() {
		w = a.stderr
	}
	if err := a.tally.Summary(w); err != nil {
		return err
	}
	if err := a.examples(w, visits, sent); err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	if diff := a.tally.Diff(crowd.Expect(a.traffic)); len(diff) > 0 {
		return fmt.Errorf("%w:\n  %s", errNumbers, strings.Join(diff, "\n  "))
	}
	_, err := fmt.Fprintf(w, "Every number above is what these %d customers did: no event is missing, and none is counted twice.\n", a.traffic)
	return err //nolint:wrapcheck // main's own
}

// examples prints the journeys of three customers and where to see them.
func (a *app) examples(w io.Writer, visits []crowd.Visit, sent bool) error {
	var b strings.Builder
	for _, example := range []struct {
		title string
		match func(crowd.Customer) bool
	}{
		{"A customer whose card was declined, and who tried another", func(c crowd.Customer) bool { return c.Leaves == "" && len(c.Cards) > 1 }},
		{"A customer whose bank was slow", func(c crowd.Customer) bool { return slices.Contains(c.Cards, payments.CardSlow) }},
		{"A customer who gave up, and called on the next day", func(c crowd.Customer) bool { return c.Leaves != "" && c.Call != crowd.NoCall }},
	} {
		i := slices.IndexFunc(visits, func(v crowd.Visit) bool { return example.match(v.Customer) })
		if i < 0 {
			continue
		}
		fmt.Fprintf(&b, "%s\n", example.title)
		var look string
		for _, e := range a.tally.Journey(visits[i].Order) {
			fmt.Fprintf(&b, "  %s\n", story.Line(&e))
			look = guide.Lines(a.guide().Journey(e.Journey.ID, e.Journey.TraceID().String()))
		}
		fmt.Fprintf(&b, " What to look at\n%s\n", look)
	}
	b.WriteString(howToLook(sent))
	_, err := io.WriteString(w, b.String())
	return err //nolint:wrapcheck // wrapped by the caller
}

// howToLook says where a person can see the same in a backend.
func howToLook(sent bool) string {
	if !otelsetup.Configured() {
		return "To see each journey as one trace, set OTEL_EXPORTER_OTLP_ENDPOINT, such as http://localhost:4318, and run\n" +
			"the shop again: examples/shop/README.md says how.\n\n"
	}
	if !sent {
		return "Some telemetry did not reach your OpenTelemetry backend: the log above says what is lost, and why.\n\n"
	}
	return "Your OpenTelemetry backend has all of it, too. Look up a trace by its ID there, or search for\n" +
		"cx.journey.id (an order number), cx.outcome=failed, cx.cause=card-declined or cx.touchpoint.name=call-support.\n\n"
}
