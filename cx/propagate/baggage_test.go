package propagate_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
)

// odd are members that some reader takes for ours. The readers are OpenTelemetry's baggage
// propagators: Go trims white space by Unicode, Python and .NET decode percent signs and plus
// signs in names, JavaScript decodes percent signs.
var odd = []string{
	"cairn=1//a/b////////", "cairn=", "cairn", "cairn;p=1", "cairn=;p", " cairn = 1 ", "\tcairn\t=1",
	"cairn=1//a/b////////;p=1;q", "cairn==", "cairn=a=b", "cairn=%", "cairn=%zz",
	"%63airn=1", "c%61irn=1", "%63%61%69%72%6e=1", "%63%61%69%72%6E=1", "%2563airn=1", "%252563airn=1",
	"%20cairn=1", "cairn%20=1", "+cairn=1", "cairn+=1", "cairn%09=1", "%0Acairn=1", "cairn%00=1",
	"\xa0cairn=1", "cairn\x85=1", "%A0cairn=1", "\ufeffcairn=1", "%EF%BB%BFcairn=1", "cairn\u200b=1",
	"\u00a0cairn=1", "cairn\u2003=1", "%C2%A0cairn=1", "cairn%E2%80%83=1",
}

// TestEveryMemberGoes: what is left of a header has no member that any reader takes for ours, and
// everything else in its order.
func TestEveryMemberGoes(t *testing.T) {
	t.Parallel()
	for _, m := range odd {
		for _, c := range []struct{ name, header, want string }{
			{"alone", m, ""},
			{"first", m + ",a=1", "a=1"},
			{"last", "a=1;p=2," + m, "a=1;p=2"},
			{"between", "a=%2C," + m + ",b=2", "a=%2C,b=2"},
			{"twice", m + "," + m, ""},
			{"behind an empty one", "cairn=," + m, ""},
			{"before an empty one", m + ",cairn=", ""},
			{"among empty list elements", ",," + m + ",,a=1,", "a=1"},
		} {
			if got := propagate.AddToBaggage(c.header, ""); got != c.want {
				t.Errorf("%q, %s: %q is left, want %q", m, c.name, got, c.want)
			}
			if got := propagate.AddToBaggage(c.header, "1/x"); got != strings.TrimPrefix(c.want+",cairn=1/x", ",") {
				t.Errorf("%q, %s: with ours it is %q", m, c.name, got)
			}
			if _, found := propagate.TextFromBaggage(c.header); !found {
				t.Errorf("%q, %s: it is not found", m, c.name)
			}
		}
	}
}

// TestOthersStay: names are compared byte by byte (W3C Baggage, section 3.3.1.1: a token, which has
// a case), and whole.
func TestOthersStay(t *testing.T) {
	t.Parallel()
	for _, m := range []string{
		"Cairn=1", "CAIRN=1", "cairn2=1", "xcairn=1", "cair=1", "cairn.x=1", "a=cairn", "a=1;cairn=2", "a=%2Ccairn%3D1",
		"%63airns=1", "%43airn=1", "c+airn=1", "cairn%2=1", "cairn%zz=1", "%", "%2", "=cairn", ";cairn", "%25=1",
	} {
		if got := propagate.AddToBaggage(m, ""); got != m {
			t.Errorf("of %q is left %q", m, got)
		}
		if text, found := propagate.TextFromBaggage(m); found || text != "" {
			t.Errorf("%q is taken for %q, %v", m, text, found)
		}
	}
}

