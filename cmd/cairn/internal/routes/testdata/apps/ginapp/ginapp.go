// Package ginapp serves with gin.
package ginapp

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// server embeds the engine.
type server struct {
	*gin.Engine

	version string
}

// New returns an engine with its routes.
func New() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	s := &server{Engine: gin.New(), version: "v1"}
	s.Use(gin.Recovery())
	s.GET("/ping", serve).HEAD("/ping", serve)
	api := s.Group("/api")
	{
		v1 := api.Group(s.version)
		v1.POST("/orders", serve)
		v1.GET("orders/:order/", serve)
		v1.Handle(strings.ToUpper("patch"), "/orders/:order", serve)
	}
	s.claims(api)
	s.Any("/any", serve)
	s.Match([]string{"GET", "PUT"}, "/match", serve)
	s.Static("/static", ".")
	s.StaticFile("/robots.txt", "robots.txt")
	s.GET("/old/*path", gin.WrapH(http.NotFoundHandler()))
	return s.Engine
}

func (s *server) claims(r gin.IRouter) {
	g := r.Group("/claims", func(*gin.Context) {})
	g.GET("", serve)
	g.DELETE("/:claim", serve)
}

func serve(*gin.Context) {}
