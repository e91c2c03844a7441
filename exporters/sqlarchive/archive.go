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

// Archive keeps events in the tables of a database. [OpenSQLite], [OpenPostgres] and [UsePostgres] make one. It is safe for
// concurrent use, also by several processes, and starts no goroutine. A nil Archive does nothing. The zero value behaves as
// after Shutdown. A nil context is context.Background().
type Archive struct {
	db        database
	retention time.Duration
	calls     sink.Calls // counts the calls of every method that uses the database

	mu     sync.Mutex
	pruned time.Time // the last time at which no row was left to delete
}

var (
	_ event.Exporter = (*Archive)(nil)
	_ event.Flusher  = (*Archive)(nil)
	_ sink.Addressed = (*Archive)(nil)
)

// ServerAddress implements [sink.Addressed]. It returns the host and the port of a PostgreSQL database, and of the first
// server if there are several. For a file or a socket it returns "" and 0.
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

// database is SQLite or PostgreSQL. If necessary, its methods connect and make the tables. They may be called again after an
// error. Their errors say what is wrong, and repeat nothing of an event.
type database interface {
	// ping connects and makes the tables, as the other methods do first, and checks the tables' version again.
	ping(ctx context.Context) error
	// write keeps the events that the archive does not have yet, in one transaction. If the database refuses an event because
	// of its content, the error is a refusedError with poison.
	write(ctx context.Context, events []event.Event) error
	// forget deletes a customer's rows in one transaction, and returns their number.
	forget(ctx context.Context, customer string) (int64, error)
	// forgetEmployee removes an employee from the events in one transaction, and returns the number of events.
	forgetEmployee(ctx context.Context, employee string) (int64, error)
	// prune deletes up to limit older rows of each table in one transaction. It returns their number, and whether more may be
	// left.
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

// begin registers a call, which ends with end. The returned context is never nil.
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

// Ping returns nil if an Export would find the database and tables of this version. Unless [WithoutMigration] is set, it makes
// missing tables. Opening an archive does not wait for the database, and the first Export does the same work as Ping. Use Ping
// to check the archive when a service starts, or to make the tables in a deployment. Each call checks again.
//
// Every error is transient: it ends when an operator has done what it says. It wraps [ErrNewer], [ErrNotOurs] or the
// database's error, and never repeats a password.
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

// Export implements [event.Exporter]. When it returns nil, the archive has every event, and the events are on the disk as far
// as the database guarantees that. A batch is one transaction. Events that the archive has already are skipped. An event
// without an ID gets an ID that is derived from its content.
//
// If the database refuses single events, Export keeps the others. It also refuses an event whose JSON is longer than
// [event.MaxJSON], because no reader takes it. The error is a [sink.PartialError] with a permanent failure for each refused
// event. Every other error is transient, and the caller should export the batch again: the database is away, busy, full or
// damaged, refuses the login, or has other tables. After such an error the archive may have none, some or all of the batch.
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

// write keeps the events, the first of which has index from in its batch. If the database refuses one, write finds it by
// halves. It appends the refused events to failed.
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

// tidy deletes some rows that are older than the retention.
func (a *Archive) tidy(ctx context.Context) {
	now := time.Now()
	a.mu.Lock()
	due := a.retention > 0 && now.Sub(a.pruned) >= pruneInterval
	if due {
		a.pruned = now // other calls need not delete
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

// Prune deletes the events from before the given time, and the runs and promises whose last event is from before it. The last
// event of a run is its last transition. It returns the
// number of deleted rows. It makes transactions of at most 1,000 rows of each table, so that other calls get their turn. After
// an error Prune may be called again.
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

// Forget deletes every row of a customer in one transaction, and returns their number. The customer is given by the
// pseudonymous ID, [event.Customer].Hash. Forget deletes:
//
//   - the events of the customer;
//   - the events without a customer in runs that have an event of the customer;
//   - the steps of follow-ups to the customer's feedback;
//   - the customer's runs in the table journeys;
//   - the promises whose events name the customer last, and those without a customer in such runs.
//
// It deletes rows and not only columns, because a run's ID, an attribute or a trace can identify a person as a hash can.
// Events of another customer in the same run stay. The archive keeps events of the customer that are exported later. Therefore
// call Forget of the client first, flush the client, and drain its spool.
//
// In SQLite Forget also overwrites what the file has of the rows in parts of pages that no row uses. It reads the whole file for that,
// and other calls and processes wait for it before they write.
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

// Flush implements [event.Flusher]. It waits for the calls that are in progress. Events of an Export that has returned need no
// flush.
func (a *Archive) Flush(ctx context.Context) error {
	if a == nil {
		return nil
	}
	if err := a.calls.Wait(ctx); err != nil {
		return fmt.Errorf("sqlarchive: flush: %w", err)
	}
	return nil
}

// Shutdown implements [event.Exporter]. Export, Ping, Prune and Forget fail from then on. Shutdown waits for the calls that
// are in progress and closes the file, or the pool of [OpenPostgres]. It leaves the pool of [UsePostgres] open. If ctx is done
// first, Shutdown returns an error and may be called again.
func (a *Archive) Shutdown(ctx context.Context) error {
	if a == nil || a.db == nil {
		return nil
	}
	var closed error
	err := a.calls.Shutdown(ctx, func() error {
		closed = a.db.close()
		return nil // a file or pool that fails to close is not usable either
	})
	if err = errors.Join(err, closed); err != nil {
		return fmt.Errorf("sqlarchive: shutdown: %w", err)
	}
	return nil
}

// refusedError says that the database refuses a row because of its content. The database's message may repeat the content, so
// the error keeps only the code.
type refusedError struct {
	code   string
	poison bool // the row is an event's or a run's
}

func (e *refusedError) Error() string {
	if e == errTooLong {
		return fmt.Sprintf("its JSON is longer than %d bytes, and readers refuse it: shorten its texts", event.MaxJSON)
	}
	return "the database refuses what is in it (" + e.code + ")"
}

// errTooLong is about an event that no reader takes, as if the database had refused it.
var errTooLong = &refusedError{poison: true}

// Errors that callers branch on.
var (
	// ErrFull is in an error if the disk is full, or the file has reached [WithMaxBytes]. The transaction has changed nothing.
	// Make room and try again.
	ErrFull = errors.New("the disk is full: make room")
	// ErrNotOurs is in an error if the file of [OpenSQLite] holds something other than an archive.
	ErrNotOurs = errors.New("it is not an archive of Cairn's")
	// ErrNewer is in an error if a newer version of this package has made the tables.
	ErrNewer = errors.New("it was made by a newer version of Cairn: update this service")
)
