package mailed_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/internal/e2e/shared"
)

// seed is random, or the value of CAIRN_MAILED_SEED, which repeats the moments of a run.
func seed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("CAIRN_MAILED_SEED")
	if text == "" {
		return rand.Uint64()
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("CAIRN_MAILED_SEED: %v", err)
	}
	return n
}

// sieges is how many reports are sent under fire: a sample, or about 200 kills with CAIRN_WHOLE=1.
func sieges() int {
	if os.Getenv("CAIRN_WHOLE") != "" && !testing.Short() {
		return 150
	}
	return 9
}

// TestSiege: processes are killed at random moments of a report, one after the other. Every recipient gets the report, under one Message-ID. A kill costs
// at most one mail that comes twice, and so does a lease that was lost because the machine was slow.
func TestSiege(t *testing.T) {
	t.Parallel()
	random := seed(t)
	t.Logf("CAIRN_MAILED_SEED=%d", random)
	kinds := []string{shared.SQLite, shared.Redis, shared.Postgres}
	for k, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			at := shared.StartStore(t, kind)
			for i := k; i < sieges(); i += len(kinds) {
				at := at
				at.Prefix = fmt.Sprint("siege", i)
				t.Run(strconv.Itoa(i), func(t *testing.T) {
					t.Parallel()
					siege(t, at, rand.New(rand.NewPCG(random, uint64(i)))) //nolint:gosec // a test, and i is small
				})
			}
		})
	}
}

// siege sends one report with one to three kills.
func siege(t *testing.T, at shared.Place, rng *rand.Rand) {
	o := begin(t, at, 8)
	before := o.record(t)
	o.ends = before.Done + int64((24 * time.Hour).Seconds())
	server := listen(t, nowhere)
	var crew []*process
	var moments []moment
	for range 1 + rng.IntN(3) {
		m := randomly(rng)
		p := o.startDoomed(t, server, m)
		crew, moments = append(crew, p), append(moments, m)
		if rng.IntN(3) > 0 { // else the next one competes with it
			o.untilOver(t, p)
		}
	}
	crew = append(crew, o.start(t, server, moment{}))
	servers.Eventually(t, patience, func() error {
		if r := o.record(t); r.Turn != nil || r.Done != o.ends {
			return fmt.Errorf("the record is %+v; processes: %s", r, logs(crew))
		}
		return nil
	})
	killed, lost := 0, 0
	for _, p := range crew {
		killed += p.stop(t)
		lost += strings.Count(p.said(), "the lease is lost")
	}
	counts, ids, twice := map[string]int{}, map[string]bool{}, 0
	for _, m := range server.got() {
		if counts[m.to]++; counts[m.to] > 1 {
			twice++
		}
		ids[m.id] = true
	}
	for _, to := range recipients(o.to) {
		if counts[to] == 0 {
			t.Errorf("%s has no mail; moments %v, processes: %s", to, moments, logs(crew))
		}
	}
	if len(ids) != 1 || ids[""] || twice > killed+lost {
		t.Errorf("%d mails came twice after %d kills and %d lost leases, with the IDs %v; moments %v, processes: %s", twice, killed, lost, ids, moments, logs(crew))
	}
	if o.record(t).Salt != before.Salt {
		t.Error("the plan has another salt")
	}
	o.settled(t)
	t.Logf("%d mails, %d kills, %d twice: %v", len(server.got()), killed, twice, moments)
}

// moment is when a process is killed.
type moment struct {
	// Kind is "call" (before a call of the store), "answer" (after one, before the schedule has its answer), "wire" (at a read or a write of the server of SMTP) or
	// "clock".
	Kind string
	// After is how many of them are let through, and milliseconds of the clock.
	After int
}

// randomly returns a moment of the work on a report: it takes about 13 calls of the store, and 180 reads and writes of the server.
func randomly(rng *rand.Rand) moment {
	switch rng.IntN(7) {
	case 0, 1:
		return moment{"call", rng.IntN(13)}
	case 2, 3:
		return moment{"answer", rng.IntN(13)}
	case 4, 5:
		return moment{"wire", rng.IntN(180)}
	default:
		return moment{"clock", rng.IntN(200)}
	}
}

// startDoomed starts a process that is killed at the moment, if it comes to it.
func (o *office) startDoomed(t *testing.T, s *server, m moment) *process {
	t.Helper()
	p := o.start(t, s, m)
	switch m.Kind {
	case "wire":
		s.doom(p.cmd.Process.Pid, m.After)
	case "clock":
		kill := time.AfterFunc(time.Duration(m.After)*time.Millisecond, func() { _ = p.cmd.Process.Kill() })
		t.Cleanup(func() { kill.Stop() })
	}
	return p
}

// untilOver waits until the process is gone, or the report is sent.
func (o *office) untilOver(t *testing.T, p *process) {
	t.Helper()
	servers.Eventually(t, patience, func() error {
		select {
		case <-p.over:
			return nil
		default:
		}
		if o.record(t).Done == o.ends {
			return nil
		}
		return fmt.Errorf("the process lives, and the report is not sent: %s", p.said())
	})
}

// record is what the store has of the plan, as package schedule documents it.
type record struct {
	Salt string
	Done int64
	Turn *struct{ Holder string }
}

// record reads the plan's record.
func (o *office) record(t *testing.T) (r record) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if o.reader == nil {
		store, closeStore, err := o.store.Open(ctx)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(closeStore)
		o.reader = store.Shelf("schedules")
	}
	sum := sha256.Sum256([]byte("cairn.schedule.plan.1\x00the day\x00day\x00test"))
	list, err := o.reader.Write(ctx, []ledger.Change{{Key: ledger.Key(sum[:16])}})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(list[0].Log, &r); err != nil {
		t.Fatalf("%v: %s", err, list[0].Log)
	}
	return r
}
