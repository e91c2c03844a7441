package event

// remedies say what a person does about each fault, in one sentence without a full stop.
var remedies = [NumFaults]string{
	FaultUnknownName:     "correct the name where it is recorded, or define it: in the blueprint, or with cx.WithDefinitions",
	FaultInvalidName:     "give it a name of 1 to 64 bytes of printable UTF-8 that does not begin with _, and give the definition to cx.WithDefinitions, so that cx.New says what is wrong with it",
	FaultConflict:        "use one definition for both, as a package variable, or make the one in code say what the blueprint says",
	FaultInvalidID:       "give the run an ID of 1 to 128 bytes of printable UTF-8, such as the order's number",
	FaultInvalidCustomer: "give the customer's ID as 1 to 128 bytes of printable UTF-8, or leave it out",
	FaultTooLong:         "record UTF-8 within its bound: names have 64 bytes, causes 64, texts 8 KiB; names and causes have no characters that cannot be seen, and are in normal form C",
	FaultTooMany:         "record fewer of them: an event keeps 32 attributes, and 32 values of each",
	FaultDuration:        "record how long it took: from 0 to ten years",
	FaultTime:            "look at the clock that the time comes from, and give times as instants, not as local ones",
	FaultScore:           "record a score that is on the survey's scale, or define the survey on another scale",
	FaultNoJourney:       "start the journey first, and record with the context that Start or Resume returned, or that a touchpoint.Handler with touchpoint.JourneyID gave the request",
	FaultRunLimit:        "give journeys an AbandonAfter so that they end, or let the client keep more of them with cx.WithMaxJourneys",
	FaultSpanLimit:       "look for what records so often in one run, or allow more spans with cx.WithSpanLimit",
	FaultSeriesLimit:     "look for names that are made in a loop or from a request, and record them as attributes instead",
	FaultUntrusted:       "if the peer is one of your own services, believe it with touchpoint.TrustSigned or touchpoint.TrustNetworks",
	FaultBadHeader:       "look at which peer sends it, and whether a proxy on the way changes the baggage header",
	FaultHeaderSize:      "use shorter IDs and names for the journey, so that its position fits into 512 bytes",
	FaultUnsigned:        "give the sending service the keys with cx.WithPositionKeys",
	FaultUnknownKey:      "give this service the key of the sending one with cx.WithPositionKeys, behind its own",
	FaultForged:          "look at which peer sends it: what it sends was changed on its way, or made up",
	FaultExpired:         "look at the clocks of both services, and at how long requests wait; cx.WithPositionLife sets how long a position is believed",
	FaultEarly:           "set the clocks of both services: they may differ by 30 seconds",
	FaultNoKeys:          "give this client the keys that the sending services have with cx.WithPositionKeys, or leave touchpoint.TrustSigned out",
	FaultPanic:           "mend the function that the stack names: what it was called for is left out",
	FaultClosed:          "call Shutdown after the servers have stopped, when nothing records any more",
	FaultStore:           "look at the store of journeys: what happens waits in memory until it answers",
	FaultStoreFull:       "look at whether the store of journeys is slow or away, or give it a longer queue with cx.WithStoreQueue",
	FaultStoreLost:       "give Shutdown a context with more time, and look at the store of journeys",
	FaultUnsettled:       "look at the sinks of the exporters and at the hook for stalled journeys: one of them does not finish",
	FaultHook:            "make it heed its context: it is left alone, and not called again before it has returned",
	FaultOutcome:         "give a touchpoint ok, degraded, failed, cancelled or abandoned, and a journey completed, failed, cancelled or abandoned",
	FaultNumber:          "record a count that is not negative, and an amount of at most 10^15 minor units",
	FaultOutsideJourney:  "start or resume the journey before it and record it with that context, or define it without touchpoint.In",
	FaultUnknownRoute:    "give the pattern as the router has it, with its method, or take the option out",
	FaultNoRoute:         "wrap the http.ServeMux itself with touchpoint.Handler; another router needs touchpoint.Router, as in examples/routers for chi, echo and gin",
	FaultOtherCustomer:   "use an ID of its own for each run, never one that two customers share",
	FaultLiveRuns:        "use cx.WithStore, so that journeys survive this process",
	FaultNameLimit:       "look for definitions that are made in a loop or from a request: a client knows 1,000 names of a kind",
	FaultCauseLimit:      "record fewer causes: an answer keeps 32",
}

// Remedy returns what to do about the fault, as one sentence without a full stop.
func (f Fault) Remedy() string {
	if int(f) < len(remedies) {
		return remedies[f]
	}
	return ""
}
