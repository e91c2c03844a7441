// Package touchpoint defines the interactions between customers and the company: paying, calling support, getting a
// confirmation. A [Definition] names a touchpoint, the stage of the journey in which it happens, and how fast it has to be. Code
// starts an interaction, may mark it as failed or degraded, and ends it:
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
// [Handler] makes touchpoints of the requests that an HTTP server serves. [Transport] takes the customer's position along to
// the services that an HTTP client calls. [Definition.Record] records an interaction that is over, such as a telephone call.
//
// A word without With describes a definition ([Option]) or one interaction ([StartOption]). A word with With configures a
// [Handler] ([HandlerOption]).
package touchpoint
