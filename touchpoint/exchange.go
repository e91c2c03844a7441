package touchpoint

import "net/http"

// exchange is one request and its answer, with everything that serving the request needs: one allocation instead of one for each.
type exchange struct {
	response // as the handler's http.ResponseWriter

	handle handle
	asking asking
	inner  http.Request // the copy of the request that the handler serves
}

// newExchange returns the exchange of the request r, whose answer goes to w, and the writer for the handler.
func newExchange(w http.ResponseWriter, r *http.Request) (http.ResponseWriter, *exchange) {
	outside, x := wrap(w)
	x.gone = r.Context().Done()
	return outside, x
}
