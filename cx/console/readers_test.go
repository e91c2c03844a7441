//go:build unix

package console_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/console"
)

// BenchmarkReaders lets a hundred readers read Now in a service that does work of its own, and measures the latency of that work: without readers, beside readers who keep
// their page current, and beside readers who ask again at once. The readers are in the same process, so that they take of its processors too:
//
//	go test -run '^$' -bench Readers -benchtime 1x ./cx/console -args -runs 1000000 -for 30s
func BenchmarkReaders(b *testing.B) {
	table := loaded(b, desk("ticket"), nil)
	if err := table.Load(b.Context(), stream(*benchRuns)); err != nil {
		b.Fatal(err)
	}
	begun := time.Now()
	page := served(b, table, console.WithPath("/cx/"), console.WithClock(func() time.Time { return now.Add(time.Since(begun)) }))
	mux := http.NewServeMux()
	mux.Handle("/cx/", page)
	mux.HandleFunc("/work", func(w http.ResponseWriter, _ *http.Request) {
		var sum [32]byte
		for range 2000 { // about half a millisecond
			sum = sha256.Sum256(sum[:])
		}
		_, _ = w.Write(sum[:])
	})
	l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	b.Cleanup(func() { page.Close(); _ = server.Close() })
	address := "http://" + l.Addr().String()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 300}}
	for _, c := range []struct {
		name string
		read func(context.Context, *http.Client, string, *atomic.Int64)
	}{{"alone", nil}, {"current", keepCurrent}, {"at-once", readOn}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				ctx, stop := context.WithTimeout(b.Context(), *benchFor)
				var readers sync.WaitGroup
				var pages atomic.Int64
				for range 100 {
					if c.read != nil {
						readers.Go(func() { c.read(ctx, client, address, &pages) })
					}
				}
				took := probe(ctx, client, address)
				stop()
				readers.Wait()
				b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
				b.ReportMetric(float64(pages.Load())/benchFor.Seconds(), "pages/s")
			}
		})
	}
}

// probe asks the service for its own work, fifty times a second, and returns how long it took, the shortest first.
func probe(ctx context.Context, client *http.Client, address string) (took []time.Duration) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		due := time.Now()
		if _, err := get(ctx, client, address+"/work"); err == nil {
			took = append(took, time.Since(due))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	slices.Sort(took)
	return took
}

func get(ctx context.Context, client *http.Client, address string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return "", err
	}
	w, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = w.Body.Close() }()
	body, err := io.ReadAll(w.Body)
	if err == nil && w.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered with %s", w.Status)
	}
	return string(body), err
}

// readOn reads Now again and again.
func readOn(ctx context.Context, client *http.Client, address string, pages *atomic.Int64) {
	for ctx.Err() == nil {
		if _, err := get(ctx, client, address+"/cx/"); err == nil {
			pages.Add(1)
		}
	}
}

// keepCurrent reads Now, and again when the stream says that it is newer, as the script does.
func keepCurrent(ctx context.Context, client *http.Client, address string, pages *atomic.Int64) {
	body, err := get(ctx, client, address+"/cx/")
	if err != nil {
		return
	}
	pages.Add(1)
	_, rest, _ := strings.Cut(body, `data-state="`)
	state, _, _ := strings.Cut(rest, `"`)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/cx/live?state="+state, http.NoBody)
	if err != nil {
		return
	}
	w, err := client.Do(r)
	if err != nil {
		return
	}
	defer func() { _ = w.Body.Close() }()
	for lines := bufio.NewScanner(w.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "data: ") {
			if _, err := get(ctx, client, address+"/cx/"); err == nil {
				pages.Add(1)
			}
		}
	}
}

// BenchmarkStreams opens 2,000 streams, of which a thousand are refused, and says what one takes of memory: of the server's part and of the client's.
func BenchmarkStreams(b *testing.B) {
	table := loaded(b, desk("ticket"), crowd("ticket", ""))
	page := served(b, table)
	l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: page, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	b.Cleanup(func() { page.Close(); _ = server.Close() })
	for b.Loop() {
		before := memoryInUse()
		var open []net.Conn
		refused := 0
		for range 2000 {
			conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			open = append(open, conn)
			_, _ = fmt.Fprintf(conn, "GET /live HTTP/1.1\r\nHost: %s\r\n\r\n", l.Addr())
			var status [12]byte
			if _, err := io.ReadFull(conn, status[:]); err != nil {
				b.Fatal(err)
			}
			if string(status[:]) == "HTTP/1.1 503" {
				refused++
			}
		}
		b.ReportMetric(float64(memoryInUse()-before)/1000/float64(len(open)), "kB/stream")
		b.ReportMetric(float64(refused), "refused")
		began := used(b)
		if w := request(page, http.MethodGet, "/"); w.Code != http.StatusOK {
			b.Fatalf("a page beside them is answered with %d", w.Code)
		}
		b.ReportMetric(float64((used(b)-began).Microseconds())/1000, "page-cpu-ms")
		for _, conn := range open {
			_ = conn.Close()
		}
	}
}

// memoryInUse returns the bytes of the heap and of stacks that are in use.
func memoryInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse) //nolint:gosec // far below 2^63
}
