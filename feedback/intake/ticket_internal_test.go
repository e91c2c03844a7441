package intake //nolint:testpackage // a ticket that is not signed no handler reads

import (
	"bytes"
	"testing"

	"cairncx.dev/cairn/cx/event"
)

// FuzzTicket: what is read is written as the same bytes, so that each ticket has one form.
func FuzzTicket(f *testing.F) {
	for _, t := range []ticket{
		{request: event.ID{1}, survey: "ease"},
		{request: event.ID{1}, expires: 1 << 31, survey: "ease", version: "1f0c9a7e", language: "pt-BR", journey: "order", id: "order-1"},
	} {
		b, _ := t.append([keyIDLen]byte{1, 2, 3, 4})
		f.Add(b)
		f.Add(append(b, 0))
	}
	f.Add([]byte{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x00, 0, 0, 0, 0})          // a long form of 0
	f.Add([]byte{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f}) // a text that is too long
	f.Fuzz(func(t *testing.T, b []byte) {
		read, key, ok := readTicket(b)
		if !ok {
			return
		}
		again, fits := read.append(key)
		if !fits || !bytes.Equal(again, b) || read.request.IsZero() || read.expires < 0 {
			t.Errorf("%x is read as %+v, which is written as %x", b, read, again)
		}
	})
}
