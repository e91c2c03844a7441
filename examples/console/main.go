// Command console is the smallest service with the command centre: it records what its customers experience into a file, and serves the pages over that file.
// docs/console.md shows it, and a service may copy this file.
package main

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/journey"
)

var order = journey.Define("order", journey.Stages("paid", "sent"))

func pay(_ http.ResponseWriter, r *http.Request) {
	ctx := order.Start(r.Context(), r.PathValue("order"), event.Customer{ID: r.Header.Get("X-User")})
	order.Enter(ctx, "paid")
}

func send(_ http.ResponseWriter, r *http.Request) {
	ctx := order.Resume(r.Context(), r.PathValue("order"))
	order.Complete(order.Enter(ctx, "sent"))
}

// password protects the pages: docs/console-signin.md has a sign-in for a company.
func password(next http.Handler) http.Handler {
	want := os.Getenv("STAFF_PASSWORD")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, given, _ := r.BasicAuth(); want == "" || subtle.ConstantTimeCompare([]byte(given), []byte(want)) != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="command centre"`)
			http.Error(w, "The pages need the password of the staff.", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// viewer says who asks, and what this person may see and do.
func viewer(r *http.Request) (insight.Viewer, error) {
	name, _, _ := r.BasicAuth()
	return insight.Viewer{Name: name, Rights: insight.Numbers | insight.Words | insight.Customers | insight.Act}, nil
}

func commandCentre(client *cx.Client) (*console.Console, *insight.Table, error) {
	promised, err := blueprint.From(order)
	if err != nil {
		return nil, nil, err
	}
	table, err := insight.New(promised)
	if err != nil {
		return nil, nil, err
	}
	page, err := console.New(table, console.WithPath("/cx/"), console.WithClient(client), console.WithViewer(viewer))
	return page, table, err
}

func run(ctx context.Context, addr, file string) error {
	archive, err := sqlarchive.OpenSQLite(file)
	if err != nil {
		return err
	}
	if err := archive.Ping(ctx); err != nil { // it makes the file
		return err
	}
	key := cmp.Or(os.Getenv("CUSTOMER_KEY"), "only for development") // 16 bytes or more, the same in every service
	client, err := cx.New(cx.WithDefinitions(order), cx.WithCustomerKey([]byte(key)), cx.WithExporters(archive))
	if err != nil {
		return err
	}
	cx.SetDefault(client)

	reader, err := sqlarchive.ReadSQLite(ctx, file) // the console reads the file that the client writes
	if err != nil {
		return err
	}
	page, table, err := commandCentre(client)
	if err != nil {
		return err
	}
	reading, stop := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() {
		_ = table.Follow(reading, reader, 2*time.Second, func(err error) { slog.Error("reading the archive", "error", err) })
	})

	mux := http.NewServeMux()
	mux.HandleFunc("POST /order/{order}/pay", pay)
	mux.HandleFunc("POST /order/{order}/send", send)
	mux.Handle("/cx/", password(page))
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		stop()
		return fmt.Errorf("no address to listen on: %w", err)
	}
	log.Printf("listening on http://%s", listener.Addr())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	<-ctx.Done()

	last, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	page.Close() // ends the streams of open pages, for which the server would wait
	err = server.Shutdown(last)
	stop()
	following.Wait() // then nothing reads the archive any more
	return errors.Join(err, reader.Close(), client.Shutdown(last))
}

func main() {
	addr := flag.String("addr", "localhost:8080", "where to listen")
	file := flag.String("archive", "events.db", "the `file` of the archive")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *addr, *file)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}
