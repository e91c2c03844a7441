package flight_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

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

func derived(parts ...string) (id event.ID) {
	copy(id[:], sum(append([]string{"cairn.event.1"}, parts...)...))
	id[6] = id[6]&0x0f | 8<<4
	id[8] = id[8]&0x3f | 0b10<<6
	return id
}

// TestDeriveIDIsStable: IDs of transitions are the same in every version of Cairn, in
// every process. The values below were written down once, and computed independently here.
func TestDeriveIDIsStable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		journey      event.Run
		transition   string
		want         string
	}{
		{
			name: "start", reason: "an ordinary journey",
			journey: event.Run{Namespace: "production", Name: "checkout", ID: "cart-42"}, transition: "started",
			want: "061df32a-32d0-8196-aa66-729a492f83d0",
		},
		{
			name: "second visit", reason: "a stage and its visit are in the transition",
			journey: event.Run{Namespace: "production", Name: "checkout", ID: "cart-42"}, transition: "entered/payment/2",
			want: "e0d15c77-496a-89e2-9c56-3bb20b13ef9c",
		},
		{
			name: "nothing", reason: "empty parts hash like others",
			want: "276f8da3-55f3-8fea-a4e4-0903dba8eb41",
		},
		{
			name: "long", reason: "parts of over 127 bytes have a length of two bytes",
			journey: event.Run{Namespace: "production", Name: "checkout", ID: strings.Repeat("x", 128)}, transition: "ended",
			want: "ff840a22-eeba-8467-bc2d-d3e82410202d",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := flight.DeriveID(c.journey, c.transition)
			if want := derived(c.journey.Namespace, c.journey.Name, c.journey.ID, c.transition); got != want {
				t.Errorf("it is %v, by the description %v: %s", got, want, c.reason)
			}
			if got.String() != c.want {
				t.Errorf("it is %v, want %s as ever: %s", got, c.want, c.reason)
			}
			if v := got[6] >> 4; v != 8 {
				t.Errorf("%v is of version %d, want 8 (RFC 9562, section 5.8)", got, v)
			}
			if v := got[8] >> 6; v != 0b10 {
				t.Errorf("%v is of variant %b (RFC 9562, section 4.1)", got, v)
			}
		})
	}
}

// TestDeriveIDIgnoresWhatIsNotTheRun: two instances that know more or less of the same run
// give its transitions the same ID.
func TestDeriveIDIgnoresWhatIsNotTheRun(t *testing.T) {
	t.Parallel()
	j := event.Run{Namespace: "n", Name: "checkout", ID: "1"}
	k := j
	k.Version, k.Started, k.Value = "v2", time.Unix(1, 0), &event.Money{Amount: 1, Currency: "EUR"}
	if flight.DeriveID(j, "ended") != flight.DeriveID(k, "ended") {
		t.Error("version, start or value change the ID of a transition")
	}
}

// parts are namespace, name, ID, and one more.
type parts [4]string

// TestDerivedIDsDoNotCollide: no two lists of parts read the same, however they are cut.
func TestDerivedIDsDoNotCollide(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		a, b         parts
	}{
		{"moved letter", "the classic: a+bc and ab+c", parts{"n", "a", "bc", "t"}, parts{"n", "ab", "c", "t"}},
		{"namespace and name", "the same at the front", parts{"ab", "c", "d", "t"}, parts{"a", "bc", "d", "t"}},
		{"ID and transition", "the same at the end", parts{"n", "a", "b", "cd"}, parts{"n", "a", "bc", "d"}},
		{"empty part", "an empty part is a part", parts{"", "a", "b", "c"}, parts{"a", "", "b", "c"}},
		{"swapped", "order counts", parts{"n", "a", "b", "c"}, parts{"n", "b", "a", "c"}},
		{"NUL", "no byte is a separator", parts{"n", "a\x00b", "c", "d"}, parts{"n", "a", "b\x00c", "d"}},
		{"forged length", "a length inside a part is not a length", parts{"n", "a\x01b", "", "d"}, parts{"n", "a", "b", "d"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkApart(t, c.a, c.b)
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		// Few letters, so that lists which read the same when joined are common.
		gen := rapid.Custom(func(t *rapid.T) parts {
			s := rapid.StringOfN(rapid.SampledFrom([]rune("ab\x00\x01\x02")), 0, 4, -1)
			return parts{s.Draw(t, "namespace"), s.Draw(t, "name"), s.Draw(t, "id"), s.Draw(t, "more")}
		})
		checkApart(t, gen.Draw(t, "a"), gen.Draw(t, "b"))
	})
}

