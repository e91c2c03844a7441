// Package kafka writes events to a Kafka topic. All events of a journey go to one partition, in their order.
//
//	sink, err := kafka.New("cx.events", kafka.WithBrokers("kafka-1:9092", "kafka-2:9092"),
//		kafka.WithClientOptions(kgo.DialTLSConfig(tls), kgo.SASL(mechanism))) // franz-go's own options
//	spool, err := exporters.NewSpool("/var/lib/shop/cairn", sink)
//	...
//	cx.New(cx.WithExporters(spool))
//
// The spool keeps events on its disk until the brokers acknowledge them, however long an outage lasts. Without a disk, use
// exporters.NewRetry(sink), which drops a batch when its retry time is over.
//
// # The record
//
// The key is namespace/journey/ID ([AppendKey]); an event without a journey has no key. The key's murmur2 hash selects the
// partition, as in Java's client. Adding partitions to a topic moves journeys to other partitions, so a journey that is in
// progress at that time is in two partitions. The record's timestamp is the time at which the exporter sent the batch; the time
// of the event is in the value. The value is the event's JSON form, version 1, or with [WithEncoding] the message
// cairn.event.v1.Event of proto/cairn/event/v1/event.proto. The record has these headers; a header without a value is left out:
//
//	cairn-event-id         a UUID, the same for all duplicates of an event
//	cairn-event-kind       such as touchpoint.ended
//	cairn-schema-version   the version of the value: 1
//	content-type           application/json or application/x-protobuf
//	traceparent            W3C Trace Context: the request span in which the event happened
//	tracestate             if the span context has one
//
// # Options
//
//	WithBrokers         required, or WithClient     addresses of brokers, to find the cluster
//	WithClient          none                        an existing *kgo.Client
//	WithClientOptions   none                        franz-go's options: SASL, TLS, compression, hooks
//	WithEncoding        JSON                        or Protobuf
//	WithConcurrency     1                           concurrent calls of Export, each with its own client
//	WithTimeout         30 s                        bounds one call of Export
//
// # Guarantees
//
//	Ordering     The events of a journey are in one partition, in the order of Export. The exporter sends a call's events
//	             for one partition as one record batch, which a broker appends completely or not at all. It sends the next
//	             batch after the broker's answer. A call that is larger than a record batch may be is split, and each part
//	             follows this rule. A retried event therefore never follows a later event of its journey.
//	Duplicates   None while Export waits: producers are idempotent, and a broker recognizes a batch that is sent again because
//	             the answer was lost. An event that Export reports as not written may still be in the topic, or may arrive
//	             later: after a timeout, a done context, a lost connection, or an error answer from a broker that had already
//	             appended. A retry then writes a duplicate with the same ID. After a crash, a spool repeats the deliveries of
//	             about the last second. Kafka removes no duplicates: readers remove them by cairn-event-id.
//	Loss         Export returns nil when all in-sync replicas have every event. Set min.insync.replicas to 2 or more, because
//	             a single broker may otherwise be all in-sync replicas.
//	Bad events   If a broker refuses a record batch because of one event, the exporter sends the batch again in halves until it
//	             has found that event. Only that event is refused.
//
// The component in front of the sink decides which events an outage or the end of the process loses:
//
//	exporters.NewSpool   Loses no event that is on the disk. Drops new events when the spool is full. A killed process loses
//	                     the events that its Flush has not acknowledged, about one second of them.
//	exporters.NewRetry   Drops a batch when its retry time is over, and new events when the queue is full. The end of the
//	                     process loses everything in memory.
//	none                 Loses each batch whose first attempt fails.
//
// Every loss is counted and reported to OpenTelemetry's error handler, except events in the memory of a killed process.
//
// If a client of [WithClient] does not flush manually (kgo.ManualFlushing), or if other code produces to this topic with it,
// franz-go decides the record batches. After a broker refuses a batch for a bad event, an event of a journey may then follow a
// later one of the same call. All other guarantees hold. Each call also waits for the client's linger.
//
// # Recovery
//
// The exporter recovers without a restart when the brokers work again, whatever error they returned: a missing right, an
// unknown error, or a topic that was deleted and created again, even with another number of partitions. A franz-go client keeps
// some of these errors for good. After a call with a temporary failure, the next call therefore creates a new client, which
// connects, asks for the partitions and gets a new producer ID. It first waits until the records in flight are settled. The old
// client is closed in the background, and Shutdown waits for that within its context.
//
// The exporter uses a client of [WithClient] as long as possible. If the client keeps the refusal of a producer ID, or two
// calls in a row have failed, the exporter continues with its own client, which has the same options (kgo.Client.Opts) and
// which Shutdown closes. The exporter does not replace a client that also consumes, because the replacement would be another
// consumer. The error then says that the service has to be restarted.
//
// The tests inject each fault that franz-go distinguishes into each request of the exporter. They run against kfake, franz-go's
// in-process broker that speaks Kafka's protocol, and not against Apache Kafka.
//
// # Errors
//
// Permanent errors concern a single event: a message that is too large, an invalid record or an invalid timestamp. All other
// errors are temporary: a leader that moves, a replica that lags, no connection, no answer in time, no topic, no rights, or
// refused credentials. The client waits while a broker throttles it, within the timeout.
package kafka
