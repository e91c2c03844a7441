package propagate_test

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx/propagate"
)

// What is recorded with the context is told with the route, where something is wrong with it: a consumer of messages
// names its queue. touchpoint.Handler does this for HTTP by itself.
func ExampleContextWithRoute() {
	ctx := propagate.ContextWithRoute(context.Background(), "queue orders")
	fmt.Println(propagate.RouteFromContext(ctx))
	// Output: queue orders
}
