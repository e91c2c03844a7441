package onelink_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake"
	"cairncx.dev/cairn/internal/e2e/shared"
)

// workerEnv is the variable with the place of the store, for a process of this test's own binary that serves links until it is killed.
const workerEnv = "CAIRN_ONELINK_WORKER"

// slow is a store that takes its time for writes, so that a process is killed before it has an answer.
type slow struct{ shared.Store }

func (s slow) Shelf(name string) ledger.Store { return slowShelf{s.Store.Shelf(name)} }

type slowShelf struct{ ledger.Store }

const slowness = 100 * time.Millisecond

func (s slowShelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	for i := range changes {
		if len(changes[i].Append) > 0 {
			time.Sleep(slowness)
			break
		}
	}
	return s.Store.Write(ctx, changes)
}

// Forget implements [ledger.Forgetter].
func (s slowShelf) Forget(ctx context.Context, customer string, keep time.Duration) (int, error) {
	return s.Store.(ledger.Forgetter).Forget(ctx, customer, keep) //nolint:forcetypeassert // each store is one
}

// serve serves links on a free port, which it writes to its standard output.
func serve(text string) error {
	var at shared.Place
	if err := json.Unmarshal([]byte(text), &at); err != nil {
		return fmt.Errorf("reading the place: %w", err)
	}
	store, closeStore, err := at.Open(context.Background())
	if err != nil {
		return fmt.Errorf("opening the store: %w", err)
	}
	defer closeStore()
	client, err := cx.New(cx.WithStore(slow{store}), cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithDefinitions(contacts, ease))
	if err != nil {
		return err
	}
	signer, err := intake.NewSigner(signs)
	if err != nil {
		return err
	}
	h, err := intake.New(intake.WithClient(client), intake.WithSigner(signer), intake.WithSurveys(ease), intake.WithRate(rate.Inf, 1))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed with the process
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return http.Serve(l, h) //nolint:gosec // only this test knows it
}

// worker is a process that serves links.
func worker(t *testing.T, at shared.Place) (process *os.Process, base string) {
	t.Helper()
	text, err := json.Marshal(at)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0]) //nolint:gosec,noctx // it is this test, and is killed
	cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it has ended
		_ = cmd.Wait()         // it was killed
	})
	var address string
	if _, err := fmt.Fscanln(out, &address); err != nil {
		t.Fatalf("the worker does not serve: %v", err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return cmd.Process, "http://" + address
}

// TestThankedSurvivesKill: of many customers that answer at the same time the process is killed as soon as the first one is thanked. The store has the
// answer of each one that was thanked.
func TestThankedSurvivesKill(t *testing.T) {
	kinds, customers := []string{shared.Redis, shared.SQLite}, 12
	if os.Getenv("CAIRN_WHOLE") != "" {
		kinds, customers = append(kinds, shared.Postgres), 200
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			at := shared.StartStore(t, kind)
			at.Prefix = "killed"
			told := &teller{kinds: map[string]int{}}
			client, _ := instance(t, at, told)
			ctx := cx.NewContext(t.Context(), client)
			signer, _ := intake.NewSigner(signs) //nolint:errcheck // it was made once
			var requests []*feedback.Request
			for i := range customers {
				requests = append(requests, ease.Ask(ctx, event.Customer{ID: fmt.Sprint("customer-", i)}, feedback.Via(event.Email)))
			}
			if err := client.Flush(ctx); err != nil {
				t.Fatal(err)
			}
			process, base := worker(t, at)
			web := &http.Client{Transport: &http.Transport{}}
			t.Cleanup(web.CloseIdleConnections)
			var thanked sync.Map
			var n atomic.Int64
			var all sync.WaitGroup
			for i, req := range requests {
				token, err := signer.Token(req)
				if err != nil {
					t.Fatal(err)
				}
				all.Go(func() {
					r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/r/"+token, bytes.NewReader([]byte(fmt.Sprint("score=", i%7+1)))) //nolint:errcheck // it is one
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					reply, err := web.Do(r)
					if err != nil {
						return // the process was killed before
					}
					_ = reply.Body.Close()
					if reply.StatusCode != http.StatusOK {
						t.Errorf("the answer of customer %d is %d", i, reply.StatusCode)
						return
					}
					thanked.Store(i, true)
					n.Add(1)
					_ = process.Kill() // again, for all but the first one
				})
			}
			all.Wait()
			lost := 0
			for i, req := range requests {
				s, err := req.Status(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if _, ok := thanked.Load(i); ok && (s.Ended != event.SurveyAnswered || s.Score != i%7+1) {
					lost++
				}
			}
			if lost > 0 || n.Load() == 0 {
				t.Errorf("%d of %d answers that customers were thanked for are lost", lost, n.Load())
			}
			t.Logf("%d of %d customers were thanked", n.Load(), customers)
		})
	}
}
