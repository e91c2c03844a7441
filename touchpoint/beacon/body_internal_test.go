package beacon //nolint:testpackage // what the reader makes of a body is not seen from outside

import (
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// sent is what the module gives to JSON.stringify.
type sent struct {
	V      int    `json:"v"`
	Page   string `json:"page"`
	First  int    `json:"first"`
	Events []one  `json:"events"`
}

type one struct {
	Kind  string  `json:"kind"`
	Name  string  `json:"name"`
	Ago   int64   `json:"ago"`
	Took  *int64  `json:"took,omitempty"`
	Vital *string `json:"vital,omitempty"`
	Value *int64  `json:"value,omitempty"`
}

// moduleSends decides by the standard library's JSON whether the module could have sent the text: it is what the decoded values are when they are
// written again, and the values are within the bounds.
func moduleSends(text string) (*sent, bool) {
	var v sent
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if len(text) > 16<<10 || !utf8.ValidString(text) || d.Decode(&v) != nil {
		return nil, false
	}
	var again strings.Builder
	e := json.NewEncoder(&again)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, false
	}
	// Go escapes two separators that JSON.stringify writes as they are.
	rewritten := strings.NewReplacer(`\\`, `\\`, `\u2028`, "\u2028", `\u2029`, "\u2029").Replace(strings.TrimSuffix(again.String(), "\n"))
	if rewritten != text || v.V != 1 || !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(v.Page) || v.First < 0 || v.First > 1<<16 || len(v.Events) < 1 || len(v.Events) > 64 {
		return nil, false
	}
	for _, s := range v.Events {
		form, vital := s.Kind == "form", s.Kind == "vital"
		if !regexp.MustCompile(`^(view|form|rage|dead|error|vital)$`).MatchString(s.Kind) || s.Name == "" || len(s.Name) > 64 || strings.ContainsFunc(s.Name, func(r rune) bool { return r < ' ' }) ||
			s.Ago < 0 || s.Ago > 3600000 || form != (s.Took != nil) || vital != (s.Vital != nil) || vital != (s.Value != nil) ||
			form && (*s.Took < 0 || *s.Took > 10*365*24*3600*1000) || vital && (!regexp.MustCompile(`^(cls|inp|lcp)$`).MatchString(*s.Vital) || *s.Value < 0 || *s.Value > 1e10) {
			return nil, false
		}
	}
	return &v, true
}

const start = `{"v":1,"page":"0123456789abcdef0123456789abcdef","first":0,"events":[`

