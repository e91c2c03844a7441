package resolve_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/resolve"
)

// TestAccount: the ID of an account is hashed as a customer's is, under the same key and in a domain of its own, and no event
// leaves with it. The expected values are those of crypto/hmac.
func TestAccount(t *testing.T) {
	t.Parallel()
	key := []byte("a key of at least 16 bytes")
	mac := func(message string) string {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(message))
		return hex.EncodeToString(m.Sum(nil))[:32]
	}
	long := strings.Repeat("x", event.MaxID+1)
	for _, c := range []struct {
		name        string
		key         []byte
		anonymous   bool
		given, want event.Customer
		fault       fault.Fault
		faulty      bool
	}{
		{name: "an ID", key: key, given: event.Customer{AccountID: "acme"}, want: event.Customer{Account: mac("account\x00acme")}},
		{name: "the ID of the customer too", key: key, given: event.Customer{ID: "acme", AccountID: "acme"}, want: event.Customer{Hash: mac("acme"), Account: mac("account\x00acme")}},
		{name: "an ID and a hash", key: key, given: event.Customer{AccountID: "acme", Account: "other"}, want: event.Customer{Account: mac("account\x00acme")}},
		{name: "a hash", key: key, given: event.Customer{Account: "0f34"}, want: event.Customer{Account: "0f34"}},
		{name: "no key", given: event.Customer{AccountID: "acme", Account: "other"}, fault: fault.NoCustomerKey, faulty: true},
		{name: "no customers wanted", anonymous: true, given: event.Customer{AccountID: "acme"}},
		{name: "a long ID", key: key, given: event.Customer{AccountID: long}, fault: fault.InvalidCustomer, faulty: true},
		{name: "a control character", key: key, given: event.Customer{AccountID: "a\x00b"}, fault: fault.InvalidCustomer, faulty: true},
		{name: "a long hash", key: key, given: event.Customer{Account: long}, fault: fault.InvalidCustomer, faulty: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := run(event.JourneyStarted)
			e.Customer = c.given
			_, found := resolver(t, func(cfg *resolve.Config) { cfg.CustomerKey, cfg.NoCustomers = c.key, c.anonymous }).Open(&e)
			if e.Customer != c.want {
				t.Errorf("the customer is %+v, want %+v", e.Customer, c.want)
			}
			if found.IsEmpty() == c.faulty || c.faulty && !found.Has(c.fault) {
				t.Errorf("the faults are %v", names(found.Set))
			}
			for _, f := range found.List() {
				if r := f.Report(); strings.Contains(r.Detail, c.given.AccountID) && c.given.AccountID != "" {
					t.Errorf("the report has the ID: %q", r.Detail)
				}
			}
		})
	}
}

// TestHash: HMAC-SHA-256 cut to 128 bits. Expected values: RFC 4231, test cases 2 and 5, and
// the standard library.
func TestHash(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		key          []byte
		id, want     string
	}{
		{"case 2", "RFC 4231, section 4.3, the first 128 bits", []byte("Jefe"), "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c7"},
		{"case 5", "RFC 4231, section 4.6, which is cut to 128 bits", bytes.Repeat([]byte{0x0c}, 20), "Test With Truncation", "a3b6167473100ee06e0c796c2955552b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t, func(cfg *resolve.Config) { cfg.CustomerKey = c.key })
			if got := r.Hash(c.id); got != c.want {
				t.Errorf("it is %s, want %s: %s", got, c.want, c.reason)
			}
			m := hmac.New(sha256.New, c.key)
			m.Write([]byte(c.id))
			e := run(event.JourneyStarted)
			e.Customer = event.Customer{ID: c.id, Hash: "forged"}
			r.Open(&e)
			if want := hex.EncodeToString(m.Sum(nil))[:32]; e.Customer.Hash != want || e.Customer.ID != "" {
				t.Errorf("the customer goes on as %+v, want the hash %s only", e.Customer, want)
			}
			// Resolved again, as an event of a position is, it stays what it is.
			r.Open(&e)
			if e.Customer.Hash != c.want {
				t.Errorf("the second time it is %s: hashed once, where the journey starts", e.Customer.Hash)
			}
		})
	}
	t.Run("no key, and none is wanted", func(t *testing.T) {
		t.Parallel()
		r := resolver(t, func(cfg *resolve.Config) { cfg.CustomerKey, cfg.NoCustomers = nil, true })
		e := run(event.JourneyStarted)
		e.Customer = event.Customer{ID: "alice"}
		if _, found := r.Open(&e); !found.IsEmpty() || e.Customer != (event.Customer{}) {
			t.Errorf("the faults are %v, the customer %+v", names(found.Set), e.Customer)
		}
	})
	t.Run("no key", func(t *testing.T) {
		t.Parallel()
		r := resolver(t, func(cfg *resolve.Config) { cfg.CustomerKey = nil })
		e := run(event.JourneyStarted)
		e.Customer = event.Customer{ID: "alice", Hash: "forged", Segment: "new"}
		_, found := r.Open(&e)
		if list := found.List(); len(list) != 1 || found.Set != faults(fault.NoCustomerKey) || list[0].Report().Name != "cx.WithCustomerKey" {
			t.Errorf("the findings are %v, want one that names the option", list)
		}
		if e.Customer != (event.Customer{Segment: "new"}) {
			t.Errorf("without a key the customer goes on as %+v", e.Customer)
		}
	})
}