// TestTextFromBaggage says what is read where more than a plain member was sent.
func TestTextFromBaggage(t *testing.T) {
	t.Parallel()
	const p = "1//checkout/cart-7////////"
	const sig = "1.a.b.c.d"
	for _, c := range []struct{ name, reason, header, want string }{
		{"plain", "the value", "cairn=" + p, p},
		{"signed", "with its signature", "cairn=" + p + ";sig=" + sig, p + ";sig=" + sig},
		{"signed, with spaces", "W3C: optional white space", "cairn = " + p + " ; sig = " + sig + " ", p + ";sig=" + sig},
		{"among properties", "a hop may add its own", "cairn=" + p + ";ttl=1;sig=" + sig + ";x", p + ";sig=" + sig},
		{"a property of another name", "is none of ours", "cairn=" + p + ";Sig=" + sig, p},
		{"encoded", "W3C: percent-decoded once", "cairn=1%2F%2Fcheckout%2Fcart-7%2F%2F%2F%2F%2F%2F%2F%2F", p},
		{"encoded in lower case", "hexadecimal has no case", "cairn=1%2f%2fcheckout%2fcart-7%2f%2f%2f%2f%2f%2f%2f%2f", p},
		{"letters encoded", "any byte may be", "cairn=%31//%63heckout/cart-7////////", p},
		{"the properties encoded with the value", "by a hop that knows of none", "cairn=" + p + "%3Bttl%3D1%3Bsig%3D" + sig, p + ";sig=" + sig},
		{"the property's value encoded", "W3C: it is encoded as values are", "cairn=" + p + ";sig=1%2Ea%2Eb%2Ec%2Ed", p + ";sig=" + sig},
		{"encoded twice", "decoded once; what is left is refused", "cairn=1%252F", "1%2F"},
		{"an empty one before", "it says nothing", "cairn=,cairn=" + p, p},
		{"an empty one behind", "it says nothing", "cairn=" + p + ",cairn=", p},
		{"the same twice", "no contradiction", "cairn=" + p + ",cairn=" + p, p},
		{"the same twice, one encoded", "no contradiction", "cairn=" + p + ",cairn=" + strings.ReplaceAll(p, "/", "%2F"), p},
		{"the same twice, one signed", "the signature counts", "cairn=" + p + ",cairn=" + p + ";sig=" + sig, p + ";sig=" + sig},
		{"two that differ", "a contradiction: nobody of ours sends two", "cairn=" + p + ",cairn=1//checkout/victim////////", ""},
		{"two signatures that differ", "none that can be read", "cairn=" + p + ";sig=" + sig + ";sig=x", p + ";sig=?"},
		{"only an odd name", "it is taken out and not read", "%63airn=" + p, ""},
		{"only empty", "a signature of nothing", "cairn=;sig=" + sig, ""},
		{"no value", "nothing to read", "cairn;sig=" + sig, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, found := propagate.TextFromBaggage(c.header)
			if got != c.want || !found {
				t.Errorf("it is %q, found %v; want %q: %s", got, found, c.want, c.reason)
			}
		})
	}
}

// TestEncodedTwice: it is no position, rather than another one.
func TestEncodedTwice(t *testing.T) {
	t.Parallel()
	for _, h := range []string{"cairn=1%252F%252Fcheckout%252Fcart-7%252F%252F%252F%252F%252F%252F%252F%252F", "cairn=1//checkout/cart%252F7////////"} {
		text, found := propagate.TextFromBaggage(h)
		if p, err := propagate.ParseHeader(text); !found || err == nil {
			t.Errorf("%q is read as %+v", h, p)
		}
	}
}

// pythonQuote is what OpenTelemetry for Python sends on: urllib.parse.quote_plus of the value, which
// leaves letters, digits and "_.-~", and has decoded the whole of what follows the name before.
func pythonQuote(s string, hex string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("_.-~", c) >= 0:
			b.WriteByte(c)
		case c == ' ':
			b.WriteByte('+')
		default:
			b.WriteString("%" + hex[c>>4:c>>4+1] + hex[c&15:c&15+1])
		}
	}
	return b.String()
}

// everyByte encodes all of it, as the specification allows.
func everyByte(s string, hex string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteString("%" + hex[c>>4:c>>4+1] + hex[c&15:c&15+1])
	}
	return b.String()
}

