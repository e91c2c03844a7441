// Package echoapp serves with echo v5.
package echoapp

import (
	"net/http"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
)

// New returns an Echo with its routes.
func New() *echo.Echo {
	e := echo.New()
	e.Use(middleware.Recover())
	e.GET("/", serve)
	api := e.Group("/api")
	v1 := api.Group("/v1", middleware.RequestID())
	orders(v1.Group("/orders"))
	tickets(v1)
	e.Match([]string{http.MethodGet, http.MethodPost}, "/search", serve)
	e.Any("/any", serve)
	e.Add(http.MethodPut, "/cart/:cart", serve)
	e.Static("/assets", ".")
	e.File("/favicon.ico", "favicon.ico")
	if _, err := e.AddRoute(echo.Route{Method: http.MethodDelete, Path: "/cart/:cart", Handler: serve}); err != nil {
		panic(err)
	}
	return e
}

func orders(g *echo.Group) {
	g.GET("", serve)
	g.POST("", serve)
	g.GET("/:order", serve)
}

// poster is what Group and Echo have in common.
type poster interface {
	POST(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) echo.RouteInfo
}

func tickets(r poster) {
	r.POST("/tickets/:ticket/close", serve)
}

func serve(*echo.Context) error { return nil }
