package sdktest_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// TestEffortOnSpans: the span of a contact says how far the effort has come, and other spans say nothing of it.
func TestEffortOnSpans(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	helpline, login := touchpoint.Define("helpline"), touchpoint.Define("login")
	client, err := cx.New(cx.WithContactsInMemory(), cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithDefinitions(helpline, login),
		cx.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { must(t, client.Shutdown(context.Background())) }()
	ctx := cx.NewContext(t.Context(), client)
	ann := touchpoint.From(event.Customer{ID: "ann"})
	_, web := login.Start(ctx, event.Web, ann, touchpoint.Intent("bill"))
	web.Fail(errors.New("timeout"))
	web.End()
	for _, c := range []struct {
		channel event.Channel
		opts    []touchpoint.StartOption
	}{
		{event.Chat, []touchpoint.StartOption{ann, touchpoint.Intent("bill")}},
		{event.Phone, []touchpoint.StartOption{ann, touchpoint.Intent("bill")}},
		{event.Phone, []touchpoint.StartOption{ann}},
	} {
		_, call := helpline.Contact(ctx, c.channel, c.opts...)
		call.Answer("eve")
		call.End()
	}
	var got []string
	for _, s := range spans.GetSpans() {
		kvs := attrs(s.Attributes)
		got = append(got, s.Name+" "+kvs["cx.effort.contacts"]+" "+kvs["cx.effort.switches"]+" "+kvs["cx.effort.escalated"])
	}
	if want := []string{"login   ", "helpline 1 0 true", "helpline 2 1 true", "helpline   "}; !slices.Equal(got, want) {
		t.Errorf("the spans say %q, want %q", got, want)
	}
}
