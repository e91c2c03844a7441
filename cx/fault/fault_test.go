package fault_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
)

// TestEveryFaultHasARemedy: one sentence, which says what to do, for each fault that has a name.
func TestEveryFaultHasARemedy(t *testing.T) {
	t.Parallel()
	seen := map[string]fault.Fault{}
	for f := range fault.Fault(fault.Num) {
		r := f.Remedy()
		if f.String() == "" || len(r) < 20 || len(r) > 200 {
			t.Errorf("the fault %d, %q, has the remedy %q, want a sentence", f, f, r)
		}
		if strings.HasSuffix(r, ".") || strings.ToLower(r[:1]) != r[:1] || strings.Contains(r, "\n") {
			t.Errorf("the remedy of %v is %q, want a sentence that can follow a colon", f, r)
		}
		if o, ok := seen[r]; ok {
			t.Errorf("%v and %v have the same remedy", o, f)
		}
		seen[r] = f
	}
	if r := fault.Fault(fault.Num).Remedy(); r != "" {
		t.Errorf("what is no fault has the remedy %q", r)
	}
}

// TestReportReads as one line that a person understands.
func TestReportReads(t *testing.T) {
	t.Parallel()
	remedy := fault.Conflict.Remedy()
	for _, c := range []struct {
		r    fault.Report
		want string
	}{
		{fault.Report{Fault: fault.Conflict}, "definition_conflict: " + remedy},
		{fault.Report{Fault: fault.Conflict, Name: "checkout"}, `definition_conflict "checkout": ` + remedy},
		{
			fault.Report{Fault: fault.Conflict, Name: "checkout", Route: "GET /cart", Detail: "its stages differ", More: 1234567},
			`definition_conflict "checkout" in GET /cart: its stages differ (and 1,234,567 more since the last report): ` + remedy,
		},
		{fault.Report{Fault: fault.Conflict, More: 999}, "definition_conflict (and 999 more since the last report): " + remedy},
		{fault.Report{Fault: fault.Conflict, More: 1000}, "definition_conflict (and 1,000 more since the last report): " + remedy},
		{fault.Report{Fault: fault.Conflict, Stack: []byte("main.f\n")}, "definition_conflict: " + remedy + "\nmain.f\n"},
	} {
		if got := c.r.String(); got != c.want {
			t.Errorf("it reads %q, want %q", got, c.want)
		}
	}
}

// secretError says that it is the runtime's.
type secretError struct{}

func (secretError) Error() string { return "alice@example.org" }
func (secretError) RuntimeError() {}

// TestPanicReport says what is safe of the value, and where it began.
func TestPanicReport(t *testing.T) {
	t.Parallel()
	var none []int
	for _, c := range []struct {
		name string
		do   func()
		says string
	}{
		{"a text", func() { panic("alice@example.org") }, "it panicked with a value of the type string"},
		{"an error", func() { panic(errors.New("alice@example.org")) }, "it panicked with a value of the type *errors.errorString"},
		{"an error that says that it is the runtime's", func() { panic(secretError{}) }, "it panicked with a value of the type fault_test.secretError"},
		{"an error of the runtime", func() { _ = none[len(none)] }, "it panicked with runtime error: index out of range [0] with length 0"},
		{"a nil pointer", func() { var s *strings.Builder; s.WriteByte('x') }, "it panicked with runtime error: invalid memory address or nil pointer dereference"},
		{"a failed assertion", func() { _ = any(1).(string) }, "it panicked with interface conversion: interface {} is int, not string"}, //nolint:forcetypeassert // it is to panic
		{"nil", func() { panic(nil) }, "it panicked with panic called with nil argument"},                                                //nolint:govet // it is tried
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var r fault.Report
			func() {
				defer func() { r = fault.PanicReport("a hook", recover()) }()
				c.do()
			}()
			if r.Fault != fault.Panic || r.Name != "a hook" || r.Detail != c.says {
				t.Errorf("the report is %q, want %q", r.Detail, c.says)
			}
			first, _, _ := strings.Cut(string(r.Stack), "\n")
			if !strings.Contains(first, "fault_test.TestPanicReport") && !strings.Contains(first, "strings.(*Builder)") || strings.Contains(string(r.Stack), "alice") || strings.Contains(string(r.Stack), "runtime.goexit") {
				t.Errorf("the stack begins with %q, want what has panicked:\n%s", first, r.Stack)
			}
		})
	}
	deep := func(r *fault.Report) {
		defer func() { *r = fault.PanicReport("", recover()) }()
		var down func(n int)
		down = func(n int) {
			if n == 0 {
				panic("")
			}
			down(n - 1)
			runtime.Gosched()
		}
		down(10_000)
	}
	var r fault.Report
	deep(&r)
	if n := len(r.Stack); n == 0 || n > 4<<10 {
		t.Errorf("the stack of a deep panic has %d bytes", n)
	}
}

