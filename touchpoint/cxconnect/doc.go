// Package cxconnect makes touchpoints of the calls that a Connect server receives, by the protocols Connect, gRPC and gRPC-Web, and carries
// the customer's position between services.
//
//	otel, err := otelconnect.NewInterceptor(otelconnect.WithTrustRemote())
//	mux.Handle(shopv1connect.NewCartHandler(cart, connect.WithInterceptors(otel,
//		cxconnect.NewInterceptor(cxconnect.WithSignedPositions()))))
//
//	payments := paymentsv1connect.NewPaymentsClient(httpClient, "https://payments.internal", connect.WithInterceptors(otel,
//		cxconnect.NewInterceptor(cxconnect.WithTargets("payments.internal"))))
//
// Put it behind otelconnect's interceptor in the list, so that it is inside.
//
// # Servers
//
// Each call is a touchpoint, named by its procedure without the first slash: "shop.v1.Cart/Pay". It describes the span that otelconnect has
// opened, else that of otelhttp, and opens none of its own. Without either it opens a span. [Outcome] is the table of error codes and
// outcomes; it is the code of the call that counts and not the HTTP status, which is 200 where the error is in the trailers. The touchpoint of
// a stream lasts until its handler returns. A GET request of the Connect protocol is a call like any other; an answer from a cache on the
// way is none. An error of [connect.NewNotModifiedError] is ok.
//
// A server by default believes no position that comes with a call: see [WithSignedPositions] and [WithTrustedPeers]. It removes one that it
// does not believe from the request's header and from OpenTelemetry's baggage, so that the service cannot pass it on.
//
// Where the client leaves before the answer, the touchpoint is cancelled; where the deadline passes, it is failed with the error type
// DEADLINE_EXCEEDED. A panic of the handler is a failed touchpoint, and goes on: put [connect.WithRecover] before the interceptors.
//
// Connect calls interceptors once it has read and decoded the message of a unary call. A call that it answers before is no touchpoint. Do
// not put [cairncx.dev/cairn/touchpoint.Handler] around a handler with this interceptor, or tell it to skip the path: a call would be
// two touchpoints.
//
// # Clients
//
// An interceptor of a client sends the customer's position to the hosts of [WithTargets], and to no others. It records nothing. Where a
// server may redirect to another host, net/http sends the header there as well: give the client an http.Client whose transport is
// [cairncx.dev/cairn/touchpoint.Transport] with the same hosts, which decides anew for each request.
package cxconnect
