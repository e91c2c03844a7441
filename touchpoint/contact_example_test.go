package touchpoint_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/touchpoint"
)

// The policy of a company: package variables, which every service has.
var (
	exampleNight  = calendar.Define("night", calendar.Zone("Europe/Berlin"), calendar.Open("daily", "21:00-08:00"))
	exampleMonth  = 30 * 24 * time.Hour
	examplePolicy = touchpoint.DefineContactPolicy("contacts",
		touchpoint.Purpose("survey", touchpoint.OnlyOn(event.Email), touchpoint.Cap(1, exampleMonth)),
		touchpoint.Purpose("offer", touchpoint.NeedsConsent(), touchpoint.StoppedBy("complaint")),
		touchpoint.Purpose("service"),
		touchpoint.ContactWait(5*time.Second)) // an example may run on a busy machine
	exampleMail = touchpoint.Define("mail")
)

// newDesk returns a client that keeps customers' records. A service uses a store that survives it.
func newDesk() (context.Context, func()) {
	client, err := cx.New(
		cx.WithStore(new(memory.Store)),
		cx.WithCustomerKey([]byte("a secret of at least 16 bytes")),
		cx.WithDefinitions(examplePolicy))
	if err != nil {
		panic(err)
	}
	return cx.NewContext(context.Background(), client), func() { _ = client.Shutdown(context.Background()) }
}

func ExampleContactPolicy_Ask() {
	ctx, stop := newDesk()
	defer stop()
	customer := event.Customer{ID: "customer-7"}
	for range 2 {
		grant := examplePolicy.Ask(ctx, customer, "survey", event.Email)
		if !grant.Use(ctx) { // right before sending
			fmt.Println("not sent:", grant.Reason())
			continue
		}
		ctx, tp := exampleMail.Start(ctx, event.Email, touchpoint.Granted(grant))
		fmt.Println("sent", ctx.Err() == nil)
		tp.End()
	}
	// Output:
	// sent true
	// not sent: cap
}

// The letter to a person who has died, on the account of another one.
func ExampleTo() {
	ctx, stop := newDesk()
	defer stop()
	err := examplePolicy.Suppress(ctx, event.Customer{ID: "husband"}, touchpoint.Suppression{Reason: touchpoint.Deceased})
	grant := examplePolicy.Ask(ctx, event.Customer{ID: "wife"}, "service", event.Post, touchpoint.To("husband"))
	fmt.Println(err, grant.OK(), grant.Reason(), grant.Cause())
	// Output:
	// <nil> false suppressed deceased
}

func ExampleContactPolicy_May() {
	ctx, stop := newDesk()
	defer stop()
	fmt.Println(examplePolicy.May(ctx, event.Customer{ID: "customer-7"}, "offer", event.Email))
	fmt.Println(examplePolicy.May(ctx, event.Customer{ID: "customer-7"}, "service", event.Email))
	// Output:
	// false consent
	// true granted
}

func ExampleContactPolicy_Consent() {
	ctx, stop := newDesk()
	defer stop()
	customer := event.Customer{ID: "customer-7"}
	may := func(c event.Channel) {
		ok, reason := examplePolicy.May(ctx, customer, "offer", c)
		fmt.Println(c, ok, reason)
	}
	err := examplePolicy.Consent(ctx, customer, touchpoint.Permit{Purpose: "offer", Source: "signup form"})
	fmt.Println(err)
	err = examplePolicy.Withdraw(ctx, customer, touchpoint.Permit{Purpose: "offer", Channel: event.Phone, Source: "call"})
	fmt.Println(err)
	may(event.Email)
	may(event.Phone)
	// Output:
	// <nil>
	// <nil>
	// email true granted
	// phone false consent
}

func ExampleContactPolicy_OpenHold() {
	ctx, stop := newDesk()
	defer stop()
	customer := event.Customer{ID: "customer-7"}
	_ = examplePolicy.Consent(ctx, customer, touchpoint.Permit{Purpose: "offer"})
	_ = examplePolicy.OpenHold(ctx, customer, "complaint", "ticket-4711")
	fmt.Println(examplePolicy.May(ctx, customer, "offer", event.Email))
	_ = examplePolicy.CloseHold(ctx, customer, "complaint", "ticket-4711")
	fmt.Println(examplePolicy.May(ctx, customer, "offer", event.Email))
	// Output:
	// false hold
	// true granted
}

func ExampleContactPolicy_Suppress() {
	ctx, stop := newDesk()
	defer stop()
	address := event.Customer{ID: "info@example.com"}
	moved := touchpoint.Suppression{Reason: touchpoint.Moved, Channel: event.Email, Source: "bounce"}
	fmt.Println(examplePolicy.Suppress(ctx, address, moved))
	fmt.Println(examplePolicy.May(ctx, event.Customer{ID: "customer-7"}, "service", event.Email, touchpoint.To("info@example.com")))
	fmt.Println(examplePolicy.Lift(ctx, address, moved, "employee-12"))
	fmt.Println(examplePolicy.May(ctx, event.Customer{ID: "customer-7"}, "service", event.Email, touchpoint.To("info@example.com")))
	// Output:
	// <nil>
	// false suppressed
	// <nil>
	// true granted
}

