package processortest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// kept returns the JSON form of what the processor keeps of the event.
func (s *suite) kept(e *event.Event) []byte {
	s.Helper()
	text := e.AppendJSON(nil)
	if s.subject.Keeps == nil {
		return text
	}
	read, err := event.ParseJSON(text)
	if err != nil {
		s.fail("an event that has arrived cannot be read: %v\n%s", err, text)
	}
	read = s.subject.Keeps(read)
	return read.AppendJSON(nil)
}

// longestValue bounds each value in a difference, in bytes.
const longestValue = 120

// difference returns a line for each field in which the JSON objects got and want differ, or "" if they are equal.
func difference(got, want []byte) string {
	g, w := fields(got), fields(want)
	var lines []string
	for path, value := range w {
		switch other, ok := g[path]; {
		case !ok:
			lines = append(lines, fmt.Sprintf("%s is missing, want %.*s", path, longestValue, value))
		case other != value:
			lines = append(lines, fmt.Sprintf("%s is %.*s, want %.*s", path, longestValue, other, longestValue, value))
		}
	}
	for path, value := range g {
		if _, ok := w[path]; !ok {
			lines = append(lines, fmt.Sprintf("%s is %.*s, want none", path, longestValue, value))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// fields returns the values of a JSON text by their paths, such as feedback.causes[0]. A text that is not JSON is one value.
func fields(text []byte) map[string]string {
	all := map[string]string{}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		all["the event"] = string(text)
		return all
	}
	flatten(all, "", v)
	return all
}

func flatten(all map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, field := range v {
			flatten(all, strings.TrimPrefix(path+"."+name, "."), field)
		}
	case []any:
		for i, element := range v {
			flatten(all, fmt.Sprintf("%s[%d]", path, i), element)
		}
	default:
		value, _ := json.Marshal(v) //nolint:errchkjson // it is a string, a number, a truth value or null
		all[path] = string(value)
	}
}
