package console

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestOneQuestionForManyReaders: whoever asks for the same gets the same answer, and it is asked for once.
func TestOneQuestionForManyReaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, asked := newDesk(1), 0
		var readers sync.WaitGroup
		for range 100 {
			readers.Go(func() {
				n, err := ask(t.Context(), d, "one", func(context.Context) (int, error) {
					asked++
					time.Sleep(time.Second)
					return 7, nil
				})
				if n != 7 || err != nil {
					t.Errorf("a reader gets %d, %v", n, err)
				}
			})
		}
		readers.Wait()
		if n, err := ask(t.Context(), d, "one", func(context.Context) (int, error) { return 0, errors.New("it is asked again") }); n != 7 || err != nil || asked != 1 {
			t.Errorf("a later reader gets %d, %v; it was asked %d times", n, err, asked)
		}
	})
}

// TestReaderLeaves: a reader who leaves does not take the answer from the others, and is not kept waiting.
func TestReaderLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(1)
		slow := func(ctx context.Context) (string, error) {
			select {
			case <-time.After(5 * time.Second):
				return "there", nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}
		leaving, leave := context.WithCancel(t.Context())
		begun := time.Now()
		var left error
		var readers sync.WaitGroup
		readers.Go(func() { _, left = ask(leaving, d, "slow", slow) })
		synctest.Wait()
		readers.Go(func() {
			if got, err := ask(t.Context(), d, "slow", slow); got != "there" || err != nil || time.Since(begun) != 5*time.Second {
				t.Errorf("the reader who stays gets %q, %v after %s", got, err, time.Since(begun))
			}
		})
		time.Sleep(time.Second)
		leave()
		synctest.Wait()
		if !errors.Is(left, context.Canceled) {
			t.Errorf("the reader who leaves gets %v after %s", left, time.Since(begun))
		}
		readers.Wait()
	})
}

// TestReaderLeavesTheQueue: a question about one customer gives its place up when its reader leaves.
func TestReaderLeavesTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := reading(t.Context(), 1)
		v.c.desk.turns <- struct{}{} // of another reader, for long
		ctx, leave := context.WithCancel(t.Context())
		var err error
		var readers sync.WaitGroup
		readers.Go(func() { _, err = direct(ctx, v, func(context.Context) (int, error) { return 1, nil }) })
		synctest.Wait()
		begun := time.Now()
		leave()
		readers.Wait()
		if !errors.Is(err, context.Canceled) || time.Since(begun) != 0 || len(v.c.desk.waiting) != 0 {
			t.Errorf("after %s it gets %v, and %d wait", time.Since(begun), err, len(v.c.desk.waiting))
		}
	})
}

// TestFailedAnswers: an answer that failed, panicked or took too long is not kept, and its turn is given back.
func TestFailedAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(1)
		for name, f := range map[string]func(context.Context) (int, error){
			"an error": func(context.Context) (int, error) { return 1, errors.New("down") },
			"a panic":  func(context.Context) (int, error) { panic("it fell") },
			"too long": func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() },
		} {
			begun := time.Now()
			if n, err := ask(t.Context(), d, name, f); err == nil || n != 0 {
				t.Errorf("%s is answered with %d", name, n)
			}
			if name == "too long" && time.Since(begun) != maxAnswer {
				t.Errorf("an answer may take %s, want %s", time.Since(begun), maxAnswer)
			}
			if n, err := ask(t.Context(), d, name, func(context.Context) (int, error) { return 5, nil }); n != 5 || err != nil {
				t.Errorf("after %s: %d, %v: want that it is asked again", name, n, err)
			}
		}
		if len(d.turns) != 0 || len(d.waiting) != 0 {
			t.Errorf("%d turns and %d places are taken", len(d.turns), len(d.waiting))
		}
	})
}

