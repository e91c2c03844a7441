// Package beacon takes in what happens in a customer's browser: views of pages, forms that the customer leaves, clicks that do nothing, that
// break a script, or that the customer repeats in anger, and the Core Web Vitals. A [Handler] serves the ES module that notices them, and takes
// the module's requests. docs/browser.md defines each signal.
//
//	b, err := beacon.New(cookie)       the journey.Cookie of the run
//	mux.Handle("/cairn/", b)
//
//	<script type="module" src="/cairn/beacon.js"></script>
//
// # Trust
//
// Whoever has the page can send anything to the handler. The run is therefore the one of the signed cookie and no other; a request without one
// records nothing. The body has a fixed form and a bound, and a name that the client does not define becomes [event.Other]. A touchpoint that
// ends its journey, that makes or keeps a promise of the journey, or that has a purpose of a contact policy, is not taken from a browser. A request comes from the host that serves the page
// ([http.CrossOriginProtection]), and each client sends a bounded number.
//
// # What is recorded
//
// A signal is a touchpoint of the channel web, with the name of the element or the page: touchpoint.ended with an outcome and a cause.
//
//	signal  outcome    cause             duration
//	view    ok                           not known
//	form    abandoned  form_abandoned    since the first input
//	rage    degraded   rage_click        not known
//	dead    failed     dead_click        not known; error type dead_click
//	error   failed     error_click       not known; error type script_error
//
// Its event ID follows from the run, the page and the number of the signal, so that a request that arrives twice is one event for every sink.
// A Core Web Vital is a log event browser.web_vital of OpenTelemetry's conventions, and no touchpoint.
package beacon
