package fault

// remedies say what to do about each fault, each as one sentence without a full stop.
var remedies = [Num]string{
	UnknownName:     "correct the name where it is recorded, or define it: in the blueprint, or with cx.WithDefinitions, and a queue, an intent or a cause with cx.WithQueues, cx.WithIntents or cx.WithCauses",
	InvalidName:     "give it a name of 1 to 64 bytes of printable UTF-8 that does not begin with _, and give the definition to cx.WithDefinitions, so that cx.New reports what is wrong with it",
	Conflict:        "use one definition for both: a package variable, or what the blueprint returns for the name (Blueprint.Journey, FollowUp and so on), or make the one in code equal to it",
	InvalidID:       "give the run an ID of 1 to 128 bytes of printable UTF-8, such as the order's number",
	InvalidCustomer: "give the ID of the customer, account or employee as 1 to 128 bytes of printable UTF-8, or leave it out",
	TooLong:         "record UTF-8 within its bound: names have 64 bytes, causes 64, texts 8 KiB; names and causes are in normal form C, without characters that cannot be seen",
	TooMany:         "record fewer attributes: an event keeps 32, and 32 values of each",
	Duration:        "record a duration from 0 to ten years",
	Time:            "check the clock that the time comes from, and record instants with their time zone",
	Score:           "record a score that is on the survey's scale, or define the survey on another scale",
	NoJourney:       "start the journey first, and record with the context that Start or Resume returned, or that a touchpoint.Handler with touchpoint.WithJourneyID gave the request",
	RunLimit:        "give journeys an AbandonAfter so that they end, or let the client keep more of them with cx.WithMaxJourneys",
	SpanLimit:       "find the code that records so often in one run, or allow more spans with cx.WithSpanLimit",
	SeriesLimit:     "find names that code makes in a loop or from a request, and record them as attributes instead",
	Untrusted:       "if the peer is one of your own services, trust it with touchpoint.WithSignedPositions or touchpoint.WithTrustedNetworks",
	BadHeader:       "find the peer that sends it, and check whether a proxy on the way changes the baggage header",
	HeaderSize:      "use shorter IDs and names for the journey: its position has to fit into 512 bytes",
	Unsigned:        "give the sending service the keys with cx.WithPositionKeys",
	UnknownKey:      "give this service the key of the sending service with cx.WithPositionKeys, after its own key",
	Forged:          "find the peer that sends it: the position was changed on its way, or made up",
	Expired:         "check the clocks of both services, and how long requests wait; cx.WithPositionLife sets how long a position is believed",
	Early:           "set the clocks of both services: they may differ by 30 seconds",
	NoKeys:          "give this client the keys that the sending services have with cx.WithPositionKeys, or leave touchpoint.WithSignedPositions out",
	Panic:           "fix the function that the stack names: the client went on without its result",
	Closed:          "call Shutdown after the servers have stopped and no code records any more",
	Store:           "check the store of journeys: changes wait in memory until it answers",
	StoreFull:       "check whether the store of journeys is slow or unreachable, or allow a longer queue with cx.WithStoreQueue",
	StoreLost:       "give Shutdown a context with more time, and check the store of journeys",
	Unsettled:       "check the sinks of the exporters and the hook for stalled journeys: one of them does not finish",
	Hook:            "make it return when its context is done: the client does not call it again before it has returned",
	Outcome:         "give a touchpoint ok, degraded, failed, cancelled or abandoned, and a journey completed, failed, cancelled or abandoned",
	Number:          "record a count that is not negative, and an amount of at most 10^15 minor units",
	OutsideJourney:  "start or resume the journey before it and record it with that context, or define it without touchpoint.In",
	UnknownRoute:    "write the pattern as the router has it, with its method, or remove the option",
	NoRoute:         "wrap the http.ServeMux itself with touchpoint.Handler; chi, echo and gin have a middleware each in touchpoint/cxchi, cxecho and cxgin; another router needs touchpoint.WithRouter",
	OtherCustomer:   "give each run its own ID, never one that two customers share",
	LiveRuns:        "use cx.WithStore, so that runs survive this process",
	NameLimit:       "find definitions that code makes in a loop or from a request: a client keeps 1,000 names of a kind",
	CauseLimit:      "record fewer causes: an answer keeps 32",
	DetailLimit:     "record fewer: a contact keeps 16 legs, 8 decisions of 8 skipped steps, 16 views and 64 replies, and an action 256 answers; end a contact that has gone on for long, and begin another one",
	InvalidKind:     "record one of the kinds of package event, and no journey.stalled or promise.kept and its like: the client makes them where a stage has journey.Expect or a promise is settled",
	MissingDetail:   "fill in what the kind of the event requires: a run for a journey, a name and a due time for a promise, Feedback for what a customer was asked or said, Contact or Effort for a contact",
	UnknownRun:      "start the run in this process, or share the state of runs between processes and restarts with cx.WithStore",
	Currency:        "give the currency as three capital letters after ISO 4217, such as EUR",
	InvalidValue:    "use a constant of package event, such as event.Web or event.Failed",
	Attribute:       "give each attribute a key of 1 to 64 bytes of UTF-8 and a value",
	TextDropped:     "give the client a redactor with cx.WithRedactor, or keep texts as they are with cx.WithUnredactedText",
	NoCustomerKey:   "give the client a key with cx.WithCustomerKey, or declare with cx.WithoutCustomerIDs that it wants no IDs of customers",
	PromiseLimit:    "give the promises of a run fewer names: it can have 16",
	PromiseFar:      "give the promise an earlier due time, or a name that the definition declares without Pauses or Hours",
	ContactOrder:    "call the methods of a contact as things happen to the customer: Queue, Answer, Hold and Resume, Transfer after an answer and Overflow before one, Wrap, and End last",
	EffortLost:      "see the detail: check the store that keeps the customers' records, or give contacts that are recorded late more time with cx.WithEffortGrace",
	RequestOver:     "ask feedback.Request.Status before you show the question again, or give the survey more time with feedback.Expires",
	RequestMismatch: "answer by the survey of the request (feedback.Request.Survey), in the context of the customer who was asked, and leave feedback.Answering out for all others",
	ContactUnknown:  "check the store that keeps the customers' records, and that the client has cx.WithStore and cx.WithCustomerKey",
}

// Remedy returns what to do about the fault: one sentence without a full stop.
func (f Fault) Remedy() string {
	if int(f) < len(remedies) {
		return remedies[f]
	}
	return ""
}