// TestHopsLoseNothing: any position, signed or not, through hops in any order that decode and encode
// baggage, is the same position.
func TestHopsLoseNothing(t *testing.T) {
	t.Parallel()
	keys := must(propagate.NewKeys(nil, 0, []byte("0123456789abcdef")))
	const upper, lower = "0123456789ABCDEF", "0123456789abcdef"
	decoded := func(header string) string { // of the one member, as a reader decodes it
		text, _ := propagate.TextFromBaggage(header)
		return text
	}
	hops := map[string]func(header string) string{
		"Go": func(h string) string {
			b, err := baggage.Parse(h)
			if err != nil {
				panic(err)
			}
			return b.String()
		},
		"Python":       func(h string) string { return "cairn=" + pythonQuote(decoded(h), upper) },
		"lower case":   func(h string) string { return "cairn=" + pythonQuote(decoded(h), lower) },
		"every byte":   func(h string) string { return "cairn=" + everyByte(decoded(h), upper) },
		"value apart":  func(h string) string { v, s, _ := strings.Cut(decoded(h), ";"); return apart(v, s, lower) },
		"white space":  func(h string) string { return "\t" + strings.Replace(h, "=", " = ", 1) + " " },
		"other member": func(h string) string { return "a=1%2C;p,  " + h + " ,b=2" },
	}
	names := []string{"Go", "Python", "lower case", "every byte", "value apart", "white space", "other member"}
	sent := 0
	rapid.Check(t, func(t *rapid.T) {
		p := positions().Draw(t, "position")
		text, ok := propagate.Header(&p)
		signed := ok
		if rapid.Bool().Draw(t, "signed") {
			text, signed = keys.Sign(&p, 0)
		}
		if signed != ok {
			t.Fatalf("it is sent: %v, want %v", signed, ok)
		}
		if !ok {
			return
		}
		sent++
		plain, _, _ := strings.Cut(text, ";")
		want := must(propagate.ParseHeader(plain)) // what does not fit is left out
		header := "cairn=" + text
		way := rapid.SliceOfN(rapid.SampledFrom(names), 0, 4).Draw(t, "way")
		for _, hop := range way {
			header = hops[hop](header)
		}
		got, found := propagate.TextFromBaggage(header)
		if got != text || !found {
			t.Fatalf("%q is read as %q, was %q", header, got, text)
		}
		position, err := propagate.Read(context.Background(), got)
		if strings.Contains(text, ";") {
			position, err = keys.Verify(got, 0)
		}
		if err != nil {
			t.Fatalf("%v: %q", err, header)
		}
		if diff := cmp.Diff(*want, *position); diff != "" {
			t.Fatalf("(-want +got):\n%s%q", diff, header)
		}
	})
	if sent == 0 && !testing.Short() { // see TestHeaderRoundTrip
		t.Error("no position fitted")
	}
}

// apart encodes the value and leaves the property.
func apart(value, property, hex string) string {
	h := "cairn=" + pythonQuote(value, hex)
	if property != "" {
		name, v, _ := strings.Cut(property, "=")
		h += ";" + name + "=" + everyByte(v, hex)
	}
	return h
}

// TestStripBaggage takes ours out of OpenTelemetry's baggage, by any name that a hop would decode.
func TestStripBaggage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		members []string
		want    string
		found   bool
	}{
		{"none", nil, "", false},
		{"others", []string{"a", "Cairn"}, "Cairn=v,a=v", false},
		{"ours", []string{"cairn"}, "", true},
		{"ours among others", []string{"a", "cairn"}, "a=v", true},
		{"a name that a hop decodes", []string{"a", "%63airn", "+cairn"}, "a=v", true},
		{"a name that is no token", []string{"a", "\u00a0cairn", "cairn=x"}, "a=v", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := baggage.Baggage{}
			for _, m := range c.members {
				b = must(b.SetMember(must(baggage.NewMemberRaw(m, "v"))))
			}
			ctx, found := propagate.StripBaggage(baggage.ContextWithBaggage(context.Background(), b))
			if found != c.found || !sameMembers(baggage.FromContext(ctx).String(), c.want) {
				t.Errorf("%q is left, found %v; want %q, %v", baggage.FromContext(ctx), found, c.want, c.found)
			}
		})
	}
}

