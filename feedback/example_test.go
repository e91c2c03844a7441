package feedback_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
)

// printer is a processor that prints answers.
type printer struct{}

func (printer) Process(_ context.Context, e *event.Event) {
	f := e.Feedback
	fmt.Printf("%s %s: %s, %d is %s: %q %v\n", e.Journey.Name, e.Journey.ID, f.Survey, f.Score, f.Verdict, f.Comment, f.Causes)
}

func (printer) Shutdown(context.Context) error { return nil }

func ExampleQuestion_Record() {
	client, err := cx.New(
		cx.WithProcessors(printer{}),
		cx.WithRedactor(func(text string) string { return strings.ReplaceAll(text, "Alice", "[name]") }),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)

	// In the middle of a journey the context says which; days later, About does.
	feedback.NPS.Record(ctx, 9, feedback.About("checkout", "cart-42"))
	feedback.CSAT.Record(ctx, 2, feedback.About("checkout", "cart-43"),
		feedback.Comment("Alice never called back"), feedback.Causes("no-callback"))

	// Not on the scale: not recorded, and counted in cx.sdk.faults.
	feedback.CSAT.Record(ctx, 9)
	// Output:
	// checkout cart-42: nps, 9 is positive: "" []
	// checkout cart-43: csat, 2 is negative: "[name] never called back" [no-callback]
}

func ExampleDefine() {
	survey := feedback.Define("after-checkout", feedback.CES)
	fmt.Println(survey.Name(), "on", survey.Scale())
	fmt.Println(feedback.Define("", 0).Validate())
	// Output:
	// after-checkout on ces
	// survey "": a name is 1 to 64 bytes of printable UTF-8 that do not begin with _
	// survey "": it has no scale: want NPS, CSAT, CES, Stars or Thumbs
}

func ExampleDefine_options() {
	checkout := journey.Define("checkout", journey.Stages("cart", "payment"))
	survey := feedback.Define("after-payment", feedback.CES,
		feedback.Ask("en", "The shop made it easy for me to pay."),
		feedback.Ask("de", "Der Shop hat mir das Bezahlen leicht gemacht."),
		feedback.In(checkout, "payment"),
		feedback.Choices("slow", "unclear", "declined"),
		feedback.Sample(0.1),            // ask one customer in ten,
		feedback.Every(90*24*time.Hour), // and the same one once in 90 days
		feedback.TestimonialConsent("1", "en", "You may show my words on your web site."))
	question, language := survey.Text("de-AT")
	fmt.Println(language+":", question)
	fmt.Println("version", survey.Version())
	fmt.Println(survey.Validate())
	// Output:
	// de: Der Shop hat mir das Bezahlen leicht gemacht.
	// version c355096a
	// <nil>
}

// customers is a processor that prints whether the customer is known.
type customers struct{}

func (customers) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.FeedbackReceived {
		fmt.Printf("late: %v, customer known: %v\n", e.Late, e.Customer.Hash != "")
	}
}

func (customers) Shutdown(context.Context) error { return nil }

func ExampleFrom() {
	order := journey.Define("order")
	client, err := cx.New(cx.WithDefinitions(order), cx.WithCustomerKey([]byte("only for examples")), cx.WithProcessors(customers{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)
	alice := event.Customer{ID: "alice"}
	order.Start(ctx, "order-7", alice)
	feedback.CSAT.Record(order.Resume(ctx, "order-7"), 4) // the client knows the customer of a live run
	order.Complete(order.Resume(ctx, "order-7"))

	days := order.Resume(ctx, "order-7")
	feedback.CSAT.Record(days, 4)
	feedback.CSAT.Record(days, 4, feedback.From(alice))
	// Output:
	// late: false, customer known: true
	// late: true, customer known: false
	// late: true, customer known: true
}

func ExampleAboutRun() {
	order := journey.Define("order")
	client, err := cx.New(cx.WithDefinitions(order), cx.WithProcessors(printer{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)
	feedback.CES.Record(ctx, 6, feedback.AboutRun(order, "order-7"))
	feedback.CES.Record(ctx, 6, feedback.About("ordre", "order-7")) // no such journey: counted, under _other
	// Output:
	// order order-7: ces, 6 is positive: "" []
	// _other order-7: ces, 6 is positive: "" []
}
