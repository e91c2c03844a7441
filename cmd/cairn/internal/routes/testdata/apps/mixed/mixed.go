// Package mixed serves with several routers in one process, and has functions between them.
package mixed

import (
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
)

// module adds routes of its own.
type module interface{ register(r chi.Router) }

type shop struct{}

func (shop) register(r chi.Router) { r.Get("/shop", serve) }

type desk struct{ at string }

func (d desk) register(r chi.Router) { r.Post(d.at+"/{ticket}", serve) }

// New returns the handler of the process, and what it is made of.
func New() (http.Handler, chi.Router, *gin.Engine) {
	r := chi.NewRouter()
	for _, m := range []module{shop{}, &desk{at: "/desk"}} {
		m.register(r)
	}
	later := append([]func(chi.Router){}, func(r chi.Router) { r.Delete("/later", serve) })
	for _, f := range later {
		f(r)
	}
	if os.Getenv("CAIRN_TEST_NEVER") != "" {
		r.Get("/sometimes", serve)
	}
	r.Get(base()+"/unknown", serve)

	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.GET("/gin", func(*gin.Context) {})

	mux := http.NewServeMux()
	mux.Handle("/gin", e)
	mux.Handle("/", r)
	server := http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	return server.Handler, r, e
}

func base() string { return os.Getenv("CAIRN_TEST_BASE") }

func serve(http.ResponseWriter, *http.Request) {}