func ExampleGrant_Release() {
	ctx, stop := newDesk()
	defer stop()
	customer := event.Customer{ID: "customer-7"}
	grant := examplePolicy.Ask(ctx, customer, "survey", event.Email)
	grant.Release(ctx) // the survey was closed meanwhile
	fmt.Println(grant.OK(), grant.Reason())
	fmt.Println(examplePolicy.May(ctx, customer, "survey", event.Email))
	// Output:
	// false released
	// true granted
}

func ExampleDefineContactPolicy() {
	p := touchpoint.DefineContactPolicy("contacts",
		touchpoint.Purpose("offer", touchpoint.QuietHours(exampleNight), touchpoint.Cap(2, 7*24*time.Hour)),
		touchpoint.Purpose("fraud", touchpoint.GrantedIfUnknown()),
		touchpoint.Purpose("survey", touchpoint.GrantLife(8*24*time.Hour)),
		touchpoint.CapTogether(3, exampleMonth, "offer", "survey"))
	fmt.Println(p.Validate())
	// Output:
	// contact policy "contacts": Purpose "survey": GrantLife is 192h0m0s: it has to be more than 0 and at most 168h0m0s
}

// A list of another company's customers who must not be called. The second import of it changes nothing.
func ExampleContactPolicy_Import() {
	ctx, stop := newDesk()
	defer stop()
	const list = `customer,reason,channel,at,source
customer-7,opted_out,phone,2026-03-01,preference service
customer-8,deceased,,2026-03-02,registry
`
	for range 2 {
		report, err := examplePolicy.Import(ctx, strings.NewReader(list))
		fmt.Println(report.Added, "added,", report.Known, "known,", err)
	}
	_, err := examplePolicy.Import(ctx, strings.NewReader("customer,reason,at\ncustomer-9,dead,2026-03-01\n"))
	fmt.Println(err)
	// Output:
	// 2 added, 0 known, <nil>
	// 0 added, 2 known, <nil>
	// touchpoint: import: the list has bad rows: 1, and nothing was changed
	// line 2:12: the reason is not one of deceased, moved, opted_out, minor, complaint
}

func ExampleContactPolicy_Record() {
	ctx, stop := newDesk()
	defer stop()
	customer := event.Customer{ID: "customer-7"}
	said := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	_ = examplePolicy.Consent(ctx, customer, touchpoint.Permit{Purpose: "offer", Source: "signup form", At: said})
	record, err := examplePolicy.Record(ctx, customer)
	fmt.Println(record.Permits[0].Purpose, record.Permits[0].Given, record.Permits[0].At.Format(time.DateOnly), err)
	// Output:
	// offer true 2026-03-01 <nil>
}

func ExampleContactPolicy_Represent() {
	ctx, stop := newDesk()
	defer stop()
	customer := event.Customer{ID: "customer-7"}
	_ = examplePolicy.Represent(ctx, customer, "employee-12")
	fmt.Println(examplePolicy.RepresentedBy(ctx, customer, "employee-12"))
	fmt.Println(examplePolicy.RepresentedBy(ctx, customer, "employee-13"))
	// Output:
	// true <nil>
	// false <nil>
}

// A mail that is for surveys only. To send one without a grant, or with one for something else, is a violation.
func ExampleFor() {
	surveyMail := touchpoint.Define("survey-mail", touchpoint.For("survey"))
	client, err := cx.New(
		cx.WithStore(new(memory.Store)),
		cx.WithCustomerKey([]byte("a secret of at least 16 bytes")),
		cx.WithDefinitions(examplePolicy, surveyMail),
		cx.WithOnViolation(func(_ context.Context, e event.Event) { fmt.Println(e.Touchpoint, e.Contact.Purpose, e.Contact.Rule) }))
	if err != nil {
		panic(err)
	}
	ctx := cx.NewContext(context.Background(), client)
	customer := event.Customer{ID: "customer-7"}
	surveyMail.Record(ctx, event.Email, touchpoint.Granted(examplePolicy.Ask(ctx, customer, "survey", event.Email)))
	surveyMail.Record(ctx, event.Email, touchpoint.From(customer)) // the policy was not asked
	_ = client.Shutdown(context.Background())                      // which waits for the hook
	// Output:
	// survey-mail survey no_grant
}

func ExampleContactPolicy_Terms() {
	for _, t := range examplePolicy.Terms() {
		fmt.Println(t.Name, t.Channels, t.Consent, t.Stops, t.Life)
	}
	// Output:
	// survey [email] false [] 10m0s
	// offer [] true [complaint] 10m0s
	// service [] false [] 10m0s
}

// A question is asked once in 90 days, beside what the policy allows for all questions together.
func ExampleOnce() {
	ctx, stop := newDesk()
	defer stop()
	customer := event.Customer{ID: "customer-7"}
	for _, topic := range []string{"returns", "returns", "delivery"} {
		grant := examplePolicy.Ask(ctx, customer, "service", event.Email, touchpoint.Once(topic, 3*exampleMonth), touchpoint.AtOnce())
		fmt.Println(topic, grant.Reason())
	}
	// Output:
	// returns granted
	// returns cap
	// delivery granted
}

// The grant is used as soon as it is there: a question in the page that the customer is looking at.
func ExampleAtOnce() {
	ctx, stop := newDesk()
	defer stop()
	grant := examplePolicy.Ask(ctx, event.Customer{ID: "customer-7"}, "survey", event.Email, touchpoint.AtOnce())
	fmt.Println(grant.OK(), grant.Use(ctx))
	// Output:
	// true true
}
