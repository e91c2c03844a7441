package touchpoint

import (
	"net/http"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// exchange is one request and its answer, with everything that serving the request needs: one allocation instead of one for each.
type exchange struct {
	response // as the handler's http.ResponseWriter

	touchpoint Touchpoint
	asking     asking
	inner      http.Request // the copy of the request that the handler serves
}

// places are where a request is in the run that it names. They are apart from the exchange: code may keep a position for long, as a
// journey.Run does, and that must not keep the request.
type places struct {
	run   flight.Position // when the request begins
	own   flight.Position // of the request's touchpoint
	claim flight.Claim    // whether the run exists
	now   time.Time       // when the request has resumed the run, by the client's clock
}

// resumeNamed puts the node into the run of j that a request names, and returns where that is. The channel is that of the request; 0 is
// that of the node's position.
func resumeNamed(node *flight.Node, rec flight.Recorder, j *journey.Definition, id string, c event.Channel) *places {
	scope := node.Scope()
	around := scope.Around()
	node.SetAround(nil) // a touchpoint around the request does not belong to a run that only the request names
	e := flight.Get()
	e.Kind = event.JourneyStarted
	e.SetNamed()
	e.Enter(scope, j.Name(), id)
	e.SetDefinition(j)
	if c != 0 {
		e.Channel = c
	}
	rec.Start(node, e)
	at := &places{now: e.Time}
	e.EnteredTo(&at.run, j.Name())
	e.Put()
	node.SetPosition(&at.run)
	node.SetAround(around)
	return at
}

// sameRun reports whether the scope, which knows nothing of the ID in the request, is in the run p of j.
func sameRun(outside *flight.Scope, j *journey.Definition, p *flight.Position) bool {
	was := outside.PositionIn(j.Name())
	return was != nil && was.Journey.ID == p.Journey.ID
}

// newExchange returns the exchange of the request r, whose answer goes to w, and the writer for the handler.
func newExchange(w http.ResponseWriter, r *http.Request) (http.ResponseWriter, *exchange) {
	outside, x := wrap(w)
	x.gone = r.Context().Done()
	return outside, x
}
