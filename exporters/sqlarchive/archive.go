package sqlarchive

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// Archive keeps events in the tables of a database. [OpenSQLite], [OpenPostgres] and [UsePostgres] make
// one. It is safe for concurrent use, by several processes too, and has no goroutine of its own. A
// nil Archive does nothing; the zero value is one that is shut down. A nil context is context.Background().
type Archive struct {
	db        database
	retention time.Duration
	calls     sink.Calls // of every method that uses the database

	mu     sync.Mutex
	pruned time.Time // when there was nothing left to delete
}

var (
	_ event.Exporter = (*Archive)(nil)
	_ event.Flusher  = (*Archive)(nil)
	_ sink.Addressed = (*Archive)(nil)
)

// ServerAddress implements [sink.Addressed]: the host of a PostgreSQL database, the first one where there are
// several. A file, and a socket, have none.
func (a *Archive) ServerAddress() (host string, port int) {
	if a == nil {
		return "", 0
	}
	p, ok := a.db.(*postgres)
	if !ok {
		return "", 0
	}
	cfg := p.pool.Config().ConnConfig
	if strings.HasPrefix(cfg.Host, "/") {
		return "", 0
	}
	return cfg.Host, int(cfg.Port)
}

// database is one of the two. Its methods connect and make the tables where that is still to be done,
// are retryable, and say in their errors what is wrong and nothing of what is in an event.
type database interface {
	// ping does what the others do first, and looks at the tables' version again.
	ping(ctx context.Context) error
	// write keeps the events that are not there yet, in one transaction. Where the database refuses one
	// of them for what is in it, the error is a refusedError whose poison is true.
	write(ctx context.Context, events []event.Event) error
	// forget deletes a customer's rows, in one transaction, and returns how many there were.
	forget(ctx context.Context, customer string) (int64, error)
	// prune deletes up to limit rows of each table that are older, in one transaction, and returns how many
	// there were, and whether there may be more.
	prune(ctx context.Context, before time.Time, limit int) (rows int64, more bool, err error)
	close() error
}

const (
	pruneRows     = 1000
	pruneInterval = time.Minute
)

func newArchive(db database, c *config) *Archive {
	a := &Archive{db: db}
	if c.hasRetention {
		a.retention = c.retention
	}
	return a
}

// begin registers a call, which ends with end. The context is never nil.
func (a *Archive) begin(ctx context.Context, what string) (_ context.Context, end func(), err error) {
	if ctx == nil {
		ctx = context.Background()
	}
	if ctx.Err() != nil {
		return nil, nil, fmt.Errorf("sqlarchive: %s: %w", what, context.Cause(ctx))
	}
	if a.db == nil {
		return nil, nil, fmt.Errorf("sqlarchive: %s: %w", what, sink.ErrClosed)
	}
	if end, err = a.calls.Begin(); err != nil {
		return nil, nil, fmt.Errorf("sqlarchive: %s: %w", what, err)
	}
	return ctx, end, nil
}

// Ping returns nil when an Export would find what it needs: the database, and tables of this version,
// which it makes where they are missing, unless [WithoutMigration]. Opening does not wait for the database,
// and the first Export does the same. Ping is for a service that checks this at its start, or makes the tables when it is rolled
// out. Each call asks again. The errors pass once a person has done what they say; they wrap [ErrNewer], [ErrNotOurs], or what the database says, and never have a password.
func (a *Archive) Ping(ctx context.Context) error {
	if a == nil {
		return nil
	}
	ctx, end, err := a.begin(ctx, "ping")
	if err != nil {
		return err
	}
	defer end()
	if err := a.db.ping(ctx); err != nil {
		return fmt.Errorf("sqlarchive: ping: %w", err)
	}
	return nil
}

// Export implements [event.Exporter]: the events that are not there yet are, when it returns nil, in one
// transaction, and on the disk as far as the database promises that. An event that the database
// cannot keep does not stop the others: the error is an [sink.PartialError] then, whose
// failures are permanent. Every other error passes, whatever it is: the database is away, busy, full or
// damaged, does not let us in, or has other tables. Nothing of the batch may be there then or all of it,
// and trying again is right. An event without an ID gets one derived from what it says.
func (a *Archive) Export(ctx context.Context, events []event.Event) error {
	if a == nil {
		return nil
	}
	ctx, end, err := a.begin(ctx, "export")
	if err != nil {
		return err
	}
	defer end()
	if len(events) == 0 {
		return nil
	}
	failed, err := a.write(ctx, events, 0, nil)
	if err != nil {
		return fmt.Errorf("sqlarchive: %d events are not kept: %w", len(events), err)
	}
	a.tidy(ctx)
	if len(failed) > 0 {
		return &sink.PartialError{Failed: failed}
	}
	return nil
}

