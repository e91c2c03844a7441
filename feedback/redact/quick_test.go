package redact_test

import (
	"context"
	"sync/atomic"
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/redact"
)

// waiting is a Phones that answers when it may, and notes that it was asked while the customer waited.
type waiting struct {
	may       chan struct{}
	recording atomic.Bool
	asked     atomic.Bool
}

func (w *waiting) Phone(string) (string, bool) {
	if w.recording.Load() {
		w.asked.Store(true)
		return "", false
	}
	<-w.may
	return "", true
}

// kept is an exporter that keeps comments.
type kept struct{ comments chan string }

func (k kept) Export(_ context.Context, events []event.Event) error {
	for _, e := range events {
		k.comments <- e.Feedback.Comment
	}
	return nil
}

func (kept) Shutdown(context.Context) error { return nil }

// TestNoPlansWhereTheCustomerWaits: recording returns before the plans have answered, and the exporter gets what they have said.
func TestNoPlansWhereTheCustomerWaits(t *testing.T) {
	t.Parallel()
	w := &waiting{may: make(chan struct{})}
	r := must(t, redact.WithPhones(w))
	sink := kept{make(chan string, 1)}
	client, err := cx.New(cx.WithRedactor(func(text string) string {
		w.recording.Store(true)
		defer w.recording.Store(false)
		return r.Quick(text)
	}), cx.WithExporters(exporters.Filter(sink, r.Event)))
	if err != nil {
		t.Fatal(err)
	}
	feedback.CSAT.Record(cx.NewContext(context.Background(), client), 2, feedback.Comment("abends 030 23125 012, jane@example.com"))
	close(w.may) // Record has returned
	if err := client.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got, want := <-sink.comments, "abends [phone], [email]"; got != want {
		t.Errorf("the exporter has %q, want %q", got, want)
	}
	if w.asked.Load() {
		t.Error("the plans were asked in the goroutine that records")
	}
}
