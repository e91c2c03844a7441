package cx

import (
	"testing"

	"cairncx.dev/cairn/exporters"
)

// TestNamesOnAStack: the names that are looked for on a stack are those that the linker gives, which the runtime documents only
// as "fully qualified". A name that matches nothing would let a call wait for itself.
func TestNamesOnAStack(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		function((*Client).committed):           "cairncx.dev/cairn/cx.(*Client).committed",
		methodsOf((*calls).do):                  "cairncx.dev/cairn/cx.(*calls).",
		typesBeside((*exporters.Spool).Export):  "cairncx.dev/cairn/exporters.(",
		typesBeside((*exporters.Batch).Process): "cairncx.dev/cairn/exporters.(",
		function((*outlet).run):                 "cairncx.dev/cairn/cx.(*outlet).run",
		methodsOf((*forgetter).do):              "cairncx.dev/cairn/cx.(*forgetter).",
	} {
		if got != want {
			t.Errorf("the name is %q, want %q", got, want)
		}
	}
	here := (*probe).looks
	if !here(nil, methodsOf((*probe).looks)) || !here(nil, function((*probe).looks)) || here(nil, function((*Client).committed)) {
		t.Error("stackHas does not find the method that calls it, or finds one that does not")
	}
}

type probe struct{}

func (*probe) looks(name string) bool { return stackHas(name) }
