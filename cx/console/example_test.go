package console_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/insight"
)

// A service mounts the console below its own path, and keeps the table current for as long as it runs. It says who may see what.
func ExampleNew() {
	table, err := insight.New(desk("ticket"), insight.WithTeam("team"))
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := console.New(table, console.WithPath("/cx/"), console.WithViewer(func(r *http.Request) (insight.Viewer, error) {
		if r.Header.Get("X-Employee") == "" { // as the service knows its employees
			return insight.Viewer{}, console.ErrNotSignedIn
		}
		return insight.Viewer{Rights: insight.Numbers}, nil
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/cx/", page)

	ctx, stop := context.WithCancel(context.Background())
	_, loaded := table.Edition()
	var following sync.WaitGroup
	following.Go(func() { _ = table.Follow(ctx, crowd("ticket", ""), 2*time.Second, nil) })
	<-loaded

	fmt.Println(request(mux, http.MethodGet, "/cx/").Code)
	fmt.Println(request(mux, http.MethodGet, "/cx/", func(r *http.Request) { r.Header.Set("X-Employee", "e-7") }).Code)

	page.Close() // before http.Server.Shutdown, which waits for the streams
	stop()
	following.Wait() // before the source is closed
	// Output:
	// 401
	// 200
}
