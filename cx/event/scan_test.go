package event_test

import (
	"encoding/json"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
)

// alike fails unless ParseJSON says of the data, to the last detail, what encoding/json alone does.
func alike(t fataler, data []byte) {
	if len(data) > event.MaxJSON {
		return
	}
	data = slices.Clip(data) // nothing behind its end is read
	want, wantErr := event.ParseWire(data)
	got, err := event.ParseJSON(data)
	if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
		t.Fatalf("the error is %v, want %v:\n%q", err, wantErr, data)
	}
	// The written form tells -0.0 from 0.0, which DeepEqual does not.
	if !reflect.DeepEqual(got, want) || string(got.AppendJSON(nil)) != string(want.AppendJSON(nil)) {
		t.Fatalf("it is read as\n%+v, want\n%+v:\n%q", got, want, data)
	}
}

// scanned fails unless the data is read without encoding/json, and as that reads it.
func scanned(t fataler, data []byte) {
	var e event.Event
	if !event.ScanJSON(data, &e) {
		t.Fatalf("it is left to encoding/json:\n%s", data)
	}
	alike(t, data)
}

// usual is an event as most are.
func usual() event.Event {
	return event.Event{
		ID: requested, Kind: event.TouchpointEnded, Time: at, Duration: 1200 * time.Millisecond,
		Journey: event.Run{Namespace: "prod", Name: "checkout", ID: "cart-42", Started: at.Add(-time.Minute)},
		Stage:   "payment", Visit: 1, Touchpoint: "submit-payment", Channel: event.Web, Outcome: event.OK, Zone: event.Tolerating,
	}
}

// written are lines which between them have every field.
func written() [][]byte {
	late := usual()
	late.Late = true
	var lines [][]byte
	for _, e := range append(specimens(), usual(), late) {
		lines = append(lines, e.AppendJSON(nil))
	}
	return lines
}

// paths adds the names of the fields in v, those of objects in objects behind their names.
func paths(into map[string]bool, prefix string, v map[string]any) {
	for name, v := range v {
		into[prefix+name] = true
		if list, ok := v.([]any); ok && name != "attributes" {
			for _, v := range list {
				if o, ok := v.(map[string]any); ok {
					paths(into, prefix+name+".", o)
				}
			}
		}
		if o, ok := v.(map[string]any); ok && name != "attributes" {
			paths(into, prefix+name+".", o)
		}
	}
}

// tags adds the names of the fields that encoding/json fills.
func tags(into map[string]bool, prefix string, t reflect.Type) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		of := f.Type
		if f.Anonymous {
			tags(into, prefix, of)
			continue
		}
		if name == "-" {
			continue
		}
		into[prefix+name] = true
		if of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() == reflect.Struct && of != reflect.TypeFor[time.Time]() {
			tags(into, prefix+name+".", of)
		}
	}
}

// beforeLegs are the fields of a contact that are read and not written any more.
var beforeLegs = []string{
	"queue", "agent", "wait_seconds", "hold_seconds", "approval_seconds", "transfers", "repeat", "resolved", "decided",
}

// TestScanKnowsEveryField: a field that is new in the form is in the specimens, and has not been forgotten.
func TestScanKnowsEveryField(t *testing.T) {
	t.Parallel()
	have, want := map[string]bool{}, map[string]bool{}
	tags(want, "", reflect.TypeFor[event.Wire]())
	for _, name := range beforeLegs {
		delete(want, "assisted."+name)
	}
	for _, line := range written() {
		scanned(t, line)
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		paths(have, "", v)
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("the fields that are read, and those in the specimens (-read +specimens):\n%s", diff)
	}
}

// TestScanTakesWhatIsWritten: whatever is in an event, reading it back does not need encoding/json.
func TestScanTakesWhatIsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := events(hostileText()).Draw(t, "event")
		scanned(t, e.AppendJSON(nil))
	})
	for _, k := range event.Kinds() {
		e := event.Event{Kind: k, Time: at}
		scanned(t, e.AppendJSON(nil))
	}
}

// fields takes an object's fields apart.
func fields(t *rapid.T, object []byte) (list []string) {
	dec := json.NewDecoder(strings.NewReader(string(object)))
	must(dec.Token())
	for dec.More() {
		name := must(json.Marshal(must(dec.Token())))
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("%v: %s", err, object)
		}
		list = append(list, string(name)+":"+string(v))
	}
	return list
}

// TestScanInAnyOrder: fields mean the same wherever they are. Of one that is there twice means what
// encoding/json makes of it.
func TestScanInAnyOrder(t *testing.T) {
	t.Parallel()
	lines := written()
	rapid.Check(t, func(t *rapid.T) {
		one := fields(t, rapid.SampledFrom(lines).Draw(t, "one"))
		two := fields(t, rapid.SampledFrom(lines).Draw(t, "two"))
		scanned(t, []byte("{"+strings.Join(rapid.Permutation(one).Draw(t, "order"), ",")+"}"))
		both := rapid.Permutation(slices.Concat(one, two)).Draw(t, "order of both")
		alike(t, []byte("{"+strings.Join(both, ",")+"}"))
	})
}

