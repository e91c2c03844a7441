package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

// TestColumns: --map has each column at most once, by a name that may have any character, and the message about a wrong
// one says which word of it is wrong.
func TestColumns(t *testing.T) {
	t.Parallel()
	abc := eventlog.Columns{Case: "a", Activity: "b", Time: "c"}
	with := func(c eventlog.Columns, channel, customer, outcome string) eventlog.Columns {
		c.Channel, c.Customer, c.Outcome = channel, customer, outcome
		return c
	}
	for _, c := range []struct {
		text string
		want eventlog.Columns
		some bool   // cairn init takes it, too
		says string // the text of the fault that replay reports; "" for none
	}{
		{"", eventlog.Columns{}, true, ""},
		{"case=a,activity=b,time=c", abc, true, ""},
		{" time=c,activity=b, case =a", abc, true, ""},
		{"case=a,activity=b,time=c,channel=d,customer=e,outcome=f", with(abc, "d", "e", "f"), true, ""},
		{`"case=Case, number","activity=say ""hi""","time=a=b"`, eventlog.Columns{Case: "Case, number", Activity: `say "hi"`, Time: "a=b"}, true, ""},
		{"activity=b,time=c", eventlog.Columns{Activity: "b", Time: "c"}, true, "case=COLUMN is missing"},
		{"case=a,time=c", eventlog.Columns{Case: "a", Time: "c"}, true, "activity=COLUMN is missing"},
		{"case=a,activity=b", eventlog.Columns{Case: "a", Activity: "b"}, true, "time=COLUMN is missing"},
		{"channel=a", eventlog.Columns{Channel: "a"}, true, "case=COLUMN is missing"},
		{"case=a,activity=b,time=c,attr.team=Team,attr.a b=t", attributed(abc, "team", "Team", "a b", "t"), true, ""},
		{"case=a,activity=b,time=c,attr.team=a,attr.other=a", attributed(abc, "team", "a", "other", "a"), true, ""},
		{"attr.=t", eventlog.Columns{}, false, "attr.\"\" needs a key of 1 to 64 bytes"},
		{"attr." + strings.Repeat("k", 65) + "=t", eventlog.Columns{}, false, "needs a key of 1 to 64 bytes"},
		{"attr.a\x01=t", eventlog.Columns{}, false, "needs a key of 1 to 64 bytes"},
		{"attr.cx.cause=t", eventlog.Columns{}, false, "are Cairn's own: choose another one"},
		{"attr.team=", eventlog.Columns{}, false, "attr.team= needs the name of a column"},
		{"attr.team", eventlog.Columns{}, false, "attr.team= needs the name of a column"},
		{"attr.team=a,attr.team=b", eventlog.Columns{}, false, "attr.team= occurs twice"},
		{strings.Join(manyAttributes(33), ","), eventlog.Columns{}, false, "attr.k32= is one attribute too many: an event has at most 32"},
		{"case=a,activity=b,time=c,direction=way,purpose=why", eventlog.Columns{Case: "a", Activity: "b", Time: "c", Direction: "way", Purpose: "why"}, true, ""},
		{"case=a,activity=b,time=c,wait=d,talk=e,hold=f,wrap=g,group=h,resource=i,intent=j", eventlog.Columns{
			Case: "a", Activity: "b", Time: "c", People: eventlog.PeopleColumns{Wait: "d", Talk: "e", Hold: "f", Wrap: "g", Group: "h", Resource: "i", Intent: "j"},
		}, true, ""},
		{"wait=a,wait=b", eventlog.Columns{}, false, "wait= occurs twice"},
		{"purpose=a,purpose=b", eventlog.Columns{}, false, "purpose= occurs twice"},
		{"case", eventlog.Columns{}, false, "case= needs the name of a column"},
		{"case=a,activity=,time=c", eventlog.Columns{}, false, "activity= needs the name of a column"},
		{"case=a,activity=b,time=c,case=d", eventlog.Columns{}, false, "case= occurs twice"},
		{"case=a,case=a", eventlog.Columns{}, false, "case= occurs twice"},
		{"case=a,tme=c", eventlog.Columns{}, false, `"tme" is not one of case, activity, time, channel, customer, outcome, direction, purpose, wait, talk, hold, wrap, group, resource, intent, attr.KEY: did you mean "time"?`},
		{"case=a,zzzzzz=c", eventlog.Columns{}, false, `"zzzzzz" is not one of`},
		{"case=a,", eventlog.Columns{}, false, `"" is not one of`},
		{"case=a,activity=b\ntime=c", eventlog.Columns{}, false, "write it on one line"},
		{"case=a,activity=b,time=c\nx", eventlog.Columns{}, false, "write it on one line"},
		{`case="a`, eventlog.Columns{}, false, "--map: "},
	} {
		got, err := parseColumns(c.text)
		if err == nil && c.text != "" {
			err = missingColumn(&got)
		}
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) || err != nil && !strings.HasPrefix(err.Error(), "--map: ") {
			t.Errorf("replay --map %q: %v, want %q", c.text, err, c.says)
		} else if err == nil && !reflect.DeepEqual(got, c.want) {
			t.Errorf("replay --map %q: %+v, want %+v", c.text, got, c.want)
		}
		got, err = parseColumns(c.text)
		if (err == nil) != c.some || err == nil && !reflect.DeepEqual(got, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("init --map %q: %+v, %v; want %+v, %q", c.text, got, err, c.want, c.says)
		}
		if err != nil && strings.Contains(err.Error(), "did you mean") != strings.Contains(c.says, "did you mean") {
			t.Errorf("init --map %q: %v, want %q", c.text, err, c.says)
		}
	}
}

