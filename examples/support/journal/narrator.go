package journal

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Narrator is an exporter that writes each event of a customer in words. Simulated calls have no customer.
type Narrator struct {
	mu   sync.Mutex
	w    io.Writer
	zone *time.Location
}

var _ event.Exporter = (*Narrator)(nil)

// NewNarrator returns a narrator that writes to w, with the times of the zone.
func NewNarrator(w io.Writer, zone *time.Location) *Narrator { return &Narrator{w: w, zone: zone} }

// Export implements [event.Exporter].
func (n *Narrator) Export(_ context.Context, events []event.Event) error {
	var b strings.Builder
	for i := range events {
		if events[i].Customer.Hash == "" {
			continue
		}
		l := line(&events[i], n.zone)
		fmt.Fprintf(&b, "%s  %s\n", l.At.Format("Mon 2 Jan 15:04:05"), l.What)
		for _, part := range l.Parts {
			fmt.Fprintf(&b, "    %s\n", part)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := io.WriteString(n.w, b.String()); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Shutdown implements [event.Exporter].
func (*Narrator) Shutdown(context.Context) error { return nil }