func checkApart(t interface{ Errorf(string, ...any) }, a, b parts) {
	ja := event.Run{Namespace: a[0], Name: a[1], ID: a[2]}
	jb := event.Run{Namespace: b[0], Name: b[1], ID: b[2]}
	if same := flight.DeriveID(ja, a[3]) == flight.DeriveID(jb, b[3]); same != (a == b) {
		t.Errorf("DeriveID of %q and %q: same is %v", a, b, same)
	}
	if same := flight.StageSpanID(&ja, a[3], 1) == flight.StageSpanID(&jb, b[3], 1); same != (a == b) {
		t.Errorf("StageSpanID of %q and %q: same is %v", a, b, same)
	}
	if same := ja.TraceID() == jb.TraceID(); same != flight.SameRun(&ja, &jb) {
		t.Errorf("TraceID of %q and %q: same is %v, Same %v", a, b, same, flight.SameRun(&ja, &jb))
	}
}

// TestStageSpanIDIsStable: every service on every day derives the same span, so these values never change.
func TestStageSpanIDIsStable(t *testing.T) {
	t.Parallel()
	j := event.Run{Namespace: "production", Name: "checkout", ID: "cart-42"}
	stage := sum("cairn.stage.1", "production", "checkout", "cart-42", "payment", "2")
	if got, want := flight.StageSpanID(&j, "payment", 2).String(), hex.EncodeToString(stage[:8]); got != want {
		t.Errorf("StageSpanID is %s, by its description %s", got, want)
	}
	if got, want := flight.StageSpanID(&j, "payment", 2).String(), "efac1b5937a25433"; got != want {
		t.Errorf("StageSpanID is %s, want %s as ever", got, want)
	}
}

// TestStageSpanIDsDiffer by stage and visit.
func TestStageSpanIDsDiffer(t *testing.T) {
	t.Parallel()
	j := event.Run{Namespace: "n", Name: "checkout", ID: "1"}
	seen := map[trace.SpanID]string{}
	for _, stage := range []string{"", "a", "a1", "a11", "payment"} {
		for visit := range 120 {
			id, what := flight.StageSpanID(&j, stage, visit), fmt.Sprintf("%q, visit %d", stage, visit)
			if other, ok := seen[id]; ok {
				t.Fatalf("%s and %s have one span ID", other, what)
			}
			seen[id] = what
		}
	}
}

func TestSameRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		a, b         event.Run
		same         bool
	}{
		{"zero", "no journey", event.Run{}, event.Run{}, true},
		{"namespace alone", "a namespace is no run", event.Run{Namespace: "n"}, event.Run{}, false},
		{"another ID", "another run", event.Run{Name: "a", ID: "1"}, event.Run{Name: "a", ID: "2"}, false},
		{"another name", "another run", event.Run{Name: "a", ID: "1"}, event.Run{Name: "b", ID: "1"}, false},
		{"another namespace", "staging is not production", event.Run{Namespace: "p", Name: "a", ID: "1"}, event.Run{Namespace: "s", Name: "a", ID: "1"}, false},
		{"more is known", "the same run all the same", event.Run{Name: "a", ID: "1", Version: "v", Started: time.Unix(1, 0), Value: &event.Money{}}, event.Run{Name: "a", ID: "1"}, true},
	} {
		if got := flight.SameRun(&c.a, &c.b); got != c.same || flight.SameRun(&c.b, &c.a) != got {
			t.Errorf("%s: SameRun is %v, want %v: %s", c.name, got, c.same, c.reason)
		}
	}
}
