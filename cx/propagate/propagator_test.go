package propagate_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
)

// The headers are after the examples of the W3C's Baggage, section 3.3.2.

func TestAddToBaggage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, reason, header, member, want string }{
		{"first", "there was no baggage", "", "1/x", "cairn=1/x"},
		{"behind others", "they stay, in order", "userId=alice,serverNode=DF%2028", "1/x", "userId=alice,serverNode=DF%2028,cairn=1/x"},
		{"properties stay", "they are the members' own", "key1=value1;property1;property2, key2 = value2", "1/x", "key1=value1;property1;property2,key2 = value2,cairn=1/x"},
		{"in place of one", "there is one position", "a=1,cairn=1/old,b=2", "1/x", "a=1,b=2,cairn=1/x"},
		{"in place of several", "duplicates go too", "cairn=1/a,b=2,cairn=1/c;p=1", "1/x", "b=2,cairn=1/x"},
		{"in place of one with spaces", "the grammar has optional white space", " cairn \t= 1/old ; p", "1/x", "cairn=1/x"},
		{"names that begin so", "another's member", "cairns=1,cairn.x=2,xcairn=3", "1/x", "cairns=1,cairn.x=2,xcairn=3,cairn=1/x"},
		{"upper case", "names are case-sensitive tokens", "Cairn=1", "1/x", "Cairn=1,cairn=1/x"},
		{"as a property", "a property is not a member", "a=1;cairn=2", "1/x", "a=1;cairn=2,cairn=1/x"},
		{"as a value", "a value is not a name", "a=cairn", "1/x", "a=cairn,cairn=1/x"},
		{"empty members", "a list may have them (RFC 9110, section 5.6.1)", ",, a=1 ,,", "1/x", "a=1,cairn=1/x"},
		{"taken out", "an empty member", "a=1,cairn=1/old,b=2", "", "a=1,b=2"},
		{"taken out of nothing", "nothing is left", "cairn=1/old", "", ""},
		{"nothing", "nothing to do", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := propagate.AddToBaggage(c.header, c.member); got != c.want {
				t.Errorf("it is %q, want %q: %s", got, c.want, c.reason)
			}
		})
	}
}

func TestFromBaggage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, reason, header, want string }{
		{"none", "no baggage", "", ""},
		{"not there", "others only", "userId=alice,cairns=2", ""},
		{"alone", "the value", "cairn=1/x", "1/x"},
		{"among others", "the value", "a=1, cairn=1/x ,b=2", "1/x"},
		{"with properties", "they are left out", "cairn=1/x;p;q=1", "1/x"},
		{"with spaces", "the grammar has optional white space", "\tcairn = 1/x ; p", "1/x"},
		{"twice", "the first one counts", "cairn=1/x,cairn=1/y", "1/x"},
		{"an empty one before it", "the first that says something", "cairn=,cairn=1/x", "1/x"},
		{"encoded", "W3C Baggage, section 3.3.1.3: values are percent-encoded", "cairn=1%2Fx", "1/x"},
		{"encoded in lower case", "RFC 3986, section 2.1: no case", "cairn=1%2fx", "1/x"},
		{"encoded with its properties", "by a hop that knows of none", "cairn=1%2Fx%3Bp%3D1", "1/x"},
		{"only the name", "not a member by the grammar", "cairn", ""},
		{"empty value", "allowed by the grammar, and says nothing", "cairn=", ""},
		{"as a property", "a property is not a member", "a=1;cairn=2", ""},
		{"as a value", "a value is not a name", "a=cairn", ""},
		{"equals in the value", "an octet like others; the header form has none", "cairn=a=b", "a=b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := propagate.FromBaggage(c.header); got != c.want {
				t.Errorf("it is %q, want %q: %s", got, c.want, c.reason)
			}
		})
	}
}

// TestBaggageKeepsForeignMembers holds both functions against OpenTelemetry's reading of
// the header, for any baggage there can be.
func TestBaggageKeepsForeignMembers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var members []baggage.Member
		for i := range rapid.IntRange(0, 4).Draw(t, "members") {
			var props []baggage.Property
			if rapid.Bool().Draw(t, "property") {
				props = append(props, must(baggage.NewKeyValueProperty("p"+strings.Repeat("x", i), rapid.StringMatching(`[a-z0-9]{1,8}`).Draw(t, "of property"))))
			}
			name := rapid.SampledFrom([]string{"a", "cairns", "cair", "cairn", "userId"}).Draw(t, "name")
			members = append(members, must(baggage.NewMemberRaw(name, rapid.String().Draw(t, "value"), props...)))
		}
		before := must(baggage.New(members...))
		header := before.String()
		p := event.Position{Journey: event.Run{Name: "checkout", ID: "1"}}
		h, _ := propagate.Header(&p)
		after, err := baggage.Parse(propagate.AddToBaggage(header, h))
		if err != nil {
			t.Fatalf("%q with a position is not baggage any more: %v", header, err)
		}
		if got := propagate.FromBaggage(after.String()); got != h {
			t.Fatalf("the position is %q, was %q", got, h)
		}
		if want, got := before.DeleteMember(propagate.Member).String(), after.DeleteMember(propagate.Member).String(); !sameMembers(want, got) {
			t.Fatalf("others' members were %q and are %q", want, got)
		}
		if out := propagate.AddToBaggage(after.String(), ""); propagate.FromBaggage(out) != "" || !sameMembers(out, before.DeleteMember(propagate.Member).String()) {
			t.Fatalf("taken out it leaves %q", out)
		}
	})
}

