package event_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
)

// with is the smallest event, with fields more.
func with(fields string) string {
	if fields != "" {
		fields = "," + fields
	}
	return `{"v":1,"kind":"touchpoint.ended","time":"2026-04-17T09:30:15Z"` + fields + `}`
}

func TestParseJSONRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		in           string
		says         string // what the error names
	}{
		{"nothing", "no event at all", ``, ""},
		{"null", "an event is an object", `null`, ""},
		{"list", "one event, not several", `[` + with("") + `]`, ""},
		{"text", "an event is an object", `"x"`, ""},
		{"two", "one event, not several", with("") + with(""), ""},
		{"cut off", "half a line of a log that was being written", with("")[:40], ""},
		{"trailing", "something else on the line", with("") + "x", ""},
		{"no version", "another system's JSON", `{"kind":"k","time":"2026-04-17T09:30:15Z"}`, "version 0"},
		{"newer version", "it means what this version does not know", strings.Replace(with(""), `"v":1`, `"v":2`, 1), "version 2"},
		{"negative version", "there is none", strings.Replace(with(""), `"v":1`, `"v":-1`, 1), "version -1"},
		{"version as text", "a number", strings.Replace(with(""), `"v":1`, `"v":"1"`, 1), "v"},
		{"no kind", "what happened?", `{"v":1,"time":"2026-04-17T09:30:15Z"}`, "kind"},
		{"no time", "when?", `{"v":1,"kind":"k"}`, "time"},
		{"time without zone", "RFC 3339 has one", `{"v":1,"kind":"k","time":"2026-04-17T09:30:15"}`, "time"},
		{"time as number", "seconds since when?", `{"v":1,"kind":"k","time":1776418215}`, "Time"},
		{"ID", "not a UUID", with(`"id":"42"`), "UUID"},
		{"empty ID", "it is left out where there is none", with(`"id":""`), "UUID"},
		{"channel", "a closed vocabulary", with(`"channel":"carrier-pigeon"`), "carrier-pigeon"},
		{"actor", "a closed vocabulary", with(`"actor":"ghost"`), "ghost"},
		{"direction", "a closed vocabulary", with(`"direction":"sideways"`), "sideways"},
		{"outcome", "a closed vocabulary", with(`"outcome":"meh"`), "meh"},
		{"zone", "a closed vocabulary", with(`"apdex_zone":"happy"`), "happy"},
		{"scale", "a closed vocabulary", with(`"feedback":{"survey":"s","scale":"likert","score":1}`), "likert"},
		{"channel as number", "words outside the process, never bytes", with(`"channel":1`), "channel"},
		{"duration as text", "a number of seconds", with(`"duration_seconds":"soon"`), ""},
		{"duration as object", "a number of seconds", with(`"duration_seconds":{}`), "duration_seconds"},
		{"duration too long", "292 years are what fits", with(`"duration_seconds":9223372036.854775808`), "out of range"},
		{"duration too negative", "the same backwards", with(`"duration_seconds":-9223372036.854775809`), "out of range"},
		{"duration of 41 characters", "nobody writes that", with(`"duration_seconds":0.` + strings.Repeat("0", 38) + `1`), "is not a duration"},
		{"huge exponent", "it must not be computed", with(`"duration_seconds":1e999999999`), "out of range"},
		{"huge negative exponent", "it must not be computed either", with(`"duration_seconds":1e-999999999`), "out of range"},
		{"huge exponent, upper case", "the same", with(`"duration_seconds":1E+999999999`), "out of range"},
		{"endless digits", "a bound on what is computed with", with(`"duration_seconds":0.` + strings.Repeat("1", 10_000)), "duration_seconds"},
		{"wait as text", "a number of seconds", with(`"assisted":{"wait_seconds":"1.5"}`), "1.5"},
		{"wait as object", "a number of seconds", with(`"assisted":{"wait_seconds":{}}`), "{}"},
		{"wait too long", "292 years are what fits", with(`"assisted":{"hold_seconds":9223372036.854775808}`), "out of range"},
		{"huge exponent of a wait", "it must not be computed", with(`"assisted":{"approval_seconds":1e999999999}`), "out of range"},
		{"visit beyond int", "a number that no counter reaches", with(`"visit":99999999999999999999`), "visit"},
		{"fraction of a visit", "a whole number", with(`"visit":1.5`), "visit"},
		{"fraction of a cent", "amounts are whole minor units", with(`"journey":{"name":"a","id":"b","value":{"amount":1.5,"currency":"EUR"}}`), "amount"},
		{"half a span", "a span ID alone leads nowhere", with(`"span":{"span_id":"00f067aa0ba902b7"}`), "trace_id"},
		{"the other half", "nor does a trace ID", with(`"span":{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}`), "span_id"},
		{"zero trace ID", "W3C Trace Context, 3.2.2.3: all zeros is invalid", with(`"span":{"trace_id":"00000000000000000000000000000000","span_id":"00f067aa0ba902b7"}`), "trace_id"},
		{"upper-case trace ID", "W3C Trace Context, 3.2.2.3: lower case", with(`"span":{"trace_id":"4BF92F3577B34DA6A3CE929D0E0E4736","span_id":"00f067aa0ba902b7"}`), "trace_id"},
		{"attributes as a list", "an object", with(`"attributes":[1]`), "attributes"},
		{"attributes as a text", "an object", with(`"attributes":"a=b"`), "attributes"},
		{"number beyond floats", "it would be an infinity", with(`"attributes":{"n":1e400}`), "1e400"},
		{"too deep", "nesting is bounded", with(`"attributes":{"a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`), ""},
		{"too long", "the bound", with(`"stage":"` + strings.Repeat("x", event.MaxJSON) + `"`), "2097152"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := event.ParseJSON([]byte(c.in))
			switch {
			case err == nil:
				t.Fatalf("it was read: %s", c.reason)
			case !errors.Is(err, event.ErrJSON):
				t.Errorf("the error is not an ErrJSON: %v", err)
			case !strings.Contains(err.Error(), c.says):
				t.Errorf("the error does not say %q: %v", c.says, err)
			case len(err.Error()) > 1000:
				t.Errorf("the error has %d bytes: it repeats too much of its input", len(err.Error()))
			}
			if !cmp.Equal(e, event.Event{}, same) {
				t.Errorf("with the error comes half an event: %+v", e)
			}
			kept := event.Event{Kind: "before"}
			if err := kept.UnmarshalJSON([]byte(c.in)); err == nil || kept.Kind != "before" {
				t.Errorf("UnmarshalJSON: %v, and the event is %q", err, kept.Kind)
			}
		})
	}
}

