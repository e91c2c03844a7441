// Package nethttpapp serves with a ServeMux.
package nethttpapp

import (
	"fmt"
	"net/http"
)

const (
	root = "/shop"
	pay  = "POST " + root + "/cart/{cart}/pay"
)

type registrar struct{ mux *http.ServeMux }

func (r registrar) get(path string) { r.mux.HandleFunc("GET "+path, serve) }

// New returns a mux with its routes.
func New() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc(pay, serve)
	mux.Handle("/", http.HandlerFunc(serve))
	mux.HandleFunc(fmt.Sprintf("%s %s/cart", http.MethodPost, root), serve)
	r := registrar{mux}
	r.get("/shop/search")
	r.get("/shop/items/{item}")
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServer(http.Dir("."))))
	for path, h := range map[string]http.HandlerFunc{"/about": serve, "/terms": serve} {
		mux.HandleFunc(path, h)
	}
	mux.HandleFunc("example.com/hello", serve)
	mux.HandleFunc("GET /shop/{$}", serve)
	mux.HandleFunc("GET /files/{path...}", serve)
	mount(mux)
	return mux
}

func mount(mux *http.ServeMux) {
	inner := http.NewServeMux()
	inner.HandleFunc("GET /inner/list", serve)
	mux.Handle("/inner/", logged(inner))
}

func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
}

func serve(http.ResponseWriter, *http.Request) {}
