package cxtest

import (
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/fault"
)

// allowance is a fault that a test allows, with the given names or with any name.
type allowance struct {
	fault fault.Fault
	names []string
}

func (a *allowance) allows(f *cx.FaultCount) bool {
	return a.fault == f.Fault && (len(a.names) == 0 || slices.Contains(a.names, f.Name))
}

// AllowFaults lets the test pass although the code under test makes the fault with one of the names, or with any name if none
// is given. It applies to the whole test, also to faults before the call. Names are those that [Recorder.Faults] returns.
// [fault.LiveRuns] is always allowed, because a test may end before its journeys do. AllowFaults returns the Recorder.
func (r *Recorder) AllowFaults(f fault.Fault, names ...string) *Recorder {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.allowed = append(r.allowed, allowance{f, slices.Clone(names)})
	return r
}

// Faults returns the faults that the client has counted so far, by fault and name: the given faults, or all if none is given.
// See [cx.Client.Faults].
func (r *Recorder) Faults(faults ...fault.Fault) []cx.FaultCount {
	return slices.DeleteFunc(r.client.Faults(), func(f cx.FaultCount) bool {
		return len(faults) > 0 && !slices.Contains(faults, f.Fault)
	})
}

// Fault returns the assertions about a fault with a name. It also allows that fault.
func (r *Recorder) Fault(f fault.Fault, name string) *Fault {
	r.AllowFaults(f, name)
	return &Fault{r: r, fault: f, name: name}
}

// NoFaults asserts that the code under test has made no fault so far, except allowed ones. The Recorder asserts the same at the
// end of the test.
func (r *Recorder) NoFaults() *Recorder {
	r.tb.Helper()
	r.checkFaults()
	return r
}

// Fault asserts facts about a fault with a name. If an assertion does not hold, it fails the test without stopping it. Every
// assertion returns the Fault.
type Fault struct {
	r     *Recorder
	fault fault.Fault
	name  string
}

// Times asserts the number of occurrences of the fault.
func (f *Fault) Times(want int64) *Fault {
	f.r.tb.Helper()
	var got int64
	all := f.r.Faults()
	for i := range all {
		if all[i].Fault == f.fault && all[i].Name == f.name {
			got = all[i].Count
		}
	}
	if got != want {
		f.r.tb.Errorf("fault %s of %q: there were %d, want %d\n%s", f.fault, f.name, got, want, listed(all))
	}
	return f
}

// checkFaults fails the test if there are faults that it does not allow.
func (r *Recorder) checkFaults() {
	r.tb.Helper()
	r.mu.Lock()
	allowed := append(slices.Clone(r.allowed), allowance{fault: fault.LiveRuns})
	r.mu.Unlock()
	left := slices.DeleteFunc(r.Faults(), func(f cx.FaultCount) bool {
		return slices.ContainsFunc(allowed, func(a allowance) bool { return a.allows(&f) })
	})
	if len(left) > 0 {
		r.tb.Errorf("cxtest: the code under test misuses Cairn, or Cairn could not do its work; mend it, or allow it with AllowFaults\n%s", listed(left))
	}
}

// listed returns one line for each fault, for the message of a failed assertion.
func listed(faults []cx.FaultCount) string {
	if len(faults) == 0 {
		return "there were no faults"
	}
	var b strings.Builder
	b.WriteString("faults:")
	for i := range faults {
		fmt.Fprintf(&b, "\n  %d times %s", faults[i].Count, strings.ReplaceAll(strings.TrimRight(faults[i].String(), "\n"), "\n", "\n    "))
	}
	return b.String()
}
