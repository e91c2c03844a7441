package event_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
)

// node is a JSON value that can be changed by its structure: members keep their order and may repeat.
type node struct {
	text    string // of a value that is neither an object nor a list
	open    string // "{" or "[", else empty
	members []member
}

type member struct {
	name  string // quoted; empty in a list
	value *node
}

// tree takes a line apart.
func tree(raw string) *node {
	if raw[0] != '{' && raw[0] != '[' {
		return &node{text: raw}
	}
	n := &node{open: raw[:1]}
	dec := json.NewDecoder(strings.NewReader(raw))
	must(dec.Token())
	for dec.More() {
		var name string
		if n.open == "{" {
			name = string(must(json.Marshal(must(dec.Token()))))
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			panic(err) // it was written by AppendJSON
		}
		n.members = append(n.members, member{name, tree(string(v))})
	}
	return n
}

func (n *node) clone() *node {
	c := *n
	c.members = slices.Clone(n.members)
	for i := range c.members {
		c.members[i].value = c.members[i].value.clone()
	}
	return &c
}

// write puts the line together again, with space wherever JSON allows it.
func (n *node) write(b *strings.Builder, space string) {
	if n.open == "" {
		b.WriteString(n.text)
		return
	}
	b.WriteString(n.open + space)
	for i, m := range n.members {
		if i > 0 {
			b.WriteString(space + "," + space)
		}
		if n.open == "{" {
			b.WriteString(m.name + space + ":" + space)
		}
		m.value.write(b, space)
	}
	b.WriteString(space + map[string]string{"{": "}", "[": "]"}[n.open])
}

// holders returns n and everything in it that has members.
func (n *node) holders() (all []*node) {
	if n.open == "" {
		return nil
	}
	all = append(all, n)
	for _, m := range n.members {
		all = append(all, m.value.holders()...)
	}
	return all
}

// jsonValues are what a member may become: every kind of JSON value, and the edges of each kind.
var jsonValues = []string{
	"null", "true", "false", "0", "-0", "1", "-1", "00", "01", "+1", ".5", "1.", "0.0", "-0.0", "1e2", "1E+2", "1e-2", "2.5e0", "1e400", "-1e400", "1e-400", "1e99999",
	"2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551616",
	"0.000000001", "0.0000000001", "9223372036.854775807", "9223372036.854775808", "123456789012345678901234567890123456789012345", "NaN", "Infinity",
	`""`, `"x"`, `"1"`, `"1.5"`, `" web"`, `"Web"`, `"WEB"`, `"web"`, `"w\u0065b"`, `"\u0000"`, `"\ud83d\ude42"`, `"\ud83d"`, `"\ude42"`, `"\ude42\ud83d"`, `"\ud83dx"`, `"\uD83D\uDE42"`, `"\u00zz"`, `"\'"`, "\"\xff\"", "\"\xed\xa0\xbd\"",
	"\"\t\"", "\"\u2028\"", `"\u2028"`, `"00000000000000000000000000000001"`, `"0000000000000001"`, `"00000000000000000000000000000000"`, `"4BF92F3577B34DA6A3CE929D0E0E4736"`, `"00F067AA0BA902B7"`,
	`"2026-04-17T09:30:15Z"`, `"2026-04-17T09:30:15.1234567891Z"`, `"2026-04-17t09:30:15z"`, `"2026-04-17T24:00:00Z"`, `"2026-04-17T09:30:15+24:00"`, `"0001-01-01T00:00:00Z"`, `"2026-04-17T09:30:60Z"`,
	"{}", "[]", "[null]", `["a",null]`, `["a",1]`, `[1,2]`, `[[]]`, `{"a":null}`, `{"":1}`, `{"a":1,"a":2}`, `{"trace_id":"00000000000000000000000000000001"}`, `{"span_id":"0000000000000001"}`, `{"sampled":true}`, `{"sampled":false}`,
	`{"amount":1}`, `{"currency":"EUR"}`, `{"id":"x"}`, `{"name":"x"}`,
}

// spelled are ways to write a name that encoding/json may take for it.
func spelled(t *rapid.T, quoted string) string {
	var name string
	if json.Unmarshal([]byte(quoted), &name) != nil || name == "" {
		return quoted
	}
	switch rapid.IntRange(0, 6).Draw(t, "spelling") {
	case 0:
		name = strings.ToUpper(name)
	case 1:
		name = strings.ToUpper(name[:1]) + name[1:]
	case 2:
		return strings.Replace(quoted, name[:1], `\u00`+string("0123456789abcdef"[name[0]>>4])+string("0123456789abcdef"[name[0]&15]), 1)
	case 3:
		name = strings.ReplaceAll(name, "s", "\u017f") // folds to s
	case 4:
		name = strings.ReplaceAll(name, "k", "\u212a") // folds to k
	case 5:
		name += " "
	case 6:
		name = strings.ReplaceAll(name, "_", "")
	}
	return string(must(json.Marshal(name)))
}

