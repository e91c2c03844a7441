// Package cxecho makes touchpoints of the routes of an echo (v5) router, in one line:
//
//	e.Use(middleware.Recover(), cxecho.Middleware(touchpoint.WithRoute("POST /cart/:cart/pay", submitPayment)))
//
// [Middleware] takes the options of [cairncx.dev/cairn/touchpoint.Handler]. It never changes an answer, and calls no error handler.
package cxecho
