package customer

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"cairncx.dev/cairn/internal/flight"
)

// TestLocalIsBounded: where there is no room, records with nothing in them make room, and a further customer is refused else.
func TestLocalIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	l := NewLocal(func() time.Time { return now }, nil)
	l.most = 100
	terms := &flight.Terms{Caps: []flight.Cap{{Most: 1, Within: time.Hour, Purposes: []string{"offer"}}}, Keep: time.Hour, Life: time.Minute}
	for i := range l.most {
		l.records[strconv.Itoa(i)] = &record{contacts: []contact{{at: now.UnixNano(), keep: int64(time.Hour)}}}
	}
	ask := func(who string) error {
		_, err := l.Ask(t.Context(), &Asking{Customer: who, Purpose: "offer", Channel: 1, Terms: terms})
		return err
	}
	if err := ask("more"); !errors.Is(err, errLocal) {
		t.Errorf("beyond the bound the error is %v", err)
	}
	if err := ask("7"); err != nil {
		t.Errorf("a customer with a record is refused: %v", err)
	}
	now = now.Add(time.Hour)
	if err := ask("more"); err != nil || len(l.records) > 2 {
		t.Errorf("when the windows are over, the error is %v, and there are %d records", err, len(l.records))
	}
}