// mutate changes one thing in the structure below root.
func mutate(t *rapid.T, root *node) {
	in := rapid.SampledFrom(root.holders()).Draw(t, "in")
	if len(in.members) == 0 {
		in.members = append(in.members, member{`"new"`, &node{text: rapid.SampledFrom(jsonValues).Draw(t, "value")}})
		return
	}
	i := rapid.IntRange(0, len(in.members)-1).Draw(t, "member")
	m := in.members[i]
	put := func(m member) {
		at := rapid.IntRange(0, len(in.members)).Draw(t, "to")
		in.members = slices.Insert(in.members, at, m)
	}
	switch rapid.IntRange(0, 11).Draw(t, "change") {
	case 0: // again
		put(member{m.name, m.value.clone()})
	case 1: // again, with a part of what it has
		half := m.value.clone()
		half.members = slices.DeleteFunc(half.members, func(member) bool { return rapid.Bool().Draw(t, "without") })
		put(member{m.name, half})
	case 2: // again, with another value
		put(member{m.name, &node{text: rapid.SampledFrom(jsonValues).Draw(t, "value")}})
	case 3: // again, spelled differently
		put(member{spelled(t, m.name), m.value.clone()})
	case 4:
		in.members[i].name = spelled(t, m.name)
	case 5:
		in.members[i].value = &node{text: rapid.SampledFrom(jsonValues).Draw(t, "value")}
	case 6:
		in.members[i].value = &node{text: "null"}
	case 7: // in an object of its own name
		in.members[i].value = &node{open: "{", members: []member{m}}
	case 8:
		in.members[i].value = &node{open: "[", members: []member{{"", m.value}}}
	case 9:
		in.members = slices.Delete(in.members, i, i+1)
	case 10: // what another object has
		from := rapid.SampledFrom(root.holders()).Draw(t, "from")
		if len(from.members) > 0 {
			m := rapid.SampledFrom(from.members).Draw(t, "which")
			put(member{m.name, m.value.clone()})
		}
	case 11:
		in.members = rapid.Permutation(in.members).Draw(t, "order")
	}
}

// TestScanOfChangedStructure: whatever becomes of a line's structure (a member that is there twice, in
// halves, in another place, spelled differently, null, nested, of another kind), ParseJSON reads or
// refuses it as encoding/json alone does.
func TestScanOfChangedStructure(t *testing.T) {
	t.Parallel()
	lines := written()
	rapid.Check(t, func(t *rapid.T) {
		root := tree(string(rapid.SampledFrom(lines).Draw(t, "line")))
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			mutate(t, root)
		}
		var b strings.Builder
		root.write(&b, rapid.SampledFrom([]string{"", "", "", " ", "\n\t"}).Draw(t, "space"))
		b.WriteString(rapid.SampledFrom([]string{"", "", "", " ", "\n", "{}", "null", "\x00", ","}).Draw(t, "behind"))
		alike(t, []byte(b.String()))
	})
}

// TestScanOfEveryMemberTwice has no luck in it: each member of each line, wherever it is, is there again
// with each value, in front of itself and behind.
func TestScanOfEveryMemberTwice(t *testing.T) {
	t.Parallel()
	for _, line := range written() {
		root := tree(string(line))
		for _, in := range root.holders() {
			had := in.members
			for i, m := range had {
				again := []*node{m.value}
				for k := range m.value.members { // one by one
					again = append(again, &node{open: m.value.open, members: m.value.members[k : k+1]})
				}
				for _, v := range jsonValues {
					again = append(again, &node{text: v})
				}
				for k, v := range again { // each value before it, behind it or last, which keeps the test short
					in.members = slices.Insert(slices.Clone(had), []int{i, i + 1, len(had)}[(i+k)%3], member{m.name, v})
					var b strings.Builder
					root.write(&b, "")
					alike(t, []byte(b.String()))
				}
			}
			in.members = had
		}
	}
}

// TestRepeatedSpan: of a repeated object the members add to each other, the last of one name counts.
func TestRepeatedSpan(t *testing.T) {
	t.Parallel()
	const trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	const whole = `"span":{"trace_id":"` + trace + `","span_id":"` + span + `","sampled":true}`
	for _, c := range []struct{ name, reason, in string }{
		{"in halves", "the second adds to the first", `"span":{"trace_id":"` + trace + `","sampled":true},"span":{"span_id":"` + span + `"}`},
		{"an empty one behind", "it says nothing", whole + `,"span":{}`},
		{"an empty one before", "it says nothing", `"span":{},` + whole},
		{"another before", "the last of one name counts", `"span":{"trace_id":"00000000000000000000000000000001","span_id":"0000000000000001"},` + whole},
		{"a wrong one before", "the last of one name counts", `"span":{"trace_id":"x","sampled":false},` + whole},
		{"apart", "fields may be anywhere", `"span":{"span_id":"` + span + `"},"stage":"s","span":{"sampled":true},"visit":1,"span":{"trace_id":"` + trace + `"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := event.ParseJSON([]byte(with(c.in)))
			if err != nil {
				t.Fatalf("%v: %s", err, c.reason)
			}
			sc := e.SpanContext
			if sc.TraceID().String() != trace || sc.SpanID().String() != span || !sc.IsSampled() {
				t.Errorf("the span is %s %s %v: %s", sc.TraceID(), sc.SpanID(), sc.IsSampled(), c.reason)
			}
			scanned(t, []byte(with(c.in)))
		})
	}
}
