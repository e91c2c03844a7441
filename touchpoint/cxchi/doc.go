// Package cxchi makes touchpoints of the routes of a chi router, in one line:
//
//	r.Use(middleware.Recoverer, cxchi.Middleware(touchpoint.WithRoute("POST /cart/{cart}/pay", submitPayment)))
//
// [Middleware] takes the options of [cairncx.dev/cairn/touchpoint.Handler]. It never changes an answer.
package cxchi
