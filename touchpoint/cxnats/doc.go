// Package cxnats carries journeys through NATS with the client nats.go: a message carries the position of the customer, and a consumer
// begins a touchpoint in the journey of the message. It knows messages of JetStream and of core NATS.
//
//	cxnats.Inject(ctx, msg)                                     // the publisher, before PublishMsg
//	js.PublishMsg(ctx, msg)
//
//	var mailer = cxnats.NewConsumer("mailer")                   // the consumer
//	…
//	ctx, tp := mailer.Start(ctx, msg, confirmOrder)             // msg is a jetstream.Msg
//	if err := confirm(ctx, msg); err != nil {
//		tp.Fail(err)
//	}
//	tp.End()                                                    // before Ack or Nak
//
// A message that JetStream delivers again, after a Nak, at the end of the wait for an Ack or after a crash, gives its event the same ID:
// [touchpoint.OncePer] says what follows from that. Core NATS delivers a message once at most.
//
// If the application opens a span for each message, pass its context to [Consumer.Start]: the touchpoint describes that span, and opens
// none. Otherwise the touchpoint has a span of its own.
package cxnats
