// Package message carries journeys through queues. A message of any broker has headers, and the position of the customer travels in its
// baggage header, signed with an expiry of its own, 30 days by default:
//
//	sender                                            consumer
//	headers := message.Map{}                          var mailer = message.NewConsumer("mailer")
//	message.Inject(ctx, headers)           ──────▶    ctx, tp := mailer.Start(ctx, message.Message{Headers: headers, ID: id}, confirmOrder)
//	send it with the headers                          defer tp.End()
//
// The packages cxkafka and cxnats do the same for franz-go and nats.go, and know what identifies a message there.
//
// [Consumer.Start] begins a touchpoint in the journey of the message. The ID of the touchpoint's event is derived from the message, so
// that a redelivery gives the same ID ([touchpoint.OncePer] says what follows from that). If the consumer's instrumentation has opened a span
// for the message, the touchpoint describes that span.
//
// A consumer believes a position that one of the client's keys has signed (cx.WithPositionKeys), until it expires. It counts a position
// that it does not believe as a fault, and removes it from the headers.
package message
