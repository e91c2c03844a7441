package fault_test

import (
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/fault"
)

func firstPanic() { panic("the first one") }

func secondPanic() { panic("the second one") }

func panicsTwice() {
	defer secondPanic()
	firstPanic()
}

// TestPanicReportOfTheLast: where a deferred call panics while another panic unwinds, the last one is recovered, and the
// report says where that one began.
func TestPanicReportOfTheLast(t *testing.T) {
	t.Parallel()
	var r fault.Report
	func() {
		defer func() { r = fault.PanicReport("a hook", recover()) }()
		panicsTwice()
	}()
	first, _, _ := strings.Cut(string(r.Stack), "\n")
	if !strings.HasSuffix(first, ".secondPanic") {
		t.Errorf("it begins in %q, want secondPanic:\n%s", first, r.Stack)
	}
	if at := strings.Index(string(r.Stack), ".panicsTwice"); at < 0 || strings.Contains(string(r.Stack)[:at], "PanicReport") {
		t.Errorf("it does not go on in panicsTwice, or shows what recovers:\n%s", r.Stack)
	}
}

// TestPanicReportFromAHelper: the stack begins where the panic began, however many functions recover it.
func TestPanicReportFromAHelper(t *testing.T) {
	t.Parallel()
	var r fault.Report
	report := func(v any) { r = fault.PanicReport("a hook", v) }
	func() {
		defer func() {
			v := recover()
			func() { report(v) }()
		}()
		firstPanic()
	}()
	if first, _, _ := strings.Cut(string(r.Stack), "\n"); !strings.HasSuffix(first, ".firstPanic") {
		t.Errorf("it begins in %q, want firstPanic:\n%s", first, r.Stack)
	}
}
