package redact_test

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/redact"
	"cairncx.dev/cairn/feedback/redact/phones"
)

// sink is an exporter that prints comments.
type sink struct{}

func (sink) Export(_ context.Context, events []event.Event) error {
	for _, e := range events {
		fmt.Println(e.Feedback.Comment)
	}
	return nil
}

func (sink) Shutdown(context.Context) error { return nil }

// A client redacts with Quick, where the customer waits, and each exporter with Event, where no customer waits.
func Example() {
	plans, err := phones.New("DE", "AT", "CH")
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := redact.New(redact.WithPhones(plans))
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := cx.New(cx.WithRedactor(r.Quick), cx.WithExporters(exporters.Filter(sink{}, r.Event)))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := cx.NewContext(context.Background(), client)
	feedback.CSAT.Record(ctx, 2, feedback.Comment("jane@example.com, abends unter 030 23125 012: Karte 4242 4242 4242 4242 zweimal belastet"))
	if err := client.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output: [email], abends unter [phone]: Karte [card] zweimal belastet
}

func ExampleNew() {
	r, err := redact.New(redact.WithHandles(), redact.Without(redact.NationalID))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Text("write to @jane or jane (at) example (dot) com, not to +1 202 555 0143"))
	fmt.Println(r.Text("order 1029384756 of 2026-04-17 cost $1,299.00"))
	_, err = redact.New(redact.WithPseudonyms([]byte("short")))
	fmt.Println(err)
	// Output:
	// write to [handle] or [email], not to [phone]
	// order 1029384756 of 2026-04-17 cost $1,299.00
	// redact: the redactor cannot be made: WithPseudonyms: the key has 5 bytes: give it at least 16 random ones
}

// Equal addresses have equal pseudonyms, however they are written.
func ExampleWithPseudonyms() {
	r, err := redact.New(redact.WithPseudonyms([]byte("a secret of 16 bytes and more")))
	if err != nil {
		fmt.Println(err)
		return
	}
	a, b := r.Text("jane@example.com"), r.Text("Jane (at) example (dot) com")
	fmt.Println(len(a) == len("[email:3f9a62c1]"), a == b, a == r.Text("john@example.com"))
	// Output: true true false
}

// Find shows what would be replaced, to try a redactor on texts of one's own.
func ExampleRedactor_Find() {
	r, err := redact.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	text := "refund to DE89 3704 0044 0532 0130 00, my PIN is 4711"
	for _, f := range r.Find(text) {
		fmt.Println(f.Kind, text[f.Start:f.End])
	}
	// Output:
	// iban DE89 3704 0044 0532 0130 00
	// secret 4711
}

func ExampleRedactor_Quick() {
	r, err := redact.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Quick("clone https://jane:s3cret@git.example/shop with ghp_0123456789abcdefghijABCDEFGHIJ012345"))
	// Output: clone https://[credentials]@git.example/shop with [secret]
}

func ExampleRedactor_Event() {
	r, err := redact.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	e, keep := r.Event(event.Event{FollowUp: &event.FollowUp{ID: "7", Note: "answered jane@example.com"}})
	fmt.Println(e.FollowUp.Note, keep)
	// Output: answered [email] true
}

func ExampleKinds() {
	fmt.Println(redact.Kinds())
	// Output: [email phone card iban id secret credentials handle]
}