// attributed returns the columns with attributes: keys and columns in turn.
func attributed(c eventlog.Columns, pairs ...string) eventlog.Columns {
	for pair := range slices.Chunk(pairs, 2) {
		c.Attributes = append(c.Attributes, eventlog.Attribute{Key: pair[0], Column: pair[1]})
	}
	return c
}

// manyAttributes returns so many attributes for --map.
func manyAttributes(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("attr.k%d=c%d", i, i)
	}
	return list
}

// TestDelimiters: one character of ASCII that is visible or white space is a delimiter, except the quote. A tab has names.
func TestDelimiters(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]byte{
		"": 0, "tab": '\t', `\t`: '\t', "\t": '\t', ",": ',', ";": ';', "|": '|', " ": ' ', "~": '~', "a": 'a', "!": '!',
	} {
		if got, err := parseDelimiter(text); err != nil || got != want {
			t.Errorf("--delimiter %q is %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{`"`, "\x1f", "\x7f", "\n", "\r", "\x00", "\x80", "é", "::", "tabs", "Tab", `\n`, "  "} {
		if got, err := parseDelimiter(text); err == nil || !strings.HasPrefix(err.Error(), "--delimiter: ") {
			t.Errorf("--delimiter %q is %q, %v; want an error", text, got, err)
		}
	}
}

// TestSizes: a size has a number and a unit of 1,024 in one of its spellings, from 1 MiB to 64 GiB, both included.
func TestSizes(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	sizes := map[string]int64{"1048576": mib, "1073741824B": 1 << 30, "1024K": mib, "2048kiB": 2 * mib, " 3 MiB": 3 * mib, "68719476736": 64 << 30, "65536MiB": 64 << 30}
	for unit, size := range map[string]int64{"M": mib, "m": mib, "MB": mib, "MiB": mib, "Mi": mib, "G": 1 << 30, "g": 1 << 30, "GiB": 1 << 30} {
		sizes["64"+unit] = 64 * size
	}
	for text, want := range sizes {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("--memory %q is %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "MiB", "0", "1048575", "1023K", "65G", "65537MiB", "68719476737", "1.5G", "1TiB", "1MM", "1MKi", "1iB", "1BiB", "1M iB", "-1M", "1e6", "0x100000",
	} {
		if got, err := parseSize(text); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("--memory: %q", text)) {
			t.Errorf("--memory %q is %d, %v; want an error", text, got, err)
		}
	}
}

// TestEndpoints: an endpoint is a scheme, a host and at most a path. The message does not repeat a password.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "http://localhost:4318", "https://collector.example.com/otlp/", "http://[::1]:4318"} {
		if err := checkEndpoint(text); err != nil {
			t.Errorf("--otlp %q: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		"localhost:4317":              "not an OTLP/HTTP endpoint",
		"grpc://localhost:4317":       "not an OTLP/HTTP endpoint",
		"http://":                     "not an OTLP/HTTP endpoint",
		"/otlp":                       "not an OTLP/HTTP endpoint",
		"http://a b":                  "not an OTLP/HTTP endpoint",
		"https://kim:secret@host":     "OTEL_EXPORTER_OTLP_HEADERS",
		"https://host/?key=secret":    "OTEL_EXPORTER_OTLP_HEADERS",
		"https://host/otlp#secret":    "OTEL_EXPORTER_OTLP_HEADERS",
		"https://host/otlp?a=b#c":     "OTEL_EXPORTER_OTLP_HEADERS",
		"https://secret@host/v1/logs": "OTEL_EXPORTER_OTLP_HEADERS",
	} {
		if err := checkEndpoint(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("--otlp %q: %v, want %q", text, err, want)
		}
	}
}

// TestMixedArguments: flags may stand before, between and behind the arguments. What stands behind -- is an argument.
func TestMixedArguments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args, want []string
		json       bool
	}{
		{nil, nil, false},
		{[]string{"a", "b"}, []string{"a", "b"}, false},
		{[]string{"--json", "a", "b"}, []string{"a", "b"}, true},
		{[]string{"a", "--json", "b"}, []string{"a", "b"}, true},
		{[]string{"a", "b", "--json"}, []string{"a", "b"}, true},
		{[]string{"--tmp", "--", "a", "--json"}, []string{"a"}, true},
		{[]string{"--", "a", "--json"}, []string{"a", "--json"}, false},
		{[]string{"a", "--", "--json"}, []string{"a", "--json"}, false},
		{[]string{"a", "--json", "--", "b", "-h"}, []string{"a", "b", "-h"}, true},
		{[]string{"--json", "--"}, nil, true},
		{[]string{"-", "--json"}, []string{"-"}, true},
	} {
		s := &replaySettings{}
		var said strings.Builder
		got, code, done := parseMixed(&env{stdout: &said, stderr: &said}, replayFlags(s, &replayTexts{}), c.args)
		if done || code != exitOK || !slices.Equal(got, c.want) || s.json != c.json {
			t.Errorf("%q: %q, --json %v, %d, %v %s; want %q, %v", c.args, got, s.json, code, done, &said, c.want, c.json)
		}
	}
	for _, args := range [][]string{{"a", "--none"}, {"--none", "a"}, {"a", "--tmp"}} {
		var said strings.Builder
		if _, code, done := parseMixed(&env{stdout: &said, stderr: &said}, replayUsage(), args); !done || code != exitUsage {
			t.Errorf("%q: %d, %v %s; want a wrong use", args, code, done, &said)
		}
	}
}
