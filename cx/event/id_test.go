package event_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
)

// TestNewIDIsVersion7 goes by RFC 9562: section 5.7 for the layout, section 4.1 for the
// variant, section 4.2 for the version.
func TestNewIDIsVersion7(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		at           time.Time
	}{
		{"the RFC's example", "appendix A.6: 2022-02-22T19:22:22Z is 017F22E2-79B0-7…", time.Date(2022, 2, 22, 19, 22, 22, 0, time.UTC)},
		{"the epoch", "48 bits of zeros are a time too", time.Unix(0, 0)},
		{"sub-millisecond", "what is below a millisecond is not in the timestamp", time.Unix(1_700_000_000, 999_999)},
		{"far away", "the last millisecond of the year 9999", time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for range 1000 { // the rest is random
				id := event.NewID(c.at)
				var ms [8]byte
				binary.BigEndian.PutUint64(ms[:], uint64(c.at.UnixMilli()))
				if !bytes.Equal(id[:6], ms[2:]) {
					t.Fatalf("%v begins with %x, want %x: %s", id, id[:6], ms[2:], c.reason)
				}
				if v := id[6] >> 4; v != 7 {
					t.Fatalf("%v is of version %d", id, v)
				}
				if v := id[8] >> 6; v != 0b10 {
					t.Fatalf("%v is of variant %b", id, v)
				}
			}
		})
	}
	if got := event.NewID(time.Date(2022, 2, 22, 19, 22, 22, 0, time.UTC)).String(); !strings.HasPrefix(got, "017f22e2-79b0-7") {
		t.Errorf("%s does not begin as the example of RFC 9562, appendix A.6, does: 017F22E2-79B0-7…", got)
	}
}

// TestNewIDUsesAllItsBits: of 74 random bits none may stand still, or IDs collide.
func TestNewIDUsesAllItsBits(t *testing.T) {
	t.Parallel()
	var ones, zeros event.ID
	for range 2000 {
		id := event.NewID(time.Unix(0, 0))
		for i := range id {
			ones[i] |= id[i]
			zeros[i] |= ^id[i]
		}
	}
	moving := event.ID{6: 0x0f, 7: 0xff, 8: 0x3f, 9: 0xff, 10: 0xff, 11: 0xff, 12: 0xff, 13: 0xff, 14: 0xff, 15: 0xff}
	for i := range moving {
		if got := ones[i] & zeros[i]; got != moving[i] {
			t.Errorf("of byte %d the bits %08b are random, want %08b", i, got, moving[i])
		}
	}
}

func TestNewIDIsUnique(t *testing.T) {
	t.Parallel()
	const workers, each = 8, 25_000 // 200,000 in the same millisecond
	at := time.Unix(1_700_000_000, 0)
	made := make([][]event.ID, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			ids := make([]event.ID, each)
			for i := range ids {
				ids[i] = event.NewID(at)
			}
			made[w] = ids
		})
	}
	wg.Wait()
	seen := make(map[event.ID]bool, workers*each)
	for _, ids := range made {
		for _, id := range ids {
			if seen[id] {
				t.Fatalf("%v was made twice", id)
			}
			seen[id] = true
		}
	}
}

// TestNewIDSorts: RFC 9562, section 6.11: version 7 sorts by its bytes. Here, to the
// millisecond, which is all that is promised.
func TestNewIDSorts(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var ids, texts []string
	for i := range 10_000 {
		id := event.NewID(at.Add(time.Duration(i*i) * time.Millisecond))
		ids, texts = append(ids, string(id[:])), append(texts, id.String())
	}
	if !slices.IsSorted(ids) {
		t.Error("IDs of later milliseconds do not sort after those of earlier ones")
	}
	if !slices.IsSorted(texts) {
		t.Error("the texts of IDs do not sort as their times do")
	}
}

func TestNewIDDoesNotAllocate(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	var id event.ID
	if n := testing.AllocsPerRun(100, func() { id = event.NewID(at) }); n != 0 {
		t.Errorf("making %v allocates %v times, want 0", id, n)
	}
}

// sum hashes the parts as the package says it does, written again: SHA-256 over each part
// behind its length as a base-128 varint.
func sum(parts ...string) []byte {
	h := sha256.New()
	for _, p := range parts {
		n := len(p)
		for n >= 0x80 {
			h.Write([]byte{byte(n) | 0x80})
			n >>= 7
		}
		h.Write([]byte{byte(n)})
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

// TestTraceIDs: every service on every day arrives at the same trace, so these values may
// never change.
func TestTraceIDs(t *testing.T) {
	t.Parallel()
	j := event.Run{Namespace: "production", Name: "checkout", ID: "cart-42"}
	root := sum("cairn.trace.1", "production", "checkout", "cart-42")
	if got, want := j.TraceID().String(), hex.EncodeToString(root[:16]); got != want {
		t.Errorf("TraceID is %s, by its description %s", got, want)
	}
	if got, want := j.TraceID().String(), "dcbe164086b0cb5e04b0959fa0e5f2b0"; got != want {
		t.Errorf("TraceID is %s, want %s as ever", got, want)
	}
	if got, want := j.RootSpan().SpanID().String(), hex.EncodeToString(root[16:24]); got != want {
		t.Errorf("the root's span ID is %s, by its description %s", got, want)
	}
	if got, want := j.RootSpan().TraceID(), j.TraceID(); got != want {
		t.Errorf("the root's trace is %v, the journey's %v", got, want)
	}
}

func TestIDText(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	rapid.Check(t, func(t *rapid.T) {
		var id event.ID
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		s := id.String()
		if !form.MatchString(s) {
			t.Fatalf("%q is not the form of RFC 9562, section 4", s)
		}
		if strings.ReplaceAll(s, "-", "") != hex.EncodeToString(id[:]) {
			t.Fatalf("%q are not the bytes %x", s, id[:])
		}
		var back event.ID
		if err := back.UnmarshalText([]byte(s)); err != nil || back != id {
			t.Fatalf("%q is read as %v, %v", s, back, err)
		}
		if id.IsZero() != (id == event.ID{}) {
			t.Fatalf("IsZero of %v is %v", id, id.IsZero())
		}
	})
	for _, c := range []struct {
		name, reason, in string
		ok               bool
	}{
		{"upper case", "RFC 9562, section 4: upper case is read", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", true},
		{"nil UUID", "RFC 9562, section 5.9", "00000000-0000-0000-0000-000000000000", true},
		{"empty", "no ID at all is said by leaving it out", "", false},
		{"no dashes", "one form only", "017f22e279b07cc398c4dc0c0c07398f", false},
		{"braces", "another system's form", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}", false},
		{"URN", "another form of the RFC", "urn:uuid:017f22e2-79b0-7cc3-98c4-dc0c0c07398f", false},
		{"not hexadecimal", "a letter too far", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", false},
		{"misplaced dash", "36 characters are not enough", "017f22e27-9b0-7cc3-98c4-dc0c0c07398f", false},
		{"dash for a digit", "nor are five dashes", "017f22e2-79b0-7cc3-98c4-dc0c0c07398-", false},
		{"too long", "hostile input", strings.Repeat("0", 1<<16), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before := event.ID{1}
			id := before
			err := id.UnmarshalText([]byte(c.in))
			if (err == nil) != c.ok {
				t.Errorf("%.40q: %v, want ok %v: %s", c.in, err, c.ok, c.reason)
			}
			if err != nil && (id != before || len(err.Error()) > 300) {
				t.Errorf("%.40q: a refused text leaves %v and an error of %d bytes", c.in, id, len(err.Error()))
			}
		})
	}
}
