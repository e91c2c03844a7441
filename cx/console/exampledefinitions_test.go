package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback"
)

// A support lead proposes a change in the console. The client of the service records it, and who it was, as a pseudonym.
func ExampleWithDefinitions() {
	improvement := feedback.DefineAction("improvement")
	recorded := &cxtest.Recorder{}
	client, err := cx.New(cx.WithDefinitions(improvement), cx.WithCustomerKey([]byte("a key of 16 bytes or more")), cx.WithProcessors(recorded))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Shutdown(context.Background()) //nolint:errcheck // the example has no exporter that could fail
	table, err := insight.New(nil)
	if err == nil {
		err = table.Load(context.Background(), &memory{}) // the archive of the service
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	staff := func(*http.Request) (insight.Viewer, error) {
		return insight.Viewer{Rights: insight.Numbers | insight.Customers | insight.Act, Name: "employee-7"}, nil
	}
	page, err := console.New(table, console.WithClient(client), console.WithDefinitions(improvement), console.WithViewer(staff))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer page.Close()
	form := url.Values{"token": {"0198f3a2-7c1e-7d3a-9b54-2f6a1c0e8d11"}, "name": {"improvement"}, "move": {"shorter-form"}, "owner": {"web"}}
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/propose", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	page.ServeHTTP(w, r)
	fmt.Println(w.Code)
	for _, e := range recorded.Events(event.JourneyStageEntered, event.EmployeeActed) {
		fmt.Println(e.Kind, e.Actor)
	}
	// Output:
	// 303
	// journey.stage.entered employee
	// employee.acted employee
}
