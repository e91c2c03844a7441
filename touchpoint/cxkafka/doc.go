// Package cxkafka carries journeys through Kafka with the client franz-go: a record carries the position of the customer, and a consumer
// begins a touchpoint in the journey of the record.
//
//	cxkafka.Inject(ctx, record)                                 // the producer, before Produce
//	producer.Produce(ctx, record, nil)
//
//	var shipping = cxkafka.NewConsumer("shipping")              // the consumer, with its group
//	…
//	ctx, tp := shipping.Start(ctx, record, deliverOrder)
//	if err := deliver(ctx, record); err != nil {
//		tp.Fail(err)
//	}
//	tp.End()                                                    // before the offset is committed
//
// A record that is delivered again, after a crash, a rebalance or a reset of offsets, gives its event the same ID:
// [touchpoint.OncePer] says what follows from that.
//
// With kotel, pass the context of its process span (Tracer.WithProcessSpan) to [Consumer.Start]: the touchpoint describes that span, and
// opens none. Kotel gives the span what OpenTelemetry's conventions for messaging say. Without kotel the touchpoint has a span of its own.
package cxkafka
