// Package touchpoint defines the interactions between customers and the company: paying, calling support, getting a
// confirmation. A [Definition] names a touchpoint, the stage of the journey in which it happens, and how fast it has to be.
// Code starts an interaction, may mark it as failed or degraded, and ends it:
//
//	submitPayment := touchpoint.Define("submit-payment",
//		touchpoint.In(checkout, "payment"), touchpoint.Satisfied(800*time.Millisecond))
//
//	ctx, tp := submitPayment.Start(ctx, event.Web)
//	defer tp.End()
//	if err := pay(ctx); err != nil {
//		tp.Fail(err)
//	}
//
// [Handler] records a touchpoint for each request of an HTTP server. [Transport] sends the customer's position to the
// services that an HTTP client calls. [Definition.Record] records an interaction that is over, such as a telephone call.
//
// An option whose name begins with With configures a Handler ([HandlerOption]). Other options describe a definition
// ([Option]) or one interaction ([StartOption]).
package touchpoint