// write keeps the events, the first of which is at index from in its batch. Where one of them cannot be
// kept it looks for that by halves, and returns it with the others that cannot.
func (a *Archive) write(ctx context.Context, events []event.Event, from int, failed []sink.Failure) ([]sink.Failure, error) {
	err := a.db.write(ctx, events)
	if err == nil {
		return failed, nil
	}
	if refused, ok := errors.AsType[*refusedError](err); !ok || !refused.poison {
		return nil, err
	}
	if len(events) == 1 {
		err = fmt.Errorf("sqlarchive: an event of the kind %.64q cannot be kept: %w", events[0].Kind, err)
		return append(failed, sink.Failure{Index: from, ID: events[0].ID, Err: sink.Permanent(err)}), nil
	}
	half := len(events) / 2
	if failed, err = a.write(ctx, events[:half], from, failed); err != nil {
		return nil, err
	}
	return a.write(ctx, events[half:], from+half, failed)
}

// tidy deletes some of what is past its time.
func (a *Archive) tidy(ctx context.Context) {
	now := time.Now()
	a.mu.Lock()
	due := a.retention > 0 && now.Sub(a.pruned) >= pruneInterval
	if due {
		a.pruned = now // the others need not
	}
	a.mu.Unlock()
	if !due {
		return
	}
	_, more, err := a.db.prune(ctx, now.Add(-a.retention), pruneRows)
	if err != nil {
		otel.Handle(fmt.Errorf("sqlarchive: what is past its time was not deleted: %w", err))
		return
	}
	if more {
		a.mu.Lock()
		a.pruned = time.Time{}
		a.mu.Unlock()
	}
}

// Prune deletes what happened before the given time, runs by their last transition, and returns how many
// rows that were. It makes transactions of a thousand rows of each table, so that others get their
// turn; after an error it may be called again.
func (a *Archive) Prune(ctx context.Context, before time.Time) (rows int64, err error) {
	if a == nil {
		return 0, nil
	}
	ctx, end, err := a.begin(ctx, "prune")
	if err != nil {
		return 0, err
	}
	defer end()
	for more := true; more; {
		var n int64
		if n, more, err = a.db.prune(ctx, before, pruneRows); err != nil {
			return rows, fmt.Errorf("sqlarchive: prune: after %d rows: %w", rows, err)
		}
		rows += n
	}
	return rows, nil
}

// Forget deletes every row of a customer, given by the pseudonymous ID that [event.Customer] has as
// Hash, in one transaction, and returns how many there were: their events; the events that do not say a
// customer in runs that theirs are in; the steps of follow-ups to their feedback; and the runs that are theirs in
// journeys. Rows and not columns, for a run's ID, an attribute or a trace leads back to a person as well as
// a hash does. What another customer did in the same run stays. What of theirs is exported later is kept
// again: forget in the client first, flush it, and drain the spool where there is one.
func (a *Archive) Forget(ctx context.Context, customer string) (rows int64, err error) {
	if a == nil || customer == "" {
		return 0, nil
	}
	ctx, end, err := a.begin(ctx, "forget")
	if err != nil {
		return 0, err
	}
	defer end()
	if rows, err = a.db.forget(ctx, clean(customer)); err != nil {
		return 0, fmt.Errorf("sqlarchive: forgetting a customer: %w", err)
	}
	return rows, nil
}

// Flush implements [event.Flusher]: it waits for the calls that are under way. What an Export that has
// returned has kept needs no flush.
func (a *Archive) Flush(ctx context.Context) error {
	if a == nil {
		return nil
	}
	if err := a.calls.Wait(ctx); err != nil {
		return fmt.Errorf("sqlarchive: flush: %w", err)
	}
	return nil
}

// Shutdown implements [event.Exporter]: it waits for the calls that are under way, and closes what the
// archive has opened; a pool that was given stays open. When ctx is done first it may be called again.
func (a *Archive) Shutdown(ctx context.Context) error {
	if a == nil || a.db == nil {
		return nil
	}
	var closed error
	err := a.calls.Shutdown(ctx, func() error {
		closed = a.db.close()
		return nil // a file or pool that fails to close is not open either
	})
	if err = errors.Join(err, closed); err != nil {
		return fmt.Errorf("sqlarchive: shutdown: %w", err)
	}
	return nil
}

// refusedError is that the database refuses a row for what is in it. What the database says of that may
// repeat it, so only the code is kept.
type refusedError struct {
	code   string
	poison bool // it is an event's row
}

func (e *refusedError) Error() string { return "the database refuses what is in it (" + e.code + ")" }

// Errors that callers branch on.
var (
	// ErrFull is what an error wraps when the disk, or what [WithMaxBytes] allows, is full. Nothing of the
	// transaction was made; make room, and try again.
	ErrFull = errors.New("the disk is full: make room")
	// ErrNotOurs is what an error wraps when there is something else where the archive is to be.
	ErrNotOurs = errors.New("it is not an archive of Cairn's")
	// ErrNewer is what an error wraps when a newer version of this package has made the tables.
	ErrNewer = errors.New("it was made by a newer version of Cairn: update this service")
)
