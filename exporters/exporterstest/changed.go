package exporterstest

import (
	"reflect"

	"cairncx.dev/cairn/cx/event"
)

// changed says in which field an event differs from what it was, or "".
func changed(want, got *event.Event) string {
	w, g := reflect.ValueOf(want).Elem(), reflect.ValueOf(got).Elem()
	for i := range w.NumField() {
		if !reflect.DeepEqual(w.Field(i).Interface(), g.Field(i).Interface()) {
			return w.Type().Field(i).Name
		}
	}
	return ""
}

func nilExporter(s *suite) {
	of := reflect.TypeOf(s.sink.Exporter)
	if of.Kind() != reflect.Pointer {
		s.Skipf("skipped: %v is no pointer", of)
	}
	e, ok := reflect.Zero(of).Interface().(event.Exporter)
	if !ok {
		s.fail("a nil %v is no exporter", of)
	}
	// The contract does not say if Export of a nil exporter returns an error.
	_ = s.promptly("Export of a nil exporter", func() error { return e.Export(s.Context(), series(0, 1, "")) })
	if f, ok := e.(event.Flusher); ok {
		_ = s.promptly("Flush of a nil exporter", func() error { return f.Flush(s.Context()) })
	}
	if err := s.promptly("Shutdown of a nil exporter", func() error { return e.Shutdown(s.Context()) }); err != nil {
		s.fail("Shutdown of a nil exporter: %v", err)
	}
}
