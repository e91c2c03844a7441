package insight_test

import (
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

func ExampleReduce() {
	e := event.Event{
		Kind: event.FeedbackReceived, Time: time.Date(2026, 3, 2, 8, 0, 0, 123_456_789, time.UTC),
		Feedback:   &event.Feedback{Survey: "after", Scale: event.CSAT, Score: 2, Comment: "I waited for an hour."},
		Attributes: []attribute.KeyValue{attribute.String("plan", "gold"), attribute.String("order", "4711")},
	}
	insight.Reduce(&e, []string{"plan"})
	fmt.Println(string(e.AppendJSON(nil)))
	// Output:
	// {"v":1,"kind":"feedback.received","time":"2026-03-02T08:00:00.123456Z","feedback":{"survey":"after","scale":"csat","score":2},"attributes":{"plan":"gold"}}
}
