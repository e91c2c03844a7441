package digest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"cairncx.dev/cairn/internal/digest"
)

// written computes the digest as the package describes it, another time: each part follows its length, as a varint.
func written(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		n := len(p)
		for n >= 0x80 {
			b.WriteByte(byte(n) | 0x80)
			n >>= 7
		}
		b.WriteByte(byte(n))
		b.WriteString(p)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

// TestDigests: every derived ID is a part of the digest of its version tag and its texts. The IDs are in the traces and
// archives of users, so a change of one of them is a fault of this package.
func TestDigests(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("x", 200) // its length has two bytes
	trace, root := digest.Root("n", "checkout", id)
	segment, head := digest.Segment("n", "checkout", id, 12)
	stage, started := digest.Stage("n", "checkout", id, "payment", 2), digest.Started("n", "checkout", id)
	promise := digest.Promise("n", "checkout", id, "answered", 2)
	transition := digest.Transition("n", "checkout", id, "ended")
	mention, amendment := digest.Mention("reviews", id), digest.Amendment([16]byte{1}, "said")
	request, requested := digest.RequestKey("n", [16]byte{1}), digest.OfRequest([16]byte{1}, "answered")
	customer, key := digest.Customer("n", id), digest.CustomerKey("n")
	once, long := digest.Once("n", "deliver", "done", []string{"orders", id}), digest.Once("n", "deliver", "done", []string{"1", "2", "3", "4", "5", "6"})
	for _, c := range []struct {
		name, got string
		from      int
		parts     []string
	}{
		{"trace", hex.EncodeToString(trace[:]), 0, []string{"cairn.trace.1", "n", "checkout", id}},
		{"root span", hex.EncodeToString(root[:]), 16, []string{"cairn.trace.1", "n", "checkout", id}},
		{"trace of a segment", hex.EncodeToString(segment[:]), 0, []string{"cairn.segment.1", "n", "checkout", id, "12"}},
		{"root span of a segment", hex.EncodeToString(head[:]), 16, []string{"cairn.segment.1", "n", "checkout", id, "12"}},
		{"span of a stage", hex.EncodeToString(stage[:]), 0, []string{"cairn.stage.1", "n", "checkout", id, "payment", "2"}},
		{"span of the start", hex.EncodeToString(started[:]), 0, []string{"cairn.started.1", "n", "checkout", id}},
		{"span of a promise", hex.EncodeToString(promise[:]), 0, []string{"cairn.promise.1", "n", "checkout", id, "answered", "2"}},
		{"customer's record", hex.EncodeToString(customer[:]), 0, []string{"cairn.customer.1", "n", id}},
		{"record of the customer key", hex.EncodeToString(key[:]), 0, []string{"cairn.customerkey.1", "n"}},
		{"event of a mention", hex.EncodeToString(mention[:]), 0, []string{"cairn.mention.1", "reviews", id}},
		{"event of a changed mention", hex.EncodeToString(amendment[:]), 0, []string{"cairn.amendment.1", "\x01" + strings.Repeat("\x00", 15), "said"}},
		{"record of a request", hex.EncodeToString(request[:]), 0, []string{"cairn.request.1", "n", "\x01" + strings.Repeat("\x00", 15)}},
		{"event of a request", hex.EncodeToString(requested[:]), 0, []string{"cairn.requested.1", "\x01" + strings.Repeat("\x00", 15), "answered"}},
		{"event of a message", hex.EncodeToString(once[:]), 0, []string{"cairn.once.1", "n", "deliver", "done", "orders", id}},
		{"event of a message with many parts", hex.EncodeToString(long[:]), 0, []string{"cairn.once.1", "n", "deliver", "done", "1", "2", "3", "4", "5", "6"}},
		{"event of a transition", hex.EncodeToString(transition[:]), 0, []string{"cairn.event.1", "n", "checkout", id, "ended"}},
	} {
		if want := written(c.parts...)[2*c.from:][:len(c.got)]; c.got != want {
			t.Errorf("the %s is %s, want %s", c.name, c.got, want)
		}
	}
}

func TestOfDoesNotAllocate(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { digest.Root("production", "checkout", "cart-42") }); n != 0 {
		t.Errorf("it allocates %v times, want 0", n)
	}
}
