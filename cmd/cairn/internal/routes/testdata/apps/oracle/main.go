// Command oracle makes the routers of the services, and prints what each says that it serves, as JSON: the names of routes by service.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"

	"cairncx.dev/cairn/cmd/cairn/internal/routes/testdata/apps/chiapp"
	"cairncx.dev/cairn/cmd/cairn/internal/routes/testdata/apps/connectapp"
	"cairncx.dev/cairn/cmd/cairn/internal/routes/testdata/apps/echoapp"
	"cairncx.dev/cairn/cmd/cairn/internal/routes/testdata/apps/ginapp"
	"cairncx.dev/cairn/cmd/cairn/internal/routes/testdata/apps/grpcapp"
	"cairncx.dev/cairn/cmd/cairn/internal/routes/testdata/apps/mixed"
	"cairncx.dev/cairn/cmd/cairn/internal/routes/testdata/apps/nethttpapp"
)

func main() {
	words, services := strings.Split(os.Args[1], ","), strings.Split(os.Args[2], ",") // elements of paths to ask a ServeMux for
	handler, r, e := mixed.New()
	mux, ok := handler.(*http.ServeMux)
	if !ok {
		log.Fatal("mixed has another handler in front")
	}
	said := map[string][]string{
		"chiapp": ofChi(chiapp.New().Router()), "ginapp": ofGin(ginapp.New()), "echoapp": nil, "grpcapp": nil,
		"nethttpapp": ofMux(nethttpapp.New(), words, 4), "connectapp": ofMux(connectapp.New(), services, 1),
		"mixed/chi": ofChi(r), "mixed/gin": ofGin(e), "mixed/net/http": ofMux(mux, words, 1),
	}
	for _, info := range echoapp.New().Router().Routes() {
		said["echoapp"] = append(said["echoapp"], info.Method+" "+info.Path)
	}
	for name, info := range grpcapp.New().GetServiceInfo() {
		for _, m := range info.Methods {
			text := name + "/" + m.Name
			if m.IsClientStream || m.IsServerStream {
				text += " stream"
			}
			said["grpcapp"] = append(said["grpcapp"], text)
		}
	}
	for name := range said {
		slices.Sort(said[name])
		said[name] = slices.Compact(said[name])
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		log.Fatal(err)
	}
}

func ofChi(r chi.Routes) (list []string) {
	_ = chi.Walk(r, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		list = append(list, method+" "+route)
		return nil
	})
	return list
}

func ofGin(e *gin.Engine) (list []string) {
	for _, r := range e.Routes() {
		list = append(list, r.Method+" "+r.Path)
	}
	return list
}

// ofMux returns the patterns that the mux chooses for requests: of each method, for each path of up to so many of the words.
func ofMux(mux *http.ServeMux, words []string, most int) (list []string) {
	paths := []string{""}
	for i := 0; i < len(paths); i++ {
		path := paths[i]
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			for _, host := range []string{"", "example.com"} {
				for _, end := range []string{"", "/"} {
					r := &http.Request{Method: method, Host: host, URL: &url.URL{Path: path + end}}
					if _, pattern := mux.Handler(r); pattern != "" {
						list = append(list, pattern)
					}
				}
			}
		}
		if strings.Count(path, "/") < most {
			for _, w := range words {
				paths = append(paths, path+"/"+w)
			}
		}
	}
	return list
}
