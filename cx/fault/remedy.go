package fault

// remedies say what a person does about each fault, in one sentence without a full stop.
var remedies = [Num]string{
	UnknownName:     "correct the name where it is recorded, or define it: in the blueprint, or with cx.WithDefinitions",
	InvalidName:     "give it a name of 1 to 64 bytes of printable UTF-8 that does not begin with _, and give the definition to cx.WithDefinitions, so that cx.New says what is wrong with it",
	Conflict:        "use one definition for both, as a package variable, or make the one in code say what the blueprint says",
	InvalidID:       "give the run an ID of 1 to 128 bytes of printable UTF-8, such as the order's number",
	InvalidCustomer: "give the customer's ID as 1 to 128 bytes of printable UTF-8, or leave it out",
	TooLong:         "record UTF-8 within its bound: names have 64 bytes, causes 64, texts 8 KiB; names and causes have no characters that cannot be seen, and are in normal form C",
	TooMany:         "record fewer of them: an event keeps 32 attributes, and 32 values of each",
	Duration:        "record how long it took: from 0 to ten years",
	Time:            "look at the clock that the time comes from, and give times as instants, not as local ones",
	Score:           "record a score that is on the survey's scale, or define the survey on another scale",
	NoJourney:       "start the journey first, and record with the context that Start or Resume returned, or that a touchpoint.Handler with touchpoint.WithJourneyID gave the request",
	RunLimit:        "give journeys an AbandonAfter so that they end, or let the client keep more of them with cx.WithMaxJourneys",
	SpanLimit:       "look for what records so often in one run, or allow more spans with cx.WithSpanLimit",
	SeriesLimit:     "look for names that are made in a loop or from a request, and record them as attributes instead",
	Untrusted:       "if the peer is one of your own services, believe it with touchpoint.WithSignedPositions or touchpoint.WithTrustedNetworks",
	BadHeader:       "look at which peer sends it, and whether a proxy on the way changes the baggage header",
	HeaderSize:      "use shorter IDs and names for the journey, so that its position fits into 512 bytes",
	Unsigned:        "give the sending service the keys with cx.WithPositionKeys",
	UnknownKey:      "give this service the key of the sending one with cx.WithPositionKeys, behind its own",
	Forged:          "look at which peer sends it: what it sends was changed on its way, or made up",
	Expired:         "look at the clocks of both services, and at how long requests wait; cx.WithPositionLife sets how long a position is believed",
	Early:           "set the clocks of both services: they may differ by 30 seconds",
	NoKeys:          "give this client the keys that the sending services have with cx.WithPositionKeys, or leave touchpoint.WithSignedPositions out",
	Panic:           "mend the function that the stack names: what it was called for is left out",
	Closed:          "call Shutdown after the servers have stopped, when nothing records any more",
	Store:           "look at the store of journeys: what happens waits in memory until it answers",
	StoreFull:       "look at whether the store of journeys is slow or away, or give it a longer queue with cx.WithStoreQueue",
	StoreLost:       "give Shutdown a context with more time, and look at the store of journeys",
	Unsettled:       "look at the sinks of the exporters and at the hook for stalled journeys: one of them does not finish",
	Hook:            "make it heed its context: it is left alone, and not called again before it has returned",
	Outcome:         "give a touchpoint ok, degraded, failed, cancelled or abandoned, and a journey completed, failed, cancelled or abandoned",
	Number:          "record a count that is not negative, and an amount of at most 10^15 minor units",
	OutsideJourney:  "start or resume the journey before it and record it with that context, or define it without touchpoint.In",
	UnknownRoute:    "give the pattern as the router has it, with its method, or take the option out",
	NoRoute:         "wrap the http.ServeMux itself with touchpoint.Handler; another router needs touchpoint.WithRouter, as in examples/routers for chi, echo and gin",
	OtherCustomer:   "use an ID of its own for each run, never one that two customers share",
	LiveRuns:        "use cx.WithStore, so that journeys survive this process",
	NameLimit:       "look for definitions that are made in a loop or from a request: a client knows 1,000 names of a kind",
	CauseLimit:      "record fewer causes: an answer keeps 32",
}

// Remedy returns what to do about the fault, as one sentence without a full stop.
func (f Fault) Remedy() string {
	if int(f) < len(remedies) {
		return remedies[f]
	}
	return ""
}