func TestParseJSONReads(t *testing.T) {
	t.Parallel()
	base := event.Event{Kind: event.TouchpointEnded, Time: time.Date(2026, 4, 17, 9, 30, 15, 0, time.UTC)}
	attrs := func(kvs ...attribute.KeyValue) func(*event.Event) {
		return func(e *event.Event) { e.Attributes = kvs }
	}
	for _, c := range []struct {
		name, reason string
		in           string
		want         func(*event.Event)
	}{
		{"smallest", "kind and time are enough", with(""), func(*event.Event) {}},
		{"white space", "JSON has any amount of it", " \n\t" + with("") + "\r\n ", func(*event.Event) {}},
		{"unknown fields", "a newer writer within the version is understood", with(`"mood":{"v":9},"journey":{"name":"a","id":"b","weather":"rain"}`), func(e *event.Event) {
			e.Journey = event.Run{Name: "a", ID: "b"}
		}},
		{"unknown kind", "the set is open", strings.Replace(with(""), "touchpoint.ended", "customer.moved", 1), func(e *event.Event) { e.Kind = "customer.moved" }},
		{"waits", "seconds, exactly", with(`"assisted":{"wait_seconds":0.1,"hold_seconds":-1e-9,"approval_seconds":null}`), func(e *event.Event) {
			e.Assisted = &event.Assisted{Legs: []event.Leg{{Queued: true, Answered: true, Wait: event.Seconds(100 * time.Millisecond), Hold: -1}}}
		}},
		{"nulls", "null is what is not said", with(`"id":null,"channel":null,"journey":null,"feedback":null,"attributes":null,"duration_seconds":null,"span":null,"customer":null`), func(*event.Event) {}},
		{"another zone", "the same instant", strings.Replace(with(""), "2026-04-17T09:30:15Z", "2026-04-17T11:30:15+02:00", 1), func(*event.Event) {}},
		{"leap day and nanoseconds", "RFC 3339", strings.Replace(with(""), "2026-04-17T09:30:15Z", "2024-02-29T23:59:59.999999999Z", 1), func(e *event.Event) {
			e.Time = time.Date(2024, 2, 29, 23, 59, 59, 999_999_999, time.UTC)
		}},
		{"exponent", "a number is a number however it is written", with(`"duration_seconds":1.5e3`), func(e *event.Event) { e.Duration = 1500 * time.Second }},
		{"below a nanosecond", "cut, not rounded", with(`"duration_seconds":0.0000000019`), func(e *event.Event) { e.Duration = 1 }},
		{"negative below a nanosecond", "cut towards zero", with(`"duration_seconds":-0.0000000019`), func(e *event.Event) { e.Duration = -1 }},
		{"tiny exponent", "as good as nothing", with(`"duration_seconds":1e-999`), func(*event.Event) {}},
		{"longest", "2^63-1 ns", with(`"duration_seconds":9223372036.854775807`), func(e *event.Event) { e.Duration = 1<<63 - 1 }},
		{"shortest", "-2^63 ns", with(`"duration_seconds":-9223372036.854775808`), func(e *event.Event) { e.Duration = -1 << 63 }},
		{"not exact in binary", "0.1 is 100 ms, not a float's next to it", with(`"duration_seconds":0.1`), func(e *event.Event) { e.Duration = 100 * time.Millisecond }},
		{"whole and broken numbers", "2 is a whole number, 2.0 is not", with(`"attributes":{"a":2,"b":2.0,"c":2e0,"d":-0,"e":-0.5}`), attrs(
			attribute.Int("a", 2), attribute.Float64("b", 2), attribute.Float64("c", 2), attribute.Int("d", 0), attribute.Float64("e", -0.5))},
		{"beyond int64", "what does not fit becomes a float", with(`"attributes":{"a":9223372036854775807,"b":9223372036854775808}`), attrs(
			attribute.Int64("a", 1<<63-1), attribute.Float64("b", 1<<63))},
		{"order of attributes", "it is the writer's", with(`"attributes":{"z":1,"a":2,"m":3}`), attrs(
			attribute.Int("z", 1), attribute.Int("a", 2), attribute.Int("m", 3))},
		{"lists", "one type, no type, several types", with(`"attributes":{"a":[true],"b":[],"c":[1,"x",null,[2]],"d":[1,2.0]}`), attrs(
			attribute.BoolSlice("a", []bool{true}), attribute.StringSlice("b", nil),
			attribute.KeyValue{Key: "c", Value: attribute.SliceValue(attribute.IntValue(1), attribute.StringValue("x"), attribute.Value{}, attribute.Int64SliceValue([]int64{2}))},
			attribute.KeyValue{Key: "d", Value: attribute.SliceValue(attribute.IntValue(1), attribute.Float64Value(2))})},
		{"object", "a map", with(`"attributes":{"a":{"b":{"c":1},"n":null}}`), attrs(
			attribute.KeyValue{Key: "a", Value: attribute.MapValue(attribute.KeyValue{Key: "b", Value: attribute.MapValue(attribute.Int("c", 1))})})},
		{"escapes", "RFC 8259, section 7", with(`"stage":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude42"`), func(e *event.Event) { e.Stage = "\"\\/\b\f\n\r\té🙂" }},
		{"half a surrogate pair", "nothing that can be said in UTF-8", with(`"stage":"\ud83d"`), func(e *event.Event) { e.Stage = "\uFFFD" }},
		{"not UTF-8", "replaced, not refused: the event is worth more", with("\"stage\":\"a\xffb\""), func(e *event.Event) { e.Stage = "a\uFFFDb" }},
		{"as long as allowed", "the bound itself", with("") + strings.Repeat(" ", event.MaxJSON-len(with(""))), func(*event.Event) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := base
			c.want(&want)
			got, err := event.ParseJSON([]byte(c.in))
			if err != nil {
				t.Fatalf("%v: %s", err, c.reason)
			}
			if diff := cmp.Diff(want, got, same); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// FuzzParseJSON: nothing that comes from outside panics, takes long, or is read as
// something that is written as something else.
func FuzzParseJSON(f *testing.F) {
	golden, err := os.ReadFile("testdata/events.golden.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(golden)) {
		f.Add([]byte(line))
	}
	for _, s := range []string{
		"", "null", "{}", with(""), with(`"duration_seconds":1e-999`), with(`"duration_seconds":-1.5E+3`),
		with(`"attributes":{"":[[],{},[null],[1,1.0],"\u2028"],"":1,"n":-0.0,"i":1e22}`), with(`"journey":{"namespace":"x"}`),
		with(`"journey":{"id":"x","value":{}},"transition":{},"variant":{},"assisted":{},"followup":{},"action":{},"breakdown":{"placed":[{}],"value_in_excess":{}},"contact":{},"feedback":{"causes":[]}`),
		with(`"span":{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","sampled":true}`),
		`{"V":1,"KIND":"k","Time":"2026-04-17T09:30:15.5+23:59"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := event.ParseJSON(data)
		if err != nil {
			if !errors.Is(err, event.ErrJSON) {
				t.Fatalf("not an ErrJSON: %v", err)
			}
			return
		}
		if len(data) > event.MaxJSON {
			t.Fatalf("%d bytes were read", len(data))
		}
		if !json.Valid(data) {
			t.Fatalf("what is not JSON was read: %q", data)
		}
		b := e.AppendJSON(nil)
		if !json.Valid(b) || bytes.ContainsAny(b, "\n\r") {
			t.Fatalf("what was read is written as %q", b)
		}
		if len(b) > event.MaxJSON {
			return
		}
		again, err := event.ParseJSON(b)
		if err != nil {
			t.Fatalf("what was read is written as what is not: %v: %s", err, b)
		}
		times := []time.Time{e.Time, e.Journey.Started}
		if e.Transition != nil {
			times = append(times, e.Transition.Entered)
		}
		if e.FollowUp != nil {
			times = append(times, e.FollowUp.Due)
		}
		for _, tm := range times {
			if y := tm.UTC().Year(); y < 1 || y > 9999 {
				return // brought to the border: see TestJSONOfTimesBeyondRFC3339
			}
		}
		if e.Journey.IsZero() {
			e.Journey = event.Run{} // a namespace alone is no journey, and not written
		}
		if diff := cmp.Diff(e, again, same); diff != "" {
			t.Fatalf("it changes (-first +second):\n%s\n%s", diff, b)
		}
	})
}
