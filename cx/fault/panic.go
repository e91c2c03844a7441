package fault

import (
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"strings"
)

// MaxStack is the length of the longest stack in a report, in bytes.
const MaxStack = 4 << 10

const maxFrames = 32

// PanicReport returns the report of a panic with the value v in the callback or component of this name. Call it in the
// deferred function that has recovered v. The value may hold personal data: the report has its type only, or the text of a
// runtime error. The stack has functions and lines, and no arguments.
func PanicReport(name string, v any) Report {
	return Report{Fault: Panic, Name: name, Detail: "it panicked with " + panicValue(v), Stack: panicStack()}
}

// panicValue describes v without its content.
func panicValue(v any) string {
	if err, ok := v.(runtime.Error); ok && ofRuntime(reflect.TypeOf(v)) {
		return err.Error()
	}
	return fmt.Sprintf("a value of the type %T", v)
}

// ofRuntime reports whether the runtime defines the type. Any package may define a type with a method RuntimeError.
func ofRuntime(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath() == "runtime" || strings.HasPrefix(t.PkgPath(), "internal/runtime/")
}

// panicStack returns the stack of the panic that is being recovered, from the function that panicked.
func panicStack() []byte {
	pcs := make([]uintptr, 2*maxFrames)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)]) // without this function and PanicReport
	var all []runtime.Frame
	for {
		f, more := frames.Next()
		if f.Function != "" && f.Function != "runtime.goexit" {
			all = append(all, f)
		}
		if !more {
			break
		}
	}
	for i, f := range all {
		if f.Function == "runtime.gopanic" { // the frames above it recovered the panic
			all = all[i+1:]
			for len(all) > 1 && strings.HasPrefix(all[0].Function, "runtime.") {
				all = all[1:]
			}
			break
		}
	}
	var b []byte
	for _, f := range all[:min(len(all), maxFrames)] {
		n := len(b)
		b = append(append(b, f.Function...), "\n\t"...)
		b = strconv.AppendInt(append(append(b, f.File...), ':'), int64(f.Line), 10)
		if b = append(b, '\n'); len(b) > MaxStack {
			return b[:n]
		}
	}
	return b
}
