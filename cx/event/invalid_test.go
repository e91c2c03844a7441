package event_test

import (
	"encoding/json"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
)

// TestParseJSONBrokenStrings: a string that has a control character, that is not UTF-8 or that has no end is no JSON
// (RFC 8259, section 7), also where what follows it would make sense without the string.
func TestParseJSONBrokenStrings(t *testing.T) {
	t.Parallel()
	for _, fields := range []string{
		"\":\n5", "\":\t5", "\":\r5", "\":\x015", `":5`, `"":5,":5`,
		"\"touchpoint\":\",\n\"visit\":2", "\"touchpoint\":\",\t\"visit\":2", "\"touchpoint\":\",\r\"visit\":2", "\"touchpoint\":\",\x00\"visit\":2",
		"\"touchpoint\":\"a\n\"", "\"touchpoint\":\"a\x1f\"", "\"touchpoint\":\"\\u0041\n\"", "\"touchpoint\":\"", `"touchpoint":"a`, `"touchpoint":"\"`, `"touchpoint":"\`,
		"\"attributes\":{\":\n5}", "\"attributes\":{\"a\":\",\n\"b\":2}", "\"journey\":{\":\n5}", "\"journey\":{\"name\":\",\n\"id\":\"2\"}",
	} {
		text := with(fields)
		if json.Valid([]byte(text)) {
			t.Fatalf("encoding/json takes %q", text)
		}
		if e, err := event.ParseJSON([]byte(text)); err == nil {
			t.Errorf("%q is taken for %+v", text, e)
		}
	}
}

// TestParseJSONBadNumbersWithin: a number that no float can hold, and a list that is too long, are errors wherever they
// are in an attribute.
func TestParseJSONBadNumbersWithin(t *testing.T) {
	t.Parallel()
	long := "[" + strings.Repeat("1,", 1024) + "1]" // one more than there may be
	for _, bad := range []string{"1e999", long} {
		for _, around := range []string{"BAD", "[BAD]", "[1,BAD]", "[BAD,1]", "[[BAD]]", `{"b":BAD}`, `{"b":BAD,"c":1}`, `[{"b":BAD}]`, `{"b":[BAD]}`, `[[],BAD]`} {
			fields := `"attributes":{"a":` + strings.ReplaceAll(around, "BAD", bad) + `}`
			for _, fields := range []string{fields, fields + `,"touchpoint":"pay"`} {
				if _, err := event.ParseJSON([]byte(with(fields))); err == nil {
					t.Errorf("%.80s is taken", fields)
				}
			}
			good := strings.ReplaceAll(around, "BAD", "1e99")
			if _, err := event.ParseJSON([]byte(with(`"attributes":{"a":` + good + `}`))); err != nil {
				t.Errorf("%s: %v", good, err)
			}
		}
	}
}
