// Command load serves a beacon for wrk, and says at its end what it has answered, how much memory it has, and whether an event is in another run than
// the one of the browser that sent it. docs/browser.md has the commands.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/beacon"
)

func main() {
	runs := flag.Int("runs", 1000, "how many browsers have a cookie")
	file := flag.String("cookies", "cookies.txt", "the file that gets the cookies, for load.lua")
	addr := flag.String("addr", "127.0.0.1:8088", "the address to serve")
	flag.Parse()
	if err := serve(*runs, *file, *addr); err != nil {
		log.Fatal(err)
	}
}

// seen is an exporter's place: it knows which browser each run is of.
type seen struct {
	of             map[string]time.Duration // by run: what its browser says it took
	events, wrong  atomic.Int64
	taken, refused atomic.Int64
}

// Process implements [event.Processor].
func (s *seen) Process(_ context.Context, e *event.Event) {
	if e.Kind != event.TouchpointEnded {
		return
	}
	s.events.Add(1)
	if took, ok := s.of[e.Journey.ID]; !ok || took != e.Duration {
		s.wrong.Add(1)
	}
}

// Shutdown implements [event.Processor].
func (*seen) Shutdown(context.Context) error { return nil }

func serve(runs int, file, addr string) error {
	order := journey.Define("order")
	s := &seen{of: map[string]time.Duration{}}
	client, err := cx.New(cx.WithDefinitions(order, touchpoint.Define("address")), cx.WithProcessors(s), cx.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	cookie, err := journey.NewCookie(order, [][]byte{[]byte("a key for cookies of 32 bytes ok")})
	if err != nil {
		return err
	}
	if err := s.browsers(client, cookie, runs, file); err != nil {
		return err
	}
	h, err := beacon.New(cookie, beacon.WithClient(client), beacon.WithClientAddress(func(r *http.Request) string { return r.Header.Get("X-Real-IP") }))
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := &http.Server{
		Addr: addr, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := &status{ResponseWriter: w}
			h.ServeHTTP(answer, r)
			if answer.code == http.StatusTooManyRequests {
				s.refused.Add(1)
			} else {
				s.taken.Add(1)
			}
		}),
	}
	log.Printf("serving %s, resident %s", addr, resident())
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	all := s.taken.Load() + s.refused.Load()
	log.Printf("%d requests, %.1f%% of them 429, %d events, %d in another run than their browser's, resident %s",
		all, 100*float64(s.refused.Load())/float64(max(all, 1)), s.events.Load(), s.wrong.Load(), resident())
	return nil
}

// browsers begins runs, and writes their cookies to the file.
func (s *seen) browsers(client *cx.Client, cookie *journey.Cookie, runs int, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("cookies: %w", err)
	}
	w := bufio.NewWriter(f)
	for i := range runs {
		answer := httptest.NewRecorder()
		ctx := cookie.Start(answer, httptest.NewRequestWithContext(cx.NewContext(context.Background(), client), http.MethodGet, "/", nil), event.Customer{})
		run, _ := journey.FromContext(ctx)
		s.of[run.ID()] = time.Duration(i+1) * time.Millisecond
		value, _, _ := strings.Cut(answer.Header().Get("Set-Cookie"), ";")
		_, _ = fmt.Fprintln(w, value) // Flush returns the error
	}
	return errors.Join(w.Flush(), f.Close())
}

// status keeps the status of an answer.
type status struct {
	http.ResponseWriter

	code int
}

// WriteHeader implements [http.ResponseWriter].
func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// resident returns how much memory the process has, as Linux says it, and how much of it is in use.
func resident() string {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	inUse := fmt.Sprintf(" (%d kB in use)", m.HeapAlloc>>10)
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "not known"
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line) + inUse
}