func sameMembers(a, b string) bool {
	set := func(s string) map[string]bool {
		m := map[string]bool{}
		for _, part := range strings.Split(s, ",") {
			m[part] = true
		}
		return m
	}
	return cmp.Equal(set(a), set(b))
}

func inJourney(ctx context.Context) (context.Context, event.Position) {
	p := event.Position{
		Journey: event.Run{Namespace: "production", Name: "checkout", ID: "cart-42"}, Stage: "payment", Visit: 2,
		Customer: event.Customer{Hash: "h"}, Channel: event.Web,
	}
	return propagate.ContextWithPosition(ctx, &p), p
}

// composite is how an application that wants the Propagator sets it up.
func composite() propagation.TextMapPropagator {
	return propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}, propagate.Propagator{})
}

func TestPropagatorInComposite(t *testing.T) {
	t.Parallel()
	ctx, want := inJourney(context.Background())
	ctx = baggage.ContextWithBaggage(ctx, must(baggage.Parse("userId=alice;admin,region=eu")))
	carrier := propagation.HeaderCarrier(http.Header{})
	composite().Inject(ctx, carrier)

	there := composite().Extract(context.Background(), carrier)
	got := propagate.PositionFromContext(there)
	if got == nil {
		t.Fatalf("no position arrived: %v", carrier)
	}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Errorf("(-sent +arrived):\n%s", diff)
	}
	arrived := baggage.FromContext(there)
	if arrived.Member("userId").Value() != "alice" || len(arrived.Member("userId").Properties()) != 1 || arrived.Member("region").Value() != "eu" {
		t.Errorf("of the application's own baggage arrived %q", arrived)
	}
	if fields := (propagate.Propagator{}).Fields(); !cmp.Equal(fields, []string{"baggage"}) {
		t.Errorf("its fields are %q", fields)
	}

	// The next hop is in another stage: its position goes on, not the one that came.
	moved := want
	moved.Stage, moved.Visit = "confirmation", 1
	next := propagation.HeaderCarrier(http.Header{})
	composite().Inject(propagate.ContextWithPosition(there, &moved), next)
	if header := next.Get("baggage"); strings.Count(header, "cairn=") != 1 {
		t.Errorf("the baggage holds not one position: %q", header)
	}
	if got := propagate.PositionFromContext(composite().Extract(context.Background(), next)); got == nil || got.Stage != "confirmation" {
		t.Errorf("after the next hop the customer is at %+v", got)
	}
}

func TestPropagatorWithNothingToSay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		ctx          context.Context
		want         []fault.Fault
	}{
		{"no position", "nobody is in a journey", context.Background(), nil},
		{"too long", "it is counted, and not sent", propagate.ContextWithPosition(context.Background(), &event.Position{
			Journey: event.Run{Name: strings.Repeat("/", 64), ID: strings.Repeat("/", 128)},
		}), []fault.Fault{fault.HeaderSize}},
		{"no journey", "a customer in no journey is nothing to send, and no fault", propagate.ContextWithPosition(context.Background(), &event.Position{Channel: event.Web}), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rec := &recorder{}
			carrier := propagation.MapCarrier{"baggage": "a=1"}
			propagate.Propagator{}.Inject(flight.NewContext(c.ctx, rec), carrier)
			if carrier["baggage"] != "a=1" || len(carrier) != 1 {
				t.Errorf("the carrier holds %v: %s", carrier, c.reason)
			}
			if !cmp.Equal(rec.faults, c.want) {
				t.Errorf("the faults are %v, want %v: %s", rec.faults, c.want, c.reason)
			}
		})
	}
}

// TestPropagatorReplacesAStalePosition: OpenTelemetry's baggage propagator sends on what
// came in. When the position of now does not fit, the one of then must not go in its place.
func TestPropagatorReplacesAStalePosition(t *testing.T) {
	t.Parallel()
	ctx := propagate.ContextWithPosition(context.Background(), &event.Position{
		Journey: event.Run{Name: strings.Repeat("/", 64), ID: strings.Repeat("/", 128)},
	})
	carrier := propagation.MapCarrier{"baggage": "a=1,cairn=1//other/run////////"}
	propagate.Propagator{}.Inject(ctx, carrier)
	if got := propagate.FromBaggage(carrier["baggage"]); got != "" {
		t.Errorf("the other side is told of %q, where the customer is not any more", got)
	}
}

