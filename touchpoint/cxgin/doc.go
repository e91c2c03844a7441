// Package cxgin makes touchpoints of the routes of a gin engine, in one line:
//
//	e.Use(gin.Recovery(), cxgin.Middleware(cxgin.WithRoutes(e), touchpoint.WithRoute("POST /cart/:cart/pay", submitPayment)))
//
// [Middleware] takes the options of [cairncx.dev/cairn/touchpoint.Handler]. It never changes an answer.
package cxgin