// TestRoute is known in a context, through what else is put into it.
func TestRoute(t *testing.T) {
	t.Parallel()
	var none context.Context
	if flight.RouteFromContext(none) != "" || flight.RouteFromContext(context.Background()) != "" {
		t.Error("there is a route where none is")
	}
	ctx := propagate.ContextWithRoute(none, "GET /cart/{id}")
	ctx = flight.NewContext(ctx, nil)
	ctx = propagate.ContextWithPosition(ctx, &event.Position{Journey: event.Run{Name: "checkout", ID: "1"}})
	ctx = propagate.ContextWithRoute(ctx, "")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if got := flight.RouteFromContext(ctx); got != "GET /cart/{id}" {
		t.Errorf("the route is %q", got)
	}
	inner := propagate.ContextWithRoute(ctx, "POST /pay")
	if got := flight.RouteFromContext(inner); got != "POST /pay" || propagate.PositionFromContext(inner) == nil {
		t.Errorf("further in the route is %q, and the position %v", got, propagate.PositionFromContext(inner))
	}
}

// TestSetOfAnyNumber: a set holds every number below its room, which is larger than the number of faults, and ignores the others.
func TestSetOfAnyNumber(t *testing.T) {
	t.Parallel()
	var all fault.Set
	if !all.IsEmpty() || len(slices.Collect(all.All)) != 0 {
		t.Error("the zero set is not empty")
	}
	var want []fault.Fault
	for n := range 256 {
		f := fault.Fault(n)
		all.Add(f)
		if n < 64*len(all) {
			want = append(want, f)
		}
		if all.Has(f) != (n < 64*len(all)) {
			t.Errorf("after Add, Has(%d) is %v", n, all.Has(f))
		}
	}
	if got := slices.Collect(all.All); !slices.Equal(got, want) || all.IsEmpty() {
		t.Errorf("All has %v, want %v", got, want)
	}
	for f := range all.All {
		if f == 65 {
			break // All must not go on: a range that does panics
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var all fault.Set
	for f := range fault.Fault(fault.Num) {
		name := f.String()
		if name == "" || seen[name] || strings.ToLower(name) != name || strings.ContainsAny(name, " .-") {
			t.Errorf("fault %d is named %q", f, name)
		}
		seen[name] = true
		var s fault.Set
		if s.Has(f) || all.Has(f) {
			t.Errorf("%v is in a set that it was not put into", f)
		}
		s.Add(f)
		s.Add(f)
		all.Add(f)
		for g := range fault.Fault(fault.Num) {
			if s.Has(g) != (f == g) {
				t.Errorf("of the set of %v alone, %v is in it: %v", f, g, s.Has(g))
			}
		}
	}
	if got := fault.Fault(fault.Num).String(); got != "" {
		t.Errorf("a fault that there is not is named %q", got)
	}
	for f := range fault.Fault(fault.Num) {
		if !all.Has(f) {
			t.Errorf("%v does not fit into the set", f)
		}
	}
}

// TestUnknownNameNamesOptions: the remedy has the option that declares each kind of name.
func TestUnknownNameNamesOptions(t *testing.T) {
	t.Parallel()
	for _, option := range []string{"cx.WithDefinitions", "cx.WithQueues", "cx.WithIntents", "cx.WithCauses"} {
		if r := fault.UnknownName.Remedy(); !strings.Contains(r, option) {
			t.Errorf("the remedy %q does not name %s", r, option)
		}
	}
}
