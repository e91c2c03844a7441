package touchpoint_test

import (
	"net/http"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// TestStatusesOfNothingWritten: a handler that returns without having written anything answers 200, as net/http
// does: Statuses is asked about that, once.
func TestStatusesOfNothingWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		handle http.HandlerFunc
		asked  int
	}{
		{"nothing", func(http.ResponseWriter, *http.Request) {}, http.StatusOK},
		{"a header alone", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Y", "z") }, http.StatusOK},
		{"a status without a body", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusConflict) }, http.StatusConflict},
		{"a body without a status", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("x")) }, http.StatusOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			var asked []int
			h := touchpoint.Handler(routes(c.handle, "/x"), touchpoint.WithStatuses(func(status int) event.Outcome {
				asked = append(asked, status)
				return event.Degraded // which no default is
			}))
			s.serve(h, get("/x"))
			if !slices.Equal(asked, []int{c.asked}) {
				t.Errorf("it was asked about %v, want %d once", asked, c.asked)
			}
			if es := s.touchpoints(); len(es) != 1 || es[0].Outcome != event.Degraded {
				t.Errorf("the touchpoints are %+v, want one, as Statuses says", es)
			}
		})
	}
}
