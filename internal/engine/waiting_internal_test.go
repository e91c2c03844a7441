package engine //nolint:testpackage // what waits in the queue at the moment of a claim cannot be seen from outside

import (
	"context"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// written is a store that keeps what is appended.
type written struct{ of map[ledger.Key]string }

func (w *written) Write(_ context.Context, changes []ledger.Change) (out []ledger.Record, _ error) {
	for i := range changes {
		w.of[changes[i].Key] += string(changes[i].Append)
		out = append(out, ledger.Record{Key: changes[i].Key, Log: []byte(w.of[changes[i].Key])})
	}
	return out, nil
}

func (*written) Claim(context.Context, int, time.Duration) (now time.Time, due []ledger.Record, err error) {
	return time.Now(), nil, nil
}

// TestTimeWaitsForTheQueue: time decides nothing about a record while an op of it waits for the store.
func TestTimeWaitsForTheQueue(t *testing.T) {
	t.Parallel()
	store := &written{map[ledger.Key]string{}}
	x := New(Config{Store: store, Now: time.Now, Keep: time.Hour, Linger: time.Millisecond}, Machine[*Sum, *Mark, *Did](Tally{}), Host[*Sum, *Mark, *Did, string](NewDesk()))
	now := time.Now()
	log := (&Mark{Kind: "add", Report: 1, N: 1, At: now.Add(-time.Hour).UnixNano()}).Append(nil)
	busy, idle := ledger.Key{1}, ledger.Key{2}
	_ = x.turn.Take(context.Background())
	x.Put(&Item[*Mark, string]{Key: busy, Op: &Mark{Kind: "add", N: 1}})
	due := []ledger.Record{{Key: busy, Log: log}, {Key: idle, Log: log}}
	if err := x.lookAt(context.Background(), now, due, now.Add(Lease)); err != nil {
		t.Fatal(err)
	}
	if store.of[busy] != "" || store.of[idle] == "" {
		t.Errorf("appended %q to the record with an op in the queue, and %q to the other one", store.of[busy], store.of[idle])
	}
	x.turn.Give()
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	_ = x.Shutdown(gone) // the store settles nothing
	<-x.Stopped()
}
