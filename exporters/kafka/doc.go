// Package kafka writes events to a Kafka topic, those of one journey to one partition and in their order.
//
//	sink, err := kafka.New("cx.events", kafka.WithBrokers("kafka-1:9092", "kafka-2:9092"),
//		kafka.WithClientOptions(kgo.DialTLSConfig(tls), kgo.SASL(mechanism))) // franz-go's own options
//	spool, err := exporters.NewSpool("/var/lib/shop/cairn", sink)
//	...
//	cx.New(cx.WithExporters(spool))
//
// The spool keeps on its disk what the brokers have not taken yet, for as long as an outage lasts. Without a
// disk it is exporters.NewRetry(sink), which gives a batch up when its time is over.
//
// # The record
//
// The key is namespace/journey/ID ([AppendKey]), none for an event without a journey. The partition
// is that of the key's murmur2 hash, as in Java's client. Adding partitions to a topic
// moves journeys, and one that is under way then is in two. The timestamp is when its batch was sent; when it
// happened is in the value. The value is the event's JSON form, version 1, or with [WithEncoding] the
// message cairn.event.v1.Event of proto/cairn/event/v1/event.proto. The headers, of which what an event
// does not have is left out:
//
//	cairn-event-id         a UUID: what duplicates have in common
//	cairn-event-kind       such as touchpoint.ended
//	cairn-schema-version   of the value: 1
//	content-type           application/json or application/x-protobuf
//	traceparent            W3C Trace Context: the request span that the event happened in
//	tracestate             where there is one
//
// # Options
//
//	WithBrokers         required, or WithClient     addresses to find the cluster by
//	WithClient                                      a *kgo.Client that is there already
//	WithClientOptions   none                        franz-go's: SASL, TLS, compression, hooks
//	WithEncoding        JSON                        or Protobuf
//	WithConcurrency     1                           calls of Export at a time, each with a client of its own
//	WithTimeout         30 s                        bounds one call of Export
//
// # What it guarantees
//
//	Ordering     The events of one journey are in one partition, in the order of Export. Of a call, what
//	             goes to one partition is one record batch, which a broker appends as a whole or not at
//	             all, and there is no next one before the answer (of a call larger than a record batch may
//	             be, each part so). So what is tried again after an error is never behind what came later.
//	Duplicates   None while Export waits: producers are idempotent, and a batch that is sent again, because
//	             its answer was lost, is recognized. An event that a call has not written, by its error, may be
//	             there all the same, also later: of a call whose time was up or whose context was done, and of one
//	             that failed before, such as with an answer of a broker that had appended, or a connection
//	             that was cut. Trying again makes duplicates of the same ID. So does a spool after a crash, of
//	             what was delivered in about the last second. Kafka removes none of them: a reader does, by
//	             cairn-event-id.
//	Loss         Export returns nil when all in-sync replicas have every event. Have min.insync.replicas at
//	             2 or more: otherwise that may be one broker.
//	One is bad   A record batch that is refused because of one event in it is sent again by halves, until
//	             that event is found. It alone is refused.
//
// The part in front of the sink decides which events are lost in an outage, or when the process ends:
//
//	exporters.NewSpool   nothing that was on the disk; what comes when the spool is full. A process that is
//	                     killed loses what its Flush has not acknowledged, about a second of events.
//	exporters.NewRetry   each batch whose time is up, and what comes when the queue before it is full; with
//	                     the process all that is in memory.
//	neither              each batch that is not taken at once.
//
// All of it is counted, and reported to OpenTelemetry's error handler, but for what a killed process had in
// memory.
//
// With [WithClient] and a client that does not flush by hand (kgo.ManualFlushing), or with which others
// produce to this topic, franz-go decides what is one record batch. Then an event of a journey may
// come behind a later one of the same call, after a broker has refused a batch for a bad event; all else holds.
// It also waits for the client's linger in each call.
//
// # Recovery
//
// When the brokers work again, so does the exporter, without a restart, whatever they answered before: a right
// that was missing, an unknown error, a topic that was deleted and made again, also with other partitions. A
// franz-go client keeps some of these errors for good. So after a call that has failed for now, the next one
// makes a new client, which connects, asks for the partitions and gets a producer ID of its own; records that
// were under way are settled before. The old client is closed beside that, and Shutdown waits for it within its
// context.
//
// A client of [WithClient] is used for as long as it may be well. Once it keeps the refusal of a producer ID, or
// two calls in a row have failed, the exporter goes on with a client of its own that has the same options
// (kgo.Client.Opts), which Shutdown closes. A client that also consumes is not made again, because that would be
// another consumer: the error says that the service has to be restarted.
//
// The tests fault each request that the exporter makes, in each way that franz-go tells apart, against kfake,
// franz-go's own broker in the test's process, which speaks Kafka's protocol. They have not been run against
// Apache Kafka itself, which Debian's packages, Go's modules and npm do not have.
//
// # Errors
//
// A message that is too large, an invalid record or timestamp: permanent, for that event only. Everything
// else may go away: leaders that move, replicas that lag, no connection, no answer in time, no
// topic, no rights, credentials that are refused. Brokers that throttle are waited for by the client, within the time.
package kafka
