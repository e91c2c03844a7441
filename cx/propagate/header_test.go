package propagate_test

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/baggage"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/text"
)

// names and positionIDs are what ValidName and ValidID take.
func names() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"checkout", "a", "Zahlung/Prüfung ✓", "~", "%2F", "a,b;c=d", `"\`, strings.Repeat("x", 64), strings.Repeat("€", 21)}),
		rapid.Map(validText(), func(s string) string { s, _ = text.Cut(s, event.MaxName); return s }),
	).Filter(event.ValidName)
}

// labels are what Label leaves: versions and segments.
func labels() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"_internal", "2026-04", "gold plus", strings.Repeat("_", 64)}),
		rapid.Map(hostileText(), func(s string) string { s, _ = text.Label(s, event.MaxName); return s }),
	)
}

func positionIDs() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"cart-42", "0", "_", "2026/04 17", strings.Repeat("x", 128), strings.Repeat("🙂", 32)}),
		rapid.Map(validText(), func(s string) string { s, _ = text.Cut(s, event.MaxID); return s }),
	).Filter(event.ValidID)
}

// anyPosition draws from all that a client can put into a context: names and IDs are valid, starts
// are times of this world.
func anyPosition() *rapid.Generator[event.Position] {
	return rapid.Custom(func(t *rapid.T) event.Position {
		crowded := rapid.IntRange(0, 3).Draw(t, "crowded") == 0
		names, positionIDs, labels := names(), positionIDs(), labels()
		if crowded { // of long names and IDs, which need three bytes each
			names = rapid.SampledFrom([]string{strings.Repeat("é", 32), strings.Repeat("/", 30)})
			labels = names
			positionIDs = rapid.SampledFrom([]string{strings.Repeat("🙂", 20), strings.Repeat("/", 50)})
		}
		or := func(what string, g *rapid.Generator[string]) string {
			if crowded || rapid.Bool().Draw(t, what+"?") {
				return g.Draw(t, what)
			}
			return ""
		}
		folded := rapid.OneOf(names, rapid.Just(event.Other))
		p := event.Position{
			Journey: event.Run{
				Namespace: or("namespace", names), Name: folded.Draw(t, "journey"), ID: positionIDs.Draw(t, "id"),
				Version: or("version", labels),
			},
			Stage:    or("stage", folded),
			Customer: event.Customer{Hash: or("hash", positionIDs), Segment: or("segment", labels)},
			Channel:  enum[event.Channel](t, "channel", flight.NumChannels),
			Actor:    enum[event.Actor](t, "actor", flight.NumActors),
		}
		if p.Stage != "" {
			p.Visit = rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, math.MaxInt32)).Draw(t, "visit")
		}
		if rapid.Bool().Draw(t, "started?") {
			p.Journey.Started = rapid.OneOf(
				rapid.SampledFrom([]time.Time{time.Unix(0, 0), at, time.UnixMicro(1), time.UnixMicro(-1), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)}),
				times(),
			).Draw(t, "started")
		}
		return p
	})
}

// headerLen is the length of the header form of these fields, counted here again: a version
// and eleven fields, each behind a "/"; what is not a letter, digit or one of "-_." takes
// three bytes.
func headerLen(p event.Position) int {
	visit, started, actor := "", "", ""
	if p.Visit > 0 {
		visit = strconv.Itoa(p.Visit)
	}
	if !p.Journey.Started.IsZero() {
		started = strconv.FormatInt(p.Journey.Started.UnixMicro(), 36)
	}
	if p.Actor != event.ActorCustomer {
		actor = p.Actor.String()
	}
	n := 1
	for _, f := range []string{
		p.Journey.Namespace, p.Journey.Name, p.Journey.ID, p.Journey.Version, started, p.Stage, visit,
		p.Customer.Hash, p.Customer.Segment, p.Channel.String(), actor,
	} {
		n++
		for _, c := range []byte(f) {
			n++
			if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", rune(c)) {
				n += 2
			}
		}
	}
	return n
}

// shorten leaves out what the header form leaves out, in its order, until it fits.
func shorten(p event.Position) (event.Position, bool) {
	for _, drop := range []func(){
		func() {},
		func() { p.Customer.Segment = "" },
		func() { p.Journey.Version = "" },
		func() { p.Customer.Hash = "" },
	} {
		drop()
		if headerLen(p) <= 512 {
			return p, true
		}
	}
	return event.Position{}, false
}

// TestHeaderRoundTrip: every position arrives as it was, but for what there was no room
// for, and for what is below a microsecond.
func TestHeaderRoundTrip(t *testing.T) {
	t.Parallel()
	fits, misses := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		p := anyPosition().Draw(t, "position")
		h, ok := propagate.Header(&p)
		want, wantOK := shorten(p)
		if ok != wantOK {
			t.Fatalf("it fits: %v, want %v: %q", ok, wantOK, h)
		}
		if !ok {
			misses++
			if h != "" {
				t.Fatalf("what does not fit is %q", h)
			}
			return
		}
		fits++
		checkHeader(t, h)
		got, err := propagate.ParseHeader(h)
		if err != nil {
			t.Fatalf("%v: %q", err, h)
		}
		want.Journey.Started = want.Journey.Started.Add(-time.Duration(nanos(want.Journey.Started)))
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Fatalf("(-want +got):\n%s%q", diff, h)
		}
	})
	if (fits == 0 || misses == 0) && !testing.Short() { // of the few draws with -short every one may fit
		t.Errorf("%d positions fitted, %d did not: want some of both", fits, misses)
	}
}

// nanos is what of a time is below a microsecond, for times before 1970 too.
func nanos(t time.Time) int {
	if t.IsZero() {
		return 0
	}
	return t.Nanosecond() % 1000
}

// checkHeader: at most 512 bytes, of the octets that the W3C's Baggage (section 3.3.1,
// baggage-octet) allows, and of those only what is documented; and every implementation of
// baggage leaves it as it is.
func checkHeader(t fataler, h string) {
	if len(h) == 0 || len(h) > 512 {
		t.Fatalf("it has %d bytes: %q", len(h), h)
	}
	for _, c := range []byte(h) {
		octet := c == 0x21 || c >= 0x23 && c <= 0x2b || c >= 0x2d && c <= 0x3a || c >= 0x3c && c <= 0x5b || c >= 0x5d && c <= 0x7e
		documented := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_.~/", rune(c))
		if !octet || !documented {
			t.Fatalf("it has a %q: %q", c, h)
		}
	}
	b, err := baggage.Parse("x=1," + propagate.Member + "=" + h)
	if err != nil {
		t.Fatalf("OpenTelemetry's baggage: %v: %q", err, h)
	}
	if got := propagate.FromBaggage(b.String()); got != h {
		t.Fatalf("through OpenTelemetry's baggage it is %q, was %q", got, h)
	}
}

// TestHeaderForm: services of different versions of Cairn read each other's headers, so the
// form may not change within its version.
func TestHeaderForm(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("x", n) }
	full := event.Position{
		Journey: event.Run{
			Namespace: "production", Name: "checkout", ID: "cart/42", Version: "2026-04",
			Started: time.UnixMicro(36*36*36 + 35), Value: &event.Money{Amount: 1, Currency: "EUR"},
		},
		Stage: "Prüfung", Visit: 2, Channel: event.InPerson, Actor: event.ActorSynthetic,
		Customer: event.Customer{ID: "customer-0815", Hash: "9f86d081884c7d659a2feaa0c55ad015", Segment: "new"},
	}
	change := func(f func(*event.Position)) *event.Position {
		p := full
		f(&p)
		return &p
	}
	for _, c := range []struct {
		name, reason string
		p            *event.Position
		want         string
	}{
		{"nil", "nowhere", nil, ""},
		{"no journey", "a customer who is in no journey", &event.Position{Channel: event.Web, Customer: event.Customer{Hash: "h"}}, ""},
		{"smallest", "a name and an ID", &event.Position{Journey: event.Run{Name: "a", ID: "b"}}, "1//a/b////////"},
		{
			"full", "every field; the customer's own ID and the value stay here", &full,
			"1/production/checkout/cart~2F42/2026-04/100z/Pr~C3~BCfung/2/9f86d081884c7d659a2feaa0c55ad015/new/in_person/synthetic",
		},
		{
			"the escape itself", "it is escaped", change(func(p *event.Position) { p.Journey.ID = "~2F" }),
			"1/production/checkout/~7E2F/2026-04/100z/Pr~C3~BCfung/2/9f86d081884c7d659a2feaa0c55ad015/new/in_person/synthetic",
		},
		{"before 1970", "a negative number", &event.Position{Journey: event.Run{Name: "a", ID: "b", Started: time.UnixMicro(-36)}}, "1//a/b//-10//////"},
		{"the epoch", "zero is a start", &event.Position{Journey: event.Run{Name: "a", ID: "b", Started: time.UnixMicro(0)}}, "1//a/b//0//////"},
		{
			"ID of slashes", "three bytes each", &event.Position{Journey: event.Run{Name: "a", ID: strings.Repeat("/", 128)}},
			"1//a/" + strings.Repeat("~2F", 128) + "////////",
		},
		{"all but the segment", "the segment goes first", change(func(p *event.Position) {
			p.Journey.ID, p.Customer.Segment, p.Journey.Version = strings.Repeat("/", 112)+long(16), long(64), long(64)
		}), ""},
		{"too long", "it does not fit even so", change(func(p *event.Position) {
			p.Journey.ID, p.Journey.Name = strings.Repeat("/", 128), strings.Repeat("/", 64)
		}), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before := event.Position{}
			if c.p != nil {
				before = *c.p
			}
			got, ok := propagate.Header(c.p)
			if ok && strings.Contains(got, "0815") {
				t.Errorf("the application's own customer ID is in it: %s", got)
			}
			if c.p != nil && !cmp.Equal(before, *c.p) {
				t.Error("the position was changed, and positions are never changed")
			}
			if c.name == "all but the segment" {
				return // see TestHeaderDropOrder
			}
			if got != c.want || ok != (c.want != "") {
				t.Errorf("it is %q, %v; want %q: %s", got, ok, c.want, c.reason)
			}
		})
	}
}

// TestHeaderDropOrder: what is left out when there is no room, byte for byte.
func TestHeaderDropOrder(t *testing.T) {
	t.Parallel()
	segment, version, hash := "ss", "vv", "hh"
	for _, c := range []struct {
		name, reason string
		over         int // bytes that the whole position has more than there is room for
		segment      string
		version      string
		hash         string
		ok           bool
	}{
		{"exactly", "512 bytes are allowed", 0, segment, version, hash, true},
		{"one over", "the segment goes first", 1, "", version, hash, true},
		{"the segment's length over", "that is enough", 2, "", version, hash, true},
		{"one more", "then the version", 3, "", "", hash, true},
		{"both lengths over", "that is enough", 4, "", "", hash, true},
		{"one more than both", "then the customer", 5, "", "", "", true},
		{"all lengths over", "that is enough", 6, "", "", "", true},
		{"one more than all", "then it is not sent", 7, "", "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := event.Position{
				Journey:  event.Run{Namespace: strings.Repeat("é", 32), Name: strings.Repeat("/", 64), ID: "i", Version: version},
				Customer: event.Customer{Hash: hash, Segment: segment},
			}
			for headerLen(p) < 512+c.over {
				p.Journey.ID += "i"
			}
			h, ok := propagate.Header(&p)
			if ok != c.ok {
				t.Fatalf("it fits: %v, want %v: %s", ok, c.ok, c.reason)
			}
			if !ok {
				return
			}
			checkHeader(t, h)
			got, err := propagate.ParseHeader(h)
			if err != nil {
				t.Fatal(err)
			}
			if got.Customer.Segment != c.segment || got.Journey.Version != c.version || got.Customer.Hash != c.hash {
				t.Errorf("segment %q, version %q, customer %q; want %q, %q, %q: %s",
					got.Customer.Segment, got.Journey.Version, got.Customer.Hash, c.segment, c.version, c.hash, c.reason)
			}
		})
	}
}

func TestParseHeaderRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, reason, in, says string }{
		{"empty", "no position", "", "version"},
		{"text", "another system's member", "hello", "version"},
		{"version 0", "there was none", "0//a/b////////", "version"},
		{"version 2", "it means what this version does not know", "2//a/b////////", "version"},
		{"version 01", "one form only", "01//a/b////////", "version"},
		{"version 1.0", "one form only", "1.0//a/b////////", "version"},
		{"no fields", "a version alone", "1", "fields"},
		{"field too few", "eleven of them", "1//a/b///////", "10 fields"},
		{"field too many", "eleven of them", "1//a/b/////////", "12 fields"},
		{"only slashes", "hostile", strings.Repeat("/", 512), ""},
		{"512 slashes behind the version", "hostile", "1" + strings.Repeat("/", 511), "fields"},
		{"513 bytes", "the bound", "1//a/" + strings.Repeat("b", 500) + "////////", "513 bytes"},
		{"a megabyte", "the bound, looked at first", strings.Repeat("x", 1<<20), "bytes"},
		{"no name", "a run of which journey?", "1///b////////", "journey"},
		{"no ID", "which run?", "1//a/////////", "journey"},
		{"name of ours", "only _other is a name with a leading _", "1//_a/b////////", "journey"},
		{"name too long", "65 bytes", "1//" + strings.Repeat("a", 65) + "/b////////", "journey"},
		{"ID too long", "129 bytes", "1//a/" + strings.Repeat("b", 129) + "////////", "journey"},
		{"name with a control character", "NUL", "1//a~00/b////////", "journey"},
		{"ID with a control character", "DEL", "1//a/b~7F////////", "journey"},
		{"ID with a C1 control character", "U+0085", "1//a/b~C2~85////////", "journey"},
		{"name not UTF-8", "a lone byte", "1//a~FF/b////////", "journey"},
		{"namespace not UTF-8", "a lone byte", "1/~FF/a/b////////", "namespace"},
		{"namespace too long", "65 bytes", "1/" + strings.Repeat("n", 65) + "/a/b////////", "namespace"},
		{"version too long", "65 bytes", "1//a/b/" + strings.Repeat("n", 65) + "///////", "version"},
		{"stage too long", "65 bytes", "1//a/b///" + strings.Repeat("n", 65) + "/////", "stage"},
		{"stage of ours", "only _other", "1//a/b///_x/////", "stage"},
		{"segment too long", "65 bytes", "1//a/b//////" + strings.Repeat("n", 65) + "//", "segment"},
		{"segment with a newline", "it would break log lines", "1//a/b//////a~0Ab//", "segment"},
		{"hash too long", "129 bytes", "1//a/b/////" + strings.Repeat("h", 129) + "///", "hash"},
		{"hash with a tab", "not an ID", "1//a/b/////~09///", "hash"},
		{"start not a number", "base 36 has no _", "1//a/b//1_0//////", "start"},
		{"start beyond int64", "no such time", "1//a/b//zzzzzzzzzzzzzz//////", "start"},
		{"visit 0", "it is left out instead", "1//a/b///s/0////", "visit"},
		{"visit -1", "counted from 1", "1//a/b///s/-1////", "visit"},
		{"visit +1", "digits only", "1//a/b///s/+1////", "visit"},
		{"visit 1.5", "digits only", "1//a/b///s/1.5////", "visit"},
		{"visit x", "digits only", "1//a/b///s/x////", "visit"},
		{"visit beyond 31 bits", "no int on every platform", "1//a/b///s/2147483648////", "visit"},
		{"visit to no stage", "where?", "1//a/b////3////", "visit"},
		{"unknown channel", "a closed vocabulary", "1//a/b///////pigeon/", "pigeon"},
		{"unknown actor", "a closed vocabulary", "1//a/b////////ghost", "ghost"},
		{"still percent-encoded", "it would be another ID", "1//a/b%2F7////////", "ID"},
		{"a byte that is escaped", "not written by us", "1//a/b c////////", "ID"},
		{"a letter beyond ASCII", "not written by us", "1//ü/b////////", "name"},
		{"a semicolon", "what follows is a property", "1//a/b;c////////", "ID"},
		{"escape cut off", "at the end of a field", "1//a/b~////////", "escape"},
		{"escape half cut off", "at the end of a field", "1//a/b~2////////", "escape"},
		{"escape across fields", "a slash is no digit", "1//a~2/Fb////////", "escape"},
		{"escape of no digits", "nothing is guessed", "1//a/b~zz////////", "escape"},
		{"escape with a sign", "digits only", "1//a/b~+1////////", "escape"},
		{"escape with a dash", "digits only", "1//a/b~-1////////", "escape"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := propagate.ParseHeader(c.in)
			switch {
			case err == nil:
				t.Fatalf("it was read as %+v: %s", p, c.reason)
			case !errors.Is(err, propagate.ErrHeader):
				t.Errorf("the error is not an ErrHeader: %v", err)
			case !strings.Contains(err.Error(), c.says):
				t.Errorf("the error does not say %q: %v", c.says, err)
			case len(err.Error()) > 1500 || !utf8.ValidString(err.Error()) || strings.ContainsAny(err.Error(), "\n\x00"):
				t.Errorf("the error is not fit for a log line: %q", err.Error())
			}
		})
	}
}

// TestParseHeaderRefusesWhole: who forgets the error must not get what was just refused.
func TestParseHeaderRefusesWhole(t *testing.T) {
	t.Parallel()
	for _, h := range []string{"2//a/b////////", "1//a/b///s/0////", "1//_a/b////////", "1//a/b~7F////////", "1//a/b////3////"} {
		if p, err := propagate.ParseHeader(h); err == nil || p != nil {
			t.Errorf("%q: the position %+v comes with the error %v", h, p, err)
		}
	}
}

func TestParseHeaderReads(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("b", 128)
	for _, c := range []struct {
		name, reason, in string
		want             event.Position
	}{
		{"smallest", "a name and an ID", "1//a/b////////", event.Position{Journey: event.Run{Name: "a", ID: "b"}}},
		{"lower-case escapes", "hexadecimal is read in both cases", "1//a/b~2f////////", event.Position{Journey: event.Run{Name: "a", ID: "b/"}}},
		{"longest ID", "128 bytes", "1//a/" + id + "////////", event.Position{Journey: event.Run{Name: "a", ID: id}}},
		{"folded names", "the sender did not know them", "1//_other/b///_other/////", event.Position{Journey: event.Run{Name: event.Other, ID: "b"}, Stage: event.Other}},
		{"highest visit", "31 bits", "1//a/b///s/2147483647////", event.Position{Journey: event.Run{Name: "a", ID: "b"}, Stage: "s", Visit: math.MaxInt32}},
		{"IDs may begin with _", "only names may not", "1//a/_b/////_h///", event.Position{Journey: event.Run{Name: "a", ID: "_b"}, Customer: event.Customer{Hash: "_h"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := propagate.ParseHeader(c.in)
			if err != nil {
				t.Fatalf("%v: %s", err, c.reason)
			}
			if diff := cmp.Diff(c.want, *got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// FuzzParseHeader: what comes from other hosts never panics, and what is believed is
// within its bounds and is sent on as it came.
func FuzzParseHeader(f *testing.F) {
	for _, h := range []string{
		"", "1//a/b////////", "1/production/checkout/cart~2F42/2026-04/100z/Pr~C3~BCfung/2/9f86d081/new/in_person/synthetic",
		"1//a/b//-1//////", "1//a/b//+1//////", "1//a/b//-1y2p0ij32e8e8//////", "1//a/b//1y2p0ij32e8e7//////", "1//a/b///s/007////",
		"2//a/b////////", "1//_other/b///_other/////", "1//~41/b c////////customer", "1//a/b//////~////", strings.Repeat("/", 513),
		"1//a/" + strings.Repeat("~2F", 128) + "////////", "1//\xff/b////////",
	} {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, h string) {
		p, err := propagate.ParseHeader(h)
		if err != nil {
			if !errors.Is(err, propagate.ErrHeader) {
				t.Fatalf("not an ErrHeader: %v", err)
			}
			return
		}
		name := func(s string) bool { return s == "" || s == event.Other || event.ValidName(s) }
		label := func(s string) bool { return len(s) <= 64 && (s == "" || event.ValidID(s)) }
		switch {
		case len(h) > 512:
			t.Fatalf("%d bytes were read", len(h))
		case !strings.HasPrefix(h, "1/"):
			t.Fatalf("version %q was read", h[:min(len(h), 10)])
		case strings.Count(h, "/") != 11:
			t.Fatalf("%d fields were read", strings.Count(h, "/"))
		case p.Journey.Name == "" || !name(p.Journey.Name) || !event.ValidID(p.Journey.ID):
			t.Fatalf("the journey %q %q was believed", p.Journey.Name, p.Journey.ID)
		case !name(p.Journey.Namespace) || !label(p.Journey.Version) || !name(p.Stage) || !label(p.Customer.Segment):
			t.Fatalf("a name was believed that is none: %+v", p)
		case p.Customer.ID != "" || p.Customer.Hash != "" && !event.ValidID(p.Customer.Hash):
			t.Fatalf("the customer %+v was believed", p.Customer)
		case p.Visit < 0 || p.Visit > math.MaxInt32 || p.Visit > 0 && p.Stage == "":
			t.Fatalf("the visit %d to %q was believed", p.Visit, p.Stage)
		case p.Channel.String() == "" && p.Channel != 0 || p.Actor.String() == "":
			t.Fatalf("channel %d, actor %d", p.Channel, p.Actor)
		}
		again, ok := propagate.Header(p)
		if !ok {
			t.Fatalf("%q was believed and cannot be sent on", h)
		}
		checkHeader(t, again)
		q, err := propagate.ParseHeader(again)
		if err != nil {
			t.Fatalf("%q was believed and is sent on as %q: %v", h, again, err)
		}
		want, _ := shorten(*p)
		if diff := cmp.Diff(want, *q); diff != "" {
			t.Fatalf("%q is sent on as %q (-first +second):\n%s", h, again, diff)
		}
	})
}

// TestHeaderLetters: the form has letters, digits and "-_." as they are, and every other byte escaped.
func TestHeaderLetters(t *testing.T) {
	t.Parallel()
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
	for c := range rune(0x100) {
		if c < 0x20 || c >= 0x7f && c < 0xa0 {
			continue // no ID has it
		}
		want := ""
		for _, b := range []byte(string(c)) {
			if strings.ContainsRune(letters, rune(b)) {
				want += string(rune(b))
			} else {
				want += fmt.Sprintf("~%02X", b)
			}
		}
		want = "1//a/x" + want + "////////"
		id := "x" + string(c)
		if got, ok := propagate.Header(&event.Position{Journey: event.Run{Name: "a", ID: id}}); !ok || got != want {
			t.Errorf("the ID %q becomes %q, want %q", id, got, want)
		}
		p, err := propagate.ParseHeader(want)
		if err != nil || p.Journey.ID != id {
			t.Errorf("%q is read as %+v, %v", want, p, err)
		}
	}
}
