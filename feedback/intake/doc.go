// Package intake takes in what customers answer over HTTP: it has the page behind a signed link, the JSON of surveys for a widget, and the
// widget itself. It is an [http.Handler], which the application mounts under a path of its choice.
//
// # The addresses
//
// BASE is where the handler is mounted. It works under [http.StripPrefix] and without, because it reads the last segments of the path only.
//
//	GET  BASE/r/{token}            the page of a signed link; ?score=4 chooses an answer, ?lang=de a language. With
//	                               "Accept: application/json" the survey as JSON, with what was answered
//	POST BASE/r/{token}            records the answer, or changes it
//	POST BASE/r/{token}/shown      records that the customer sees the question
//	POST BASE/r/{token}/dismissed  records that the customer does not want to answer
//	GET  BASE/surveys/{name}       the survey as JSON, ?lang=de in a language
//	POST BASE/surveys/{name}       records an answer without a request, to the surveys of [WithUnsolicited]
//	GET  BASE/widget.js            the widget, an ES module; BASE/page.css and BASE/page.js are those of the page
//
// A GET never records: the scanners of mail systems open each link. The page says that it was shown by a script, and works without.
//
//	mux.Handle("/feedback/", http.StripPrefix("/feedback", handler))
//	…
//	req := delivery.Ask(ctx, customer, feedback.Via(event.Email))
//	link, err := signer.Link("https://shop.example/feedback", req) // for the mail
//
// One link is one response. The same answer again changes nothing, another one changes the first as feedback.amended, until the link
// expires. The requests of a store decide, so that several instances of the handler count an answer once. What the answer belongs to,
// the customer, the run and the channel, is that of the request, whoever opens the link. The client that takes in answers needs the
// definitions of the surveys and of the journeys that they are about, such as those of the blueprint: an answer of a run whose journey it
// does not know is counted under the journey "_other".
//
// The JSON of an answer is
//
//	{"score": 4, "comment": "…", "causes": ["late"], "language": "de", "testimonial": true, "consent": "3", "version": "1f0c29ab"}
//
// of which only score is required. Causes are among feedback.Choices. Language is that of the survey's JSON, consent the version of the text
// that was shown beside the testimonial, and version that of the question that was shown: the answer counts for it. Without one it is the version that
// a GET shows at the time. A form has the same fields, causes once for each. The reply is
//
//	{"status": "answered", "score": 4, "expires": "2026-12-24T18:00:00Z"}
//
// with the status amended for a change, or a page for a form. It comes when the store has the answer: from then on another process tells it if
// this one is killed. If the store does not say so within five seconds, the reply is unavailable, and a page has the form with what the
// customer wrote. The client still gives the answer to the store when it can, and the same answer again changes nothing.
//
// An answer without a request, and one to a client with cx.WithContactsInMemory, is in no store: the reply comes when the client has it, and a process
// that is killed before its exporters have the answer loses it.
//
// # Refusals
//
// A refusal is {"error": {"code", "message", "detail"}} or a page. Message is for the customer, in his or her language; detail is for
// developers. cx.feedback.intake.refused counts each by its code.
//
//	forged             404  the link is not signed with one of the keys, or not whole
//	expired            410  the time for an answer is over
//	closed             410  the request was dismissed or bounced, or its answer was changed too often
//	too_large          413  the body or the comment is too long
//	bad_request        400  the answer cannot be read, is not on the scale, or is to a version of the question that the handler does not have; 405 and 415 for a method and a content type; 422 for a page
//	                        without a score, which comes back with what the customer wrote
//	too_many_requests  429  see [WithRate]; Retry-After says how long to wait
//	cross_origin       403  see [WithTrustedOrigins]
//	unknown_survey     404  see [WithSurveys] and [WithUnsolicited]
//	unavailable        503  the store does not answer, the client keeps no requests, so that an answer could count twice, or there is none
package intake
