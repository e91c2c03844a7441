package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
)

// TestJSONIsPrinted: JSON has no character that is not printed, and says the same.
func TestJSONIsPrinted(t *testing.T) {
	var all strings.Builder
	for c := range rune(unicode.MaxRune + 1) {
		if c < 0xd800 || c > 0xdfff { // halves of pairs are no characters
			all.WriteRune(c)
		}
	}
	for _, indent := range []string{"", "  "} {
		var b strings.Builder
		if err := report.JSON(&b, map[string]string{"text": all.String()}, indent); err != nil {
			t.Fatal(err)
		}
		for _, c := range b.String() {
			if !unicode.IsPrint(c) && c != '\n' && c != '\u200d' {
				t.Errorf("%U is in it as it is", c)
			}
		}
		var back map[string]string
		if err := json.Unmarshal([]byte(b.String()), &back); err != nil || back["text"] != all.String() {
			t.Errorf("it is read back as another text: %v", err)
		}
	}
	if err := report.JSON(&strings.Builder{}, func() {}, ""); err == nil {
		t.Error("what is no JSON is no error")
	}
}