// TestOutgoingSigned: a transport that propagates OpenTelemetry's baggage replaces the header, so that the baggage has the
// text as a whole, with its signature.
func TestOutgoingSigned(t *testing.T) {
	t.Parallel()
	in, p := inJourney(context.Background())
	k := keysAt(time.UnixMilli(1), 0, make([]byte, propagate.MinKey))
	text, ok := k.Sign(&p, 0)
	unsigned, _, _ := strings.Cut(text, ";")
	if !ok || unsigned == text {
		t.Fatalf("the text is %q", text)
	}
	for _, want := range []string{text, unsigned} {
		ctx, _ := propagate.Outgoing(baggage.ContextWithBaggage(in, must(baggage.Parse("tenant=acme"))), want)
		carrier := propagation.MapCarrier{}
		propagation.Baggage{}.Inject(ctx, carrier)
		if got, found := propagate.TextFromBaggage(carrier["baggage"]); got != want || !found {
			t.Errorf("OpenTelemetry's baggage sends %q, want %q", carrier["baggage"], want)
		}
	}
}

// TestOutgoing: whatever a transport below propagates, it is the text or nothing.
func TestOutgoing(t *testing.T) {
	t.Parallel()
	in, p := inJourney(context.Background())
	own, _ := propagate.Header(&p)
	stranger := must(baggage.Parse("cairn=1//checkout/victim////////,tenant=acme"))
	for _, c := range []struct {
		name, reason string
		ctx          context.Context
		text         string
		changed      bool
		want         string // what the propagators below write into an empty header
	}{
		{"nothing, nowhere", "nothing to do", context.Background(), "", false, ""},
		{"nothing, in a journey", "a Propagator below must not tell", in, "", true, ""},
		{"nothing, a stranger's in the baggage", "it goes no further", baggage.ContextWithBaggage(context.Background(), stranger), "", true, "tenant=acme"},
		{"nothing, both", "neither goes further", baggage.ContextWithBaggage(in, stranger), "", true, "tenant=acme"},
		{"ours", "the same word as in the header", in, own, true, "cairn=" + own},
		{"ours, not by this context", "the interceptor decides", context.Background(), own, true, "cairn=" + own},
		{"ours, a stranger's in the baggage", "ours goes", baggage.ContextWithBaggage(in, stranger), own, true, "tenant=acme,cairn=" + own},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, changed := propagate.Outgoing(c.ctx, c.text)
			if changed != c.changed {
				t.Errorf("it is changed: %v, want %v: %s", changed, c.changed, c.reason)
			}
			carrier := propagation.MapCarrier{}
			composite().Inject(ctx, carrier)
			if !sameMembers(carrier["baggage"], c.want) {
				t.Errorf("%q goes on, want %q: %s", carrier["baggage"], c.want, c.reason)
			}
			// Without the Propagator OpenTelemetry's baggage alone must say the same, or nothing.
			carrier = propagation.MapCarrier{}
			propagation.Baggage{}.Inject(ctx, carrier)
			if got, _ := propagate.TextFromBaggage(carrier["baggage"]); got != "" && got != c.text {
				t.Errorf("OpenTelemetry's baggage sends %q: %s", got, c.reason)
			}
		})
	}
}

