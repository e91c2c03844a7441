package cxgin_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxgin"
)

var (
	checkout      = journey.Define("checkout", journey.Stages("cart", "payment"))
	submitPayment = touchpoint.Define("submit-payment", touchpoint.In(checkout, "payment"))
)

// printed prints each touchpoint.
type printed struct{}

func (printed) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.TouchpointEnded {
		fmt.Println(e.Touchpoint, e.Journey.ID, e.Outcome)
	}
}

func (printed) Shutdown(context.Context) error { return nil }

func ExampleMiddleware() {
	client, err := cx.New(cx.WithDefinitions(checkout, submitPayment), cx.WithProcessors(printed{}), cx.WithoutCustomerIDs(), cx.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()

	e := gin.New()
	e.Use(cxgin.Middleware(
		cxgin.WithRoutes(e),
		touchpoint.WithRoute("POST /cart/:cart/pay", submitPayment),
		touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("cart") })))
	e.POST("/cart/:cart", func(c *gin.Context) {
		checkout.Start(c.Request.Context(), c.Param("cart"), event.Customer{})
		c.Status(http.StatusCreated)
	})
	e.POST("/cart/:cart/pay", func(c *gin.Context) {
		c.AbortWithStatusJSON(http.StatusBadGateway, gin.H{"error": "the bank does not answer"})
	})

	for _, path := range []string{"/cart/c-1", "/cart/c-1/pay"} {
		request := httptest.NewRequest(http.MethodPost, path, http.NoBody)
		e.ServeHTTP(httptest.NewRecorder(), request.WithContext(cx.NewContext(request.Context(), client)))
	}
	// Output:
	// POST /cart/:cart c-1 ok
	// submit-payment c-1 failed
}