// TestTurns: no more questions are answered at once than there are turns. One that waits for too long, or that finds too many waiting, is told so.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const turns, questions = 3, 400
		d := newDesk(turns)
		var at, most, answered, busy atomic.Int64
		var readers sync.WaitGroup
		begun := time.Now()
		for i := range questions {
			readers.Go(func() {
				_, err := ask(t.Context(), d, fmt.Sprint(i), func(context.Context) (int, error) {
					most.Store(max(most.Load(), at.Add(1)))
					defer at.Add(-1)
					time.Sleep(time.Second)
					return i, nil
				})
				switch {
				case err == nil:
					answered.Add(1)
				case errors.Is(err, errBusy):
					busy.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if n := busy.Load(); n != questions-turns-maxWaiting {
			t.Errorf("%d are told at once that it is busy, want %d: three are answered and %d wait", n, questions-turns-maxWaiting, maxWaiting)
		}
		readers.Wait()
		// The turns that end with the tenth second may go to questions that wait, or come too late for them.
		if n := answered.Load(); most.Load() != turns || n < 10*turns || n > 11*turns || answered.Load()+busy.Load() != questions {
			t.Errorf("%d were answered, at most %d at once, and %d not; want three each second for ten seconds", n, most.Load(), busy.Load())
		}
		if took := time.Since(begun); took < maxWait || took > maxWait+time.Second {
			t.Errorf("it took %s, want no more than the time that a question waits and is answered", took)
		}
	})
}

// TestCallsTakeNoTurn: a question that asks another server does not hold back the others.
func TestCallsTakeNoTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(1)
		var readers sync.WaitGroup
		for i := range maxCalls {
			readers.Go(func() {
				_, _ = askIn(t.Context(), d, d.calls, fmt.Sprint("call ", i), func(context.Context) (int, error) { time.Sleep(30 * time.Second); return 0, nil })
			})
		}
		synctest.Wait()
		begun := time.Now()
		if n, err := ask(t.Context(), d, "here", func(context.Context) (int, error) { return 3, nil }); n != 3 || err != nil || time.Since(begun) != 0 {
			t.Errorf("%d, %v after %s", n, err, time.Since(begun))
		}
		readers.Wait()
	})
}

// TestAnswersAreBounded asks 10,000 questions: the desk keeps those that were asked for last.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(2)
	key := func(i int) string { return fmt.Sprint("filter ", i) }
	asked := 0
	get := func(i int) {
		t.Helper()
		if n, err := ask(t.Context(), d, key(i), func(context.Context) (int, error) { asked++; return i, nil }); n != i || err != nil {
			t.Fatalf("question %d is answered with %d, %v", i, n, err)
		}
	}
	for i := range 10_000 {
		get(i)
		get(0) // which is asked for all the time
	}
	if len(d.answers) != maxAnswers || d.order.Len() != maxAnswers || asked != 10_000 {
		t.Errorf("the desk keeps %d answers, and %d in their order, of %d: want %d of 10,000", len(d.answers), d.order.Len(), asked, maxAnswers)
	}
	for i := 10_000 - maxAnswers + 1; i < 10_000; i++ {
		get(i)
	}
	if asked != 10_000 {
		t.Errorf("answers that were asked for last were asked again: %d", asked-10_000)
	}
	get(5)
	if asked != 10_001 {
		t.Errorf("the oldest answer was not forgotten: %d", asked)
	}
}

// TestPanicIsNotShown: what a question panicked with stays out of what readers see.
func TestPanicIsNotShown(t *testing.T) {
	t.Parallel()
	_, err := ask(t.Context(), newDesk(1), "x", func(context.Context) (int, error) { panic("customer 7") })
	if f := faultOf(err); f.Status != 500 || strings.Contains(f.Say+f.Mends, "customer") {
		t.Errorf("%+v", f)
	}
}

// TestOldAnswersAreDropped: answers about older rows go when a reader asks about newer ones, so that the words of a customer who was forgotten are in no memory.
func TestOldAnswersAreDropped(t *testing.T) {
	t.Parallel()
	d := newDesk(1)
	defer d.close()
	for _, c := range []struct {
		edition uint64
		asks    []string // after that
		want    string
		reason  string
	}{
		{1, []string{"1|a", "1|b", objectivesKey + "7"}, "1|a 1|b objectives|7", "the first rows"},
		{1, nil, "1|a 1|b objectives|7", "the same rows"},
		{11, []string{"11|a"}, "11|a objectives|7", "newer rows, whose number begins like the older one"},
		{1, []string{"1|c"}, "11|a objectives|7", "a reader who has begun before"},
		{12, nil, "objectives|7", "newer rows again"},
	} {
		d.since(c.edition)
		for _, key := range c.asks {
			if _, err := ask(t.Context(), d, key, func(context.Context) (string, error) { return "words", nil }); err != nil {
				t.Fatal(err)
			}
		}
		d.running.Wait()
		if got := strings.Join(slices.Sorted(maps.Keys(d.answers)), " "); got != c.want || d.order.Len() != len(d.answers) {
			t.Errorf("%s: there are %s, want %s", c.reason, got, c.want)
		}
	}
}