// pieces are what a line may be changed with.
var pieces = []string{
	"", "{", "}", "[", "]", ",", ":", `"`, `\`, " ", "\n", "0", "1", "-", ".", "e", "E+", "00", "1e5", "1.", "-0", "-0.0", "1e400", "9223372036854775808", "-9223372036854775808",
	"9223372036.854775808", "-9223372036.854775808", "9999999999", "0.0000000019", "null", "true", "false", "tru", `""`, "{}", "[]", "[null]", "[1,]", "[,1]", "{,}", `{"a":1,}`,
	`\u0041`, `\u00e9`, `\u2028`, `\ud83d`, `\ud83d\ude42`, `\udc00`, `\uD83D`, `\u12`, `\u+123`, `\/`, `\b`, `\f`, `\x`, `\"`, `\\`, "\xff", "\xc3", "\x00", "\x1f", "\x7f", "é", "\u2028", "🙂",
	`"v":1,`, `"v":2,`, `"v":1.0,`, `,"stage":null`, `,"Stage":"x"`, `,"st\u0061ge":"x"`, `,"\u017ftage":"x"`, `,"journey":{}`, `,"journey":null`, `,"journey":{"value":{}}`, `,"span":{}`,
	`,"attributes":{}`, `,"attributes":null`, `,"attributes":[]`, `,"attributes":{"a":[[],[1,1.0],{"a":null,"a":2}]}`, `,"feedback":{"causes":[]}`, `,"feedback":{"causes":["a"]}`,
	`,"time":"2026-04-17T09:30:15+02:00"`, `,"time":"2026-04-17T9:30:15Z"`, `,"time":"2026-04-17T09:30:15,5Z"`, `,"time":"2026-04-17T09:30:15\u005a"`, `,"time":"0001-01-01T00:00:00Z"`,
	`,"channel":""`, `,"channel":"w\u0065b"`, `,"id":""`, `,"kind":""`, `,"kind":"x\n"`, `,"duration_seconds":"1.5"`, `,"duration_seconds":1.5e3`, `,"late":false`, `,"unknown":{"a":[1]}`,
}