// bodies are texts, and whether the module sends them.
var bodies = []struct {
	text string
	ok   bool
}{
	{start + `{"kind":"view","name":"cart","ago":0}]}`, true},
	{start + `{"kind":"view","name":"a \"b\" \\ ü 世","ago":3600000},{"kind":"form","name":"x","ago":1,"took":315360000000}]}`, true},
	{start + `{"kind":"vital","name":"x","ago":1,"vital":"inp","value":10000000000}]}`, true},
	{start + `{"kind":"view","name":"` + strings.Repeat("x", 64) + `","ago":0}]}`, true},
	{start + strings.Repeat(`{"kind":"dead","name":"x","ago":0},`, 63) + `{"kind":"rage","name":"x","ago":0}]}`, true},
	{start + strings.Repeat(`{"kind":"dead","name":"x","ago":0},`, 64) + `{"kind":"rage","name":"x","ago":0}]}`, false},
	{start + `{"kind":"view","name":"` + strings.Repeat("x", 65) + `","ago":0}]}`, false},
	{start + `{"kind":"view","name":"x","ago":3600001}]}`, false},
	{start + `{"kind":"view","name":"x","ago":-1}]}`, false},
	{start + `{"kind":"view","name":"x","ago":01}]}`, false},
	{start + `{"kind":"view","name":"x","ago":1.5}]}`, false},
	{start + `{"kind":"view","name":"x","ago":1e3}]}`, false},
	{start + `{"kind":"view","name":"x","ago":99999999999999999999}]}`, false},
	{start + `{"kind":"view","name":"","ago":0}]}`, false},
	{start + `{"kind":"view","name":"a\nb","ago":0}]}`, false},
	{start + "{\"kind\":\"view\",\"name\":\"a\nb\",\"ago\":0}]}", false},
	{start + "{\"kind\":\"view\",\"name\":\"a\xffb\",\"ago\":0}]}", false},
	{start + `{"kind":"view","name":"\u0041","ago":0}]}`, false},
	{start + `{"kind":"view","name":"x","ago":0,"took":1}]}`, false},
	{start + `{"kind":"form","name":"x","ago":0}]}`, false},
	{start + `{"kind":"vital","name":"x","ago":1,"vital":"fid","value":1}]}`, false},
	{start + `{"kind":"other","name":"x","ago":0}]}`, false},
	{start + `{"name":"x","kind":"view","ago":0}]}`, false},
	{start + `{"kind":"view","name":"x","ago":0,"ago":0}]}`, false},
	{start + `{"kind":"view","name":"x","ago":0},]}`, false},
	{start + `]}`, false},
	{start + `{"kind":"view","name":"x","ago":0}]} `, false},
	{start + `{"kind":"view","name":"x","ago":0}`, false},
	{start + `{"kind":"view","name":"x`, false},
	{start + `{"kind":"view","name":"x\`, false},
	{strings.Replace(start, "abcdef", "ABCDEF", 1) + `{"kind":"view","name":"x","ago":0}]}`, false},
	{strings.Replace(start, `"first":0`, `"first":65537`, 1) + `{"kind":"view","name":"x","ago":0}]}`, false},
	{strings.Replace(start, `"v":1`, `"v":2`, 1) + `{"kind":"view","name":"x","ago":0}]}`, false},
	{strings.Replace(start, `"v":1,`, ``, 1) + `{"kind":"view","name":"x","ago":0}]}`, false},
	{``, false},
	{`null`, false},
	{`[]`, false},
}

// TestBodies: the reader takes what the module sends, and nothing else. The test's own decision is by another way.
func TestBodies(t *testing.T) {
	t.Parallel()
	for _, c := range bodies {
		if _, ok := readBody(c.text); ok != c.ok {
			t.Errorf("%.200s is read: %v, want %v", c.text, ok, c.ok)
		}
		if _, ok := moduleSends(c.text); ok != c.ok {
			t.Errorf("the test decides that the module sends %.200s: %v, want %v", c.text, ok, c.ok)
		}
	}
}

// FuzzBody: the reader takes a text if and only if the module could have sent it, and reads the same values from it as encoding/json.
func FuzzBody(f *testing.F) {
	for _, c := range bodies {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := readBody(text)
		want, sends := moduleSends(text)
		if ok != sends {
			t.Fatalf("%q is read: %v, and the module sends it: %v", text, ok, sends)
		}
		if !ok {
			return
		}
		if got.page != want.Page || got.first != want.First || len(got.signals) != len(want.Events) {
			t.Fatalf("%q is %+v, want %+v", text, got, want)
		}
		for i, g := range got.signals {
			w := want.Events[i]
			if g.kind != w.Kind || g.name != w.Name || g.ago != time.Duration(w.Ago)*time.Millisecond ||
				w.Took != nil && g.took != time.Duration(*w.Took)*time.Millisecond ||
				w.Vital != nil && (g.vital != *w.Vital || math.Abs(g.value*1e4-float64(*w.Value)) > 1e-3) {
				t.Errorf("signal %d of %q is %+v, want %+v", i, text, g, w)
			}
		}
	})
}

// TestClientsAreBounded: the table forgets the client that was seen longest ago.
func TestClientsAreBounded(t *testing.T) {
	t.Parallel()
	l, now := newLimiter(time.Hour, 1), time.Unix(1e9, 0)
	first := client{network: networkOf("192.0.2.1:80")}
	_, _ = l.take(first, 1, now)
	for i := range 3 * maxClients {
		var c client
		c.run = [16]byte{byte(i), byte(i >> 8), byte(i >> 16)}
		_, _ = l.take(c, 1, now)
		if _, ok := l.take(first, 1, now); ok && i <= maxClients {
			t.Fatalf("after %d others a client has its burst again that was seen lately", i)
		}
		if i > maxClients {
			first.runs = true // seen no more
		}
		if len(l.of) > maxClients || l.recent.Len() != len(l.of) {
			t.Fatalf("%d clients are known, and %d are in the list", len(l.of), l.recent.Len())
		}
	}
	if len(l.of) != maxClients {
		t.Errorf("%d clients are known, want %d", len(l.of), maxClients)
	}
	if _, ok := l.take(client{network: networkOf("192.0.2.1:81")}, 1, now); !ok {
		t.Error("the client that was seen longest ago is still known")
	}
}
