package journey_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// dispute is a journey that one touchpoint moves, keeps the promise of and ends.
var (
	dispute = journey.Define("dispute", journey.Stages("opened", "settled"), journey.Promise("settled", time.Hour, journey.Until("settled")),
		journey.Promise("closed", time.Hour))
	settle = touchpoint.Define("settle", touchpoint.In(dispute, "settled"), touchpoint.Ends(event.Completed))
)

// TestAccountAndIntentOfARun: whichever event of a run names nobody, it is of the run's account, which is the HMAC of the
// application's own ID. The intent of an event is that of the transitions that it makes, and of no other.
func TestAccountAndIntentOfARun(t *testing.T) {
	t.Parallel()
	mac := hmac.New(sha256.New, []byte("a key of at least 16 bytes")) // as event.Customer.Account says
	mac.Write([]byte("account\x00acme"))
	account := hex.EncodeToString(mac.Sum(nil))[:32]
	for _, mode := range []string{"in memory", "with a store"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				opts := []cx.Option{cx.WithDefinitions(dispute, settle), cx.WithClock(time.Now)}
				if mode == "with a store" {
					opts = append(opts, cx.WithStore(&ledgertest.Memory{}), cx.WithEndGrace(cx.NoEndGrace))
				}
				s := start(t, opts...)
				dispute.Start(s.ctx(), "d1", event.Customer{ID: "alice", AccountID: "acme"})
				s.flush(t)
				dispute.Enter(dispute.Resume(s.ctx(), "d1"), "opened")
				s.flush(t)
				time.Sleep(time.Minute)
				s.client.Record(s.ctx(), event.Event{
					Kind: event.TouchpointEnded, Touchpoint: "settle", Intent: "get a refund",
					Journey: event.Run{Name: "dispute", ID: "d1"},
				})
				s.flush(t)
				kept := "promise.kept get a refund"
				if mode == "with a store" { // a keep is decided later, and the run does not keep which event made it
					kept = "promise.kept "
				}
				var got []string
				for _, e := range s.of("dispute", "d1") {
					if e.Customer.Account != account || e.Customer.AccountID != "" {
						t.Errorf("%s is of the account %q, want %q", e.Kind, e.Customer.Account, account)
					}
					got = append(got, fmt.Sprintf("%s %s", e.Kind, e.Intent))
				}
				slices.Sort(got)
				if diff := cmp.Diff([]string{
					"journey.ended get a refund",
					"journey.stage.entered ", "journey.stage.entered get a refund",
					"journey.started ",
					kept, kept,
					"promise.made ", "promise.made ",
					"touchpoint.ended get a refund",
				}, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}