// TestParseJSONOfDamagedLines: what a line becomes when something in it changes is read, or refused, as
// encoding/json alone reads and refuses it.
func TestParseJSONOfDamagedLines(t *testing.T) {
	t.Parallel()
	lines := written()
	rapid.Check(t, func(t *rapid.T) {
		line := slices.Clone(rapid.SampledFrom(lines).Draw(t, "line"))
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			from := rapid.IntRange(0, len(line)).Draw(t, "from")
			if rapid.Bool().Draw(t, "where something ends") {
				for from < len(line) && !strings.ContainsRune(`{}[],:"`, rune(line[from])) {
					from++
				}
			}
			to := min(len(line), from+rapid.SampledFrom([]int{0, 0, 1, 2, 10, 1 << 20}).Draw(t, "length"))
			line = slices.Replace(line, from, to, []byte(rapid.SampledFrom(pieces).Draw(t, "piece"))...)
			alike(t, line)
		}
	})
	for i, line := range lines {
		if i%4 != 0 { // among them those with most fields
			continue
		}
		for i := range line { // each place once, at least
			alike(t, line[:i])
			pieces := []string{`"`, ",", "0", "}", `\`, " ", "\xc3"}
			for k := range 2 { // each piece at every fourth place, which keeps the test short
				piece := pieces[(2*i+k)%len(pieces)]
				alike(t, slices.Concat(line[:i], []byte(piece), line[i:]))
				alike(t, slices.Concat(line[:i], []byte(piece), line[i+1:]))
			}
		}
	}
	for _, piece := range pieces {
		alike(t, []byte(with("")[:len(with(""))-1]+piece+"}"))
		alike(t, []byte(with(`"stage":"a`+piece+`b","attributes":{"n":`+piece+`,"`+piece+`":"`+piece+`"}`)))
		alike(t, []byte(with(`"stage":"\n`+piece+`b"`)))
		alike(t, []byte(with(`"visit":`+piece)))
		alike(t, []byte(with(`"duration_seconds":`+piece)))
		alike(t, []byte(with(`"attributes":{"n":`+piece+`}`)))
		alike(t, []byte(with(`"attributes":{"l":[`+piece+`,`+piece+`]}`)))
	}
	for _, n := range []int{1, 15, 16, 17, 18, 1000} {
		alike(t, []byte(with(`"attributes":{"a":`+strings.Repeat("[", n)+strings.Repeat("]", n)+`}`)))
		alike(t, []byte(with(`"attributes":{"a":`+strings.Repeat(`{"a":`, n)+"1"+strings.Repeat("}", n)+`}`)))
	}
	for _, n := range []int{1023, 1024, 1025} {
		alike(t, []byte(with(`"attributes":{"a":[`+strings.Repeat("1,", n-1)+`1]}`)))
	}
}

// FuzzScan: of any bytes ParseJSON says what encoding/json alone does.
func FuzzScan(f *testing.F) {
	for _, line := range written() {
		f.Add(line)
	}
	for _, piece := range pieces {
		f.Add([]byte(with("")[:len(with(""))-1] + piece + "}"))
		f.Add([]byte(with(`"duration_seconds":` + piece + `,"attributes":{"n":` + piece + `,"` + piece + `":["` + piece + `"]}`)))
	}
	f.Fuzz(func(t *testing.T, data []byte) { alike(t, data) })
}

// TestParsedEventHasItsOwnMemory: who reads the next line into the same buffer does not change the event
// of the last one.
func TestParsedEventHasItsOwnMemory(t *testing.T) {
	t.Parallel()
	escapes := usual()
	escapes.Stage, escapes.Touchpoint, escapes.Cause, escapes.Kind = "a\n", "b\t", "c\"", "my\nkind"
	escapes.Attributes = []attribute.KeyValue{attribute.String("k\\", "v\\"), attribute.StringSlice("l\n", []string{"\n", "\t", strings.Repeat("\n", 500)})}
	for _, line := range append(written(), escapes.AppendJSON(nil)) {
		want := must(event.ParseJSON(slices.Clone(line)))
		got := must(event.ParseJSON(line))
		for i := range line {
			line[i] = 'x'
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("it has changed with the buffer: %+v, want %+v", got, want)
		}
	}
}

// TestParsedStringsKeepLittleAlive: who keeps a journey's ID does not keep the customer's comment with it.
func TestParsedStringsKeepLittleAlive(t *testing.T) { // not parallel: it looks at the heap
	const n = 500
	var many strings.Builder
	for i := range 2000 {
		many.WriteString(`"key` + strings.Repeat("k", i%50) + `":"value",`)
	}
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc) //nolint:gosec // a heap is no larger
	}
	for _, c := range []struct{ name, reason, in string }{
		{"in front", "the piece is not as long as the line", `"journey":{"id":"cart-42"},"attributes":{` + many.String() + `"n":1}`},
		{"behind", "nor does it grow with each string", `"attributes":{` + many.String() + `"n":1},"journey":{"id":"cart-42"}`},
		{"behind a long one", "which is alone in its memory", `"cause":"` + strings.Repeat("x", 5000) + `","journey":{"id":"cart-42"}`},
	} {
		line := []byte(with(c.in))
		scanned(t, line)
		ids := make([]string, n)
		before := heap()
		for i := range ids {
			ids[i] = must(event.ParseJSON(line)).Journey.ID
		}
		if kept := (heap() - before) / n; kept > 1000 {
			t.Errorf("%s: an ID of %d bytes keeps %d alive: %s", c.name, len(ids[0]), kept, c.reason)
		}
		runtime.KeepAlive(ids)
	}
}

// TestParseJSONAllocates: one piece of memory for the strings, and one for each detail.
func TestParseJSONAllocates(t *testing.T) {
	detailed := usual()
	detailed.Transition = &event.Transition{From: "address", Visit: 1, Entered: at}
	attributed := usual()
	attributed.Attributes = []attribute.KeyValue{attribute.Int("items", 3), attribute.Float64("weight", 0.5), attribute.Bool("gift", true)}
	for _, c := range []struct {
		name, reason string
		e            event.Event
		most         float64
	}{
		{"kind and time", "a known kind is the constant", event.Event{Kind: event.JourneyStarted, Time: at}, 0},
		{"usual", "all strings together", usual(), 1},
		{"transition", "what it points to", detailed, 2},
		{"attributes", "their slice", attributed, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			line := c.e.AppendJSON(nil)
			if n := testing.AllocsPerRun(100, func() { must(event.ParseJSON(line)) }); n > c.most {
				t.Errorf("it allocates %v times, want at most %v: %s", n, c.most, c.reason)
			}
		})
	}
}

// BenchmarkParseJSON is beside encoding/json alone, with the same events in the same run.
func BenchmarkParseJSON(b *testing.B) {
	said := usual()
	said.Kind = event.FeedbackReceived
	said.Feedback = &event.Feedback{
		Survey: "after", Scale: event.CSAT, Score: 5, Verdict: event.Positive, Comment: "Schnell, und \"klar\":\nich weiß, wo das Päckchen ist.",
	}
	attributed := usual()
	attributed.Attributes = []attribute.KeyValue{
		attribute.String("payment.method", "card"), attribute.Int("items", 3), attribute.Float64("weight", 2.5),
		attribute.Bool("gift", true), attribute.StringSlice("tags", []string{"new", "mobile"}),
	}
	for _, c := range []struct {
		name string
		e    event.Event
	}{{"usual", usual()}, {"feedback", said}, {"attributes", attributed}} {
		line := c.e.AppendJSON(nil)
		for _, way := range []struct {
			name  string
			parse func([]byte) (event.Event, error)
		}{{"ParseJSON", event.ParseJSON}, {"encoding-json", event.ParseWire}} {
			b.Run(c.name+"/"+way.name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(line)))
				for b.Loop() {
					if _, err := way.parse(line); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
