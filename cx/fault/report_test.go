package fault_test

import (
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/fault"
)

// TestReportLine: the line names what the fault is about in quotes that the name cannot end, with every escape once.
func TestReportLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, given, want string }{
		{"plain", "pay", `unknown_name "pay": `},
		{"letters beyond ASCII", "größe", `unknown_name "größe": `},
		{"escaped already, as a client tells it", `a\x1b[31m`, `unknown_name "a\x1b[31m": `},
		{"not escaped yet", "a\x1b[31m", `unknown_name "a\x1b[31m": `},
		{"a quote", `a": all is well`, `unknown_name "a\": all is well": `},
		{"a newline", "a\nb", `unknown_name "a\nb": `},
		{"not UTF-8", "a\xff", `unknown_name "a\xff": `},
		{"from right to left", "a\u202eb", `unknown_name "a\u202eb": `},
		{"none", "", "unknown_name: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := (fault.Report{Fault: fault.UnknownName, Name: c.given}).String(); !strings.HasPrefix(got, c.want) {
				t.Errorf("the line is %s, want it to begin with %s", got, c.want)
			}
		})
	}
	full := fault.Report{
		Fault: fault.Panic, Name: "pay", Route: "GET /cart", Detail: "it panicked", More: 1234567, Stack: []byte("goroutine 1"),
	}
	want := `panic "pay" in GET /cart: it panicked (and 1,234,567 more since the last report): ` + fault.Panic.Remedy() + "\ngoroutine 1"
	if got := full.String(); got != want {
		t.Errorf("the line is %s, want %s", got, want)
	}
}