func TestPropagatorExtract(t *testing.T) {
	t.Parallel()
	good := "1//checkout/cart-42////////"
	for _, c := range []struct {
		name, reason string
		carrier      propagation.TextMapCarrier
		want         string // the run's ID
		faults       []fault.Fault
	}{
		{"nothing", "no header", propagation.MapCarrier{}, "", nil},
		{"others only", "no member of ours", propagation.MapCarrier{"baggage": "a=1"}, "", nil},
		{"position", "it is read", propagation.MapCarrier{"baggage": "a=1,cairn=" + good}, "cart-42", nil},
		{"with a property", "properties are another's", propagation.MapCarrier{"baggage": "cairn=" + good + ";hop=1"}, "cart-42", nil},
		{"bad", "it is ignored, and counted", propagation.MapCarrier{"baggage": "cairn=2/x"}, "", []fault.Fault{fault.BadHeader}},
		{"too long", "it is ignored, and counted", propagation.MapCarrier{"baggage": "cairn=1/" + strings.Repeat("x", 1<<16)}, "", []fault.Fault{fault.BadHeader}},
		{
			"several headers", "W3C Baggage, section 3.3: several baggage headers are one list; RFC 9110, section 5.3, for their joining",
			propagation.HeaderCarrier(http.Header{"Baggage": {"a=1", "b=2,cairn=" + good}}), "cart-42", nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rec := &recorder{}
			ctx := propagate.Propagator{}.Extract(flight.NewContext(context.Background(), rec), c.carrier)
			id := ""
			if p := propagate.PositionFromContext(ctx); p != nil {
				id = p.Journey.ID
			}
			if id != c.want || !cmp.Equal(rec.faults, c.faults) {
				t.Errorf("the run is %q, the faults %v; want %q, %v: %s", id, rec.faults, c.want, c.faults, c.reason)
			}
			if flight.RecorderFrom(ctx) != flight.Recorder(rec) {
				t.Error("the recorder is lost")
			}
		})
	}
}

// TestPropagatorTakesEveryMemberOut: what the propagators before it have written, and in how many
// headers, makes no difference.
func TestPropagatorTakesEveryMemberOut(t *testing.T) {
	t.Parallel()
	in, p := inJourney(context.Background())
	own, _ := propagate.Header(&p)
	for _, lines := range [][]string{
		{"cairn=1//checkout/victim////////"},
		{"a=1", "cairn=1//checkout/victim////////"},
		{"cairn=,cairn=1//checkout/victim////////", "a=1"},
		{"%63airn=1//checkout/victim////////,a=1"},
	} {
		for _, c := range []struct {
			ctx  context.Context
			want string
		}{{context.Background(), ""}, {in, own}} {
			h := http.Header{"Baggage": lines}
			propagate.Propagator{}.Inject(c.ctx, propagation.HeaderCarrier(h))
			all := strings.Join(h["Baggage"], ",")
			if text, _ := propagate.TextFromBaggage(all); text != c.want || strings.Contains(all, "victim") {
				t.Errorf("of %q becomes %q, want %q alone", lines, h["Baggage"], c.want)
			}
			if strings.Contains(strings.Join(lines, ","), "a=1") && !strings.Contains(all, "a=1") {
				t.Errorf("of %q becomes %q: another's member is lost", lines, h["Baggage"])
			}
		}
	}
}

// TestPropagatorLeavesNoBaggage: believed or not, OpenTelemetry's own baggage does not send it on.
func TestPropagatorLeavesNoBaggage(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"cairn=1//checkout/cart-42////////,a=1", "cairn=nonsense,a=1", "cairn=,a=1"} {
		ctx := composite().Extract(context.Background(), propagation.MapCarrier{"baggage": header})
		if got := baggage.FromContext(ctx).String(); got != "a=1" {
			t.Errorf("of %q the baggage has %q", header, got)
		}
	}
}

// TestPropagatorWithoutContext: a nil context is the background.
func TestPropagatorWithoutContext(t *testing.T) {
	t.Parallel()
	_, p := inJourney(context.Background())
	text, _ := propagate.Header(&p)
	carrier := propagation.MapCarrier{"baggage": propagate.AddToBaggage("", text)}
	ctx := propagate.Propagator{}.Extract(nil, carrier) //nolint:staticcheck // nil is what is tested
	if got := propagate.PositionFromContext(ctx); got == nil || got.Journey.ID != p.Journey.ID {
		t.Errorf("it extracts %+v", got)
	}
	propagate.Propagator{}.Inject(nil, carrier) //nolint:staticcheck // nil is what is tested
	if got, found := propagate.TextFromBaggage(carrier["baggage"]); found {
		t.Errorf("it injects %q, and the customer is nowhere", got)
	}
}
