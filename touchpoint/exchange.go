package touchpoint

import (
	"net/http"
	"time"

	"cairncx.dev/cairn/internal/flight"
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

// newExchange returns the exchange of the request r, whose answer goes to w, and the writer for the handler.
func newExchange(w http.ResponseWriter, r *http.Request) (http.ResponseWriter, *exchange) {
	outside, x := wrap(w)
	x.gone = r.Context().Done()
	return outside, x
}
