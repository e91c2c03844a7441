package sqlarchive

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cairncx.dev/cairn/cx/event"
)

// An event after a run's end, such as feedback or a call, often does not name its customer. The archive sets its customer to that
// of its run in journeys, in either order of arrival: when it writes the event, and, in the run's existing events, when the run's
// customer in journeys changes. Two processes that write both at the same moment can miss each other. The queries in README.md
// therefore also ask for the run's events without a customer.

// unsaid is the SQL condition that an event does not name its customer. The condition tests the event and not the column,
// because the column may be filled in, and the event never changes. An event's JSON always has its customer in this form. A
// quote inside a text is escaped, so no text looks like it. JSON operators were rejected: in PostgreSQL they fail if a NUL is
// anywhere in the event. An attribute that looks like a customer keeps its event from being filled in later. Erasing therefore
// also tests for a customer that is NULL.
const unsaid = `CAST(event AS TEXT) NOT LIKE '%,"customer":{"hash":%'`

// whose has the customer of each known run.
type whose map[runKey]string

// fill sets the customer of the event's row r to the run's customer, if the event does not name its customer.
func (w whose) fill(r *row) {
	if r.cells[colCustomer].typ == null && r.cells[colRun].typ != null {
		if customer := w[runKey{r.cells[colRun].s, r.cells[colJourney].s, r.cells[colNamespace].s}]; customer != "" {
			r.text(colCustomer, customer)
			r.bool(colCustomerInferred, true)
		}
	}
}

// keyOf returns the key of the event's run.
func keyOf(e *event.Event) runKey {
	return runKey{clean(e.Journey.ID), clean(e.Journey.Name), clean(e.Journey.Namespace)}
}

// told is what a batch says about runs and promises, and the runs whose customer has to be read from journeys.
type told struct {
	runs     runs
	promises kept
	asked    []runKey
}

// tell collects what the events say.
func tell(events []event.Event, r *row) told {
	b := told{runs: runs{}, promises: kept{}}
	seen := map[runKey]bool{}
	for i := range events {
		e := &events[i]
		if e.Journey.IsZero() {
			continue
		}
		if tableOf(e.Kind) == transitions {
			r.fillColumns(e)
		}
		b.runs.add(e, r)
		r.buf = b.promises.add(e, r.buf)
		if e.Customer.Hash != "" {
			continue
		}
		if key := keyOf(e); !seen[key] {
			seen[key], b.asked = true, append(b.asked, key)
		}
	}
	r.cells = [numColumns]cell{}
	slices.SortFunc(b.asked, runKey.compare)
	return b
}

// refill returns the statement that sets the customer of a run's events in a table, if they do not name their customer. Its
// arguments are the customer, run, journey and namespace.
func (t table) refill() string {
	return "UPDATE " + t.String() + " SET customer = ?1, customer_inferred = 1 WHERE run = ?2 AND journey = ?3 AND namespace = ?4 AND customer IS NOT ?1 AND " + unsaid
}

// own merges the runs into journeys, and returns their customers and those of the runs in asked. If the customer of a run
// changes, own also sets it in the run's events.
func (s *sqlite) own(ctx context.Context, b *told) (whose, error) {
	w := whose{}
	for _, r := range b.runs.sorted() {
		was, err := s.whoseIs(ctx, r.key)
		if err != nil {
			return nil, err
		}
		s.row.fillRun(r)
		if _, err := s.put(ctx, &s.row, 0); err != nil {
			return nil, err
		}
		is := was
		if r.customer != "" {
			if is, err = s.whoseIs(ctx, r.key); err != nil {
				return nil, err
			}
		}
		w[r.key] = is
		if is == was {
			continue
		}
		for t := range journeys {
			args := numbered([]driver.Value{is, r.key.run, r.key.journey, r.key.namespace})
			if _, err := s.refill[t].ExecContext(ctx, args); err != nil {
				return nil, err //nolint:wrapcheck // Export adds the operation
			}
		}
	}
	for _, key := range b.asked {
		if _, ok := w[key]; ok {
			continue
		}
		customer, err := s.whoseIs(ctx, key)
		if err != nil {
			return nil, err
		}
		w[key] = customer
	}
	return w, nil
}

// whoseIs returns the run's customer in journeys, or "".
func (s *sqlite) whoseIs(ctx context.Context, key runKey) (string, error) {
	rows, err := s.customer.QueryContext(ctx, numbered([]driver.Value{key.run, key.journey, key.namespace}))
	if err != nil {
		return "", err //nolint:wrapcheck // Export adds the operation
	}
	cell := make([]driver.Value, 1)
	if err = rows.Next(cell); errors.Is(err, io.EOF) {
		err = nil
	}
	customer, _ := cell[0].(string)
	return customer, errors.Join(err, rows.Close())
}

// ownRuns returns the statement around upsert that merges runs. It returns their customers, and whether each has changed. All
// parts of the statement see the tables as they were before it.
func (p *postgres) ownRuns(upsert string) string {
	return "WITH merged AS (" + upsert + " RETURNING j.run, j.journey, j.namespace, j.customer) " +
		"SELECT m.run, m.journey, m.namespace, m.customer, m.customer IS DISTINCT FROM o.customer FROM merged AS m LEFT JOIN " + p.prefix + "journeys AS o " +
		"ON o.run = m.run AND o.journey = m.journey AND o.namespace = m.namespace WHERE m.customer IS NOT NULL"
}

// askRuns returns the statement that reads the customers of runs.
func (p *postgres) askRuns() string {
	return "SELECT j.run, j.journey, j.namespace, j.customer, false FROM " + p.prefix + "journeys AS j " +
		"JOIN unnest($1::text[], $2::text[], $3::text[]) AS u (run, journey, namespace) " +
		"ON j.run = u.run AND j.journey = u.journey AND j.namespace = u.namespace WHERE j.customer IS NOT NULL"
}

// refill is [table.refill] for several runs.
func (p *postgres) refill(t table) string {
	return "UPDATE " + p.prefix + t.String() + " AS t SET customer = u.customer, customer_inferred = true " +
		"FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS u (run, journey, namespace, customer) " +
		"WHERE t.run = u.run AND t.journey = u.journey AND t.namespace = u.namespace AND t.customer IS DISTINCT FROM u.customer AND " +
		strings.Replace(unsaid, "event", "t.event", 1)
}

// owned has runs and their customers, as columns.
type owned struct{ run, journey, namespace, customer []string }

func (o *owned) add(key runKey, customer string) {
	o.run, o.journey, o.namespace = append(o.run, key.run), append(o.journey, key.journey), append(o.namespace, key.namespace)
	o.customer = append(o.customer, customer)
}

// read reads the rows of [postgres.ownRuns] or [postgres.askRuns].
func (w whose) read(rows pgx.Rows, changed *owned) error {
	for rows.Next() {
		var key runKey
		var customer string
		var other bool
		if err := rows.Scan(&key.run, &key.journey, &key.namespace, &customer, &other); err != nil {
			return err //nolint:wrapcheck // send adds the operation
		}
		w[key] = customer
		if other {
			changed.add(key, customer)
		}
	}
	return rows.Err() //nolint:wrapcheck // as above
}