// TestWithoutCarried takes back what Propagator believed, and nothing else.
func TestWithoutCarried(t *testing.T) {
	t.Parallel()
	carrier := propagation.MapCarrier{"baggage": "cairn=1//checkout/victim////////"}
	rec := &recorder{}
	base := flight.NewContext(context.Background(), rec)
	own, _ := inJourney(base)
	for _, c := range []struct {
		name, reason string
		ctx          context.Context
		want         string
	}{
		{"nothing", "nothing to take back", base, ""},
		{"the application's own", "it stays", own, "cart-42"},
		{"carried", "it goes", propagate.Propagator{}.Extract(base, carrier), ""},
		{"carried within the application's own", "the outer one is left", propagate.Propagator{}.Extract(own, carrier), "cart-42"},
		{"carried twice", "both go", propagate.Propagator{}.Extract(propagate.Propagator{}.Extract(own, carrier), carrier), "cart-42"},
		{"the application's own within a carried one", "the stranger's is not to be found around it", propagate.ContextWithPosition(propagate.Propagator{}.Extract(base, carrier), &event.Position{Journey: event.Run{Name: "returns", ID: "r-1"}}), "r-1"},
		{"the application's own within a carried one, within its own", "both of its own stay", propagate.ContextWithPosition(propagate.Propagator{}.Extract(own, carrier), &event.Position{Journey: event.Run{Name: "returns", ID: "r-1"}}), "r-1"},
		{"carried, with a recorder within", "it goes", flight.NewContext(propagate.Propagator{}.Extract(base, carrier), rec), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, carried := flight.WithoutCarried(c.ctx)
			if want := strings.HasPrefix(c.name, "carried") || strings.Contains(c.name, "within a carried"); carried != want {
				t.Errorf("carried: %v, want %v: %s", carried, want, c.reason)
			}
			id := ""
			if p := propagate.PositionFromContext(ctx); p != nil {
				id = p.Journey.ID
			}
			if id != c.want {
				t.Errorf("the customer is in the run %q, want %q: %s", id, c.want, c.reason)
			}
			if p := flight.PositionIn(ctx, "checkout"); p != nil && p.Journey.ID == "victim" {
				t.Errorf("the run is still found by its name: %s", c.reason)
			}
			if flight.RecorderFrom(ctx) != flight.Recorder(rec) {
				t.Errorf("the recorder is lost: %s", c.reason)
			}
		})
	}
}

// FuzzTextFromBaggage: whatever a header says, what is taken out is gone for every reader, what is
// put in is read back, and what is read is refused or within its bounds.
func FuzzTextFromBaggage(f *testing.F) {
	for _, m := range odd {
		f.Add(m + ",a=1")
	}
	f.Add("a=1;cairn=2,cairn=" + strings.Repeat("%2F", 600))
	f.Add("cairn=1//a/b////////;sig=" + strings.Repeat("x", 400) + ",cairn=1//a/b////////;sig=y;sig=z")
	f.Add("cairn=1%2F%2Fa%2Fb%2F%2F%2F%2F%2F%2F%2F%2F%3Bsig%3D1.a.b.c.d")
	f.Fuzz(func(t *testing.T, header string) {
		text, found := propagate.TextFromBaggage(header)
		if text != "" && !found {
			t.Fatalf("%q has no member and says %q", header, text)
		}
		if _, err := propagate.Read(context.Background(), text); err != nil && !errors.Is(err, propagate.ErrHeader) {
			t.Fatalf("not an ErrHeader: %v", err)
		}
		rest := propagate.AddToBaggage(header, "")
		if _, found := propagate.TextFromBaggage(rest); found {
			t.Fatalf("%q still has it: %q", header, rest)
		}
		if len(rest) > len(header) {
			t.Fatalf("%q became %q", header, rest)
		}
		if b, err := baggage.Parse(rest); err == nil {
			for _, m := range b.Members() {
				if m.Key() == propagate.Member {
					t.Fatalf("OpenTelemetry still finds it in %q", rest)
				}
			}
		}
		const own = "1//a/b////////"
		if got, found := propagate.TextFromBaggage(propagate.AddToBaggage(header, own)); !found || got != own {
			t.Fatalf("ours is read back as %q", got)
		}
	})
}
