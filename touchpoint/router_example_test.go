package touchpoint_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"

	"cairncx.dev/cairn/touchpoint"
)

// A router that finds the parameters of the path itself hands them to the function of WithJourneyID.
func ExampleWithPathValues() {
	client := newOutcomes()
	defer func() { _ = client.Shutdown(context.Background()) }()

	h := touchpoint.Handler(http.HandlerFunc(ok),
		touchpoint.WithRouter(func(*http.Request) string { return "GET /cart/:cart" }),
		touchpoint.WithPathValues(func(r *http.Request) iter.Seq2[string, string] {
			return maps.All(map[string]string{"cart": path.Base(r.URL.Path)})
		}),
		touchpoint.WithJourneyID(checkout, func(r *http.Request) string {
			fmt.Println("the cart is", r.PathValue("cart"))
			return r.PathValue("cart")
		}))
	arrive(client, h, httptest.NewRequest(http.MethodGet, "/cart/c-1", nil))
	// Output:
	// the cart is c-1
	// GET /cart/:cart web ok
}

// A router that answers the error of a handler after its middlewares have returned tells the status of that answer.
func ExampleWithLateAnswer() {
	client := newOutcomes()
	defer func() { _ = client.Shutdown(context.Background()) }()

	var status func(int)
	h := touchpoint.Handler(on("POST /pay", ok), touchpoint.WithLateAnswer(func(_ *http.Request, answered func(int)) bool {
		status = answered
		return true
	}))
	arrive(client, h, httptest.NewRequest(http.MethodPost, "/pay", nil))
	fmt.Println("the middlewares have returned")
	status(http.StatusBadGateway) // the router's error handler answers
	// Output:
	// the middlewares have returned
	// POST /pay web failed
}
