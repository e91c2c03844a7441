// Package webhook takes in what other systems send: what customers said elsewhere, and what a ticket system reports about a follow-up. Each
// request is signed, and a message that is sent again counts once.
//
//	complaints := feedback.DefineFollowUp("complaint", feedback.AcknowledgeWithin(24*time.Hour))
//	// …
//	in, err := webhook.New(
//		webhook.WithSecrets(os.Getenv("TICKETS_SECRET")),
//		webhook.WithFollowUps(complaints),
//		webhook.WithSender("tickets"),
//		webhook.WithStore(store), // that the instances share
//	)
//	// …
//	mux.Handle("POST /hooks/tickets", in)
//
// The handler is a resource of the application as any other: mount one for each sender, with secrets of its own, and give it the least that
// the sender needs. It records to the client of [WithClient], else to that of the request's context, else to the default client.
//
// # Requests
//
// A request is a POST with one of these bodies, in UTF-8, as it is or compressed (Content-Encoding: gzip):
//
//	application/cloudevents+json          one CloudEvent 1.0, structured
//	application/cloudevents-batch+json    a list of them
//	application/json                      with the header ce-specversion: a CloudEvent, binary. Without: plain JSON
//
// Package exporters/webhook sends the first two. Each content decides by the type of its CloudEvent:
//
//	dev.cairncx.followup.report           a [Report] about a follow-up of [WithFollowUps]
//	dev.cairncx.<kind>                    the JSON form of an event, which event.ParseJSON reads
//	another type, and plain JSON          what [WithMapping] makes of it. Without a mapping plain JSON is a [Report]
//
// With [WithFeedback] the handler takes the events of what customers say: feedback.received, feedback.amended,
// feedback.mentioned, survey.requested, survey.shown and survey.closed. With [WithFollowUps] it takes those of the follow-ups' own runs, which
// another service of the same namespace (cx.WithNamespace) has recorded: journey.started opens the follow-up, journey.stage.entered moves it, and journey.ended ends it. Further
// events of these runs, such as those of promises, are ignored, because the client makes its own. An event of another kind is refused: the
// sender is to filter, as with exporters.Filter.
//
// # Signatures
//
// The scheme is that of Standard Webhooks, version 1: the headers webhook-id, webhook-timestamp and webhook-signature. The signature covers
// the ID, the time and the body before it is compressed. A request is refused when its time is more than [WithTolerance] from now, before
// its body is read. To change a secret, add the new one here, give it to the sender, and remove the old one. [WithVerify] is for a sender
// with another scheme.
//
// The headers of a binary CloudEvent are not signed. The handler therefore takes the type from them, and no identity.
//
// # Once
//
// An event counts once by its ID, and a report by its key, else by source and ID of its CloudEvent. What has none of these, because it is
// plain or binary, counts by the ID of the message and its place in it. All but the IDs of events count within the sender of [WithSender].
// The handler remembers them for [WithKeep]. With [WithStore] all instances remember the same ones. Without it one process remembers the
// last 65,536.
//
// An instance claims what it takes, records it, and then marks it as done. A request for what another one is about to take is answered 503,
// and the sender tries again. If the instance is killed in between, its claim lapses after a minute, and the next redelivery is recorded:
// under the same IDs, so that sinks keep one, while a metric of the killed process may have counted it before.
//
// A 2xx says that the client has what was sent, as it has all that the application records. With [WithFlush] it says that the client's
// processors and its store have it.
//
// # Answers
//
// The answer is JSON: {"taken":1,"repeated":0,"ignored":0}, or {"error":{"code":"forged","message":"…"}}. A request is taken as a whole or
// not at all, so that a sender may split it and send the parts again.
//
//	200  it was taken, now or before
//	400  bad_request: the body is not what the content type says
//	401  forged: no signature is right; expired: the time of the message is too far from now
//	405  method_not_allowed
//	413  too_large: the body is more than [WithMaxBytes], or there are more than [MaxMessages]
//	415  unsupported_type: the content type or the compression
//	422  not_taken: a kind or type that the handler does not take; unknown_follow_up: by its name, or of a report also by its ID; unknown_step; invalid: a field of the content
//	503  busy: another request has it in work; unavailable: the store, or with WithFlush the client, does not answer
//
// Each refusal counts. Messages name fields, bounds and names of the application's own, and nothing of what customers said. The handler logs
// nothing.
//
// # Bounds
//
// Reading is bounded in bytes, and by the timeouts of the http.Server in time: set ReadTimeout. There is no bound on the rate, because a
// request without a right signature costs one pass over its body at most.
package webhook