// TestClose ends what runs, and what waits for its turn, also where its readers have left; it waits for them; and what comes later is refused.
func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := reading(t.Context(), 2)
		d := v.c.desk
		var ended atomic.Int64
		slow := func(ctx context.Context) (int, error) {
			<-ctx.Done()
			time.Sleep(time.Second) // it closes what it reads
			ended.Add(1)
			return 0, ctx.Err()
		}
		var readers sync.WaitGroup
		leaving, leave := context.WithCancel(t.Context())
		readers.Go(func() { _, _ = ask(leaving, d, "left", slow) })
		readers.Go(func() {
			if _, err := direct(t.Context(), v, slow); !errors.Is(err, errClosed) || faultOf(err).Status != http.StatusServiceUnavailable {
				t.Errorf("a question about one run ends with %v", err)
			}
		})
		synctest.Wait()
		for _, key := range []string{"waits", "waits", "waits too"} {
			readers.Go(func() {
				if _, err := ask(t.Context(), d, key, slow); !errors.Is(err, errClosed) {
					t.Errorf("%s ends with %v", key, err)
				}
			})
		}
		leave()
		synctest.Wait()
		begun := time.Now()
		if !d.close() || ended.Load() != 2 || time.Since(begun) != time.Second {
			t.Errorf("after %s, %d of the 2 questions that ran have ended", time.Since(begun), ended.Load())
		}
		readers.Wait()
		if _, err := ask(t.Context(), d, "late", slow); !errors.Is(err, errClosed) {
			t.Errorf("a later question ends with %v", err)
		}
		if _, err := direct(t.Context(), v, slow); !errors.Is(err, errClosed) {
			t.Errorf("a later question about one run ends with %v", err)
		}
		if !d.close() || len(d.answers)+d.order.Len()+len(d.turns)+len(d.waiting) != 0 {
			t.Error("closed again, the desk keeps something")
		}
	})
}

// TestCloseIsBounded: a question that does not end with its context does not keep the service from ending.
func TestCloseIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(1)
		go func() {
			_, _ = ask(t.Context(), d, "deaf", func(context.Context) (int, error) { time.Sleep(time.Hour); return 0, nil })
		}()
		synctest.Wait()
		begun := time.Now()
		if d.close() || time.Since(begun) != maxClose {
			t.Errorf("it ends after %s", time.Since(begun))
		}
		d.running.Wait()
	})
}

// TestAnswersGoWithoutReaders: answers about older rows are dropped as soon as there are newer ones, also when no reader comes any more; so is one that is made of older rows
// meanwhile.
func TestAnswersGoWithoutReaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &growing{n: 3}
		c := over(t, source)
		defer c.Close()
		v, err := c.visit(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", http.NoBody))
		if err != nil {
			t.Fatal(err)
		}
		words := func(context.Context) (string, error) { return "words", nil }
		if _, err := question(t.Context(), v, "first", nil, words); err != nil || len(c.desk.answers) != 1 {
			t.Fatalf("%d answers are kept: %v", len(c.desk.answers), err)
		}
		var slow sync.WaitGroup
		slow.Go(func() {
			_, _ = question(t.Context(), v, "slow", nil, func(context.Context) (string, error) { time.Sleep(time.Minute); return "words", nil })
		})
		synctest.Wait()
		source.more = true
		if err := c.table.Load(t.Context(), source); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		c.desk.mu.Lock()
		for key := range c.desk.answers {
			t.Errorf("after the load the desk keeps %q", key)
		}
		c.desk.mu.Unlock()
		slow.Wait()
		synctest.Wait()
		if len(c.desk.answers) != 0 {
			t.Error("the desk keeps an answer that was made of older rows")
		}
	})
}
