package phones_test

import (
	"testing"

	"cairncx.dev/cairn/feedback/redact"
	"cairncx.dev/cairn/feedback/redact/phones"
)

// BenchmarkText is what the plans of three regions cost a text with one number, beside Quick, which does not ask them.
func BenchmarkText(b *testing.B) {
	plans, err := phones.New("US", "GB", "DE")
	if err != nil {
		b.Fatal(err)
	}
	r, err := redact.New(redact.WithPhones(plans))
	if err != nil {
		b.Fatal(err)
	}
	const text = "the parcel has not arrived, I am there in the evening: 030 23125 012"
	b.Run("quick", func(b *testing.B) {
		for b.Loop() {
			r.Quick(text)
		}
	})
	b.Run("text", func(b *testing.B) {
		for b.Loop() {
			r.Text(text)
		}
	})
}
