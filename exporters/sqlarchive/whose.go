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

// An event after a run's end, such as feedback or a call, often does not say who the customer is. Such an
// event has the customer of its run, as journeys has it, whichever of the two comes first: it is filled in when
// the event is written, and in the run's events that are there when journeys learns of another customer. Two
// processes that write both at the same moment can miss each other, so the queries in README.md ask for the
// run's events without a customer too.

// unsaid is the condition that an event does not name its customer itself: the column may be filled in,
// and the event is as it came. Its JSON always has the customer in this form, and a quote within a text is
// escaped, so that no text looks like it. The operators for JSON were rejected: in PostgreSQL they fail where
// there is a NUL anywhere in the event. An attribute that looks like it keeps its event from being filled in
// later, so that erasing also asks for a customer that is NULL.
const unsaid = `CAST(event AS TEXT) NOT LIKE '%,"customer":{"hash":%'`

// whose has the customer of each run that is known.
type whose map[runKey]string

// fill fills in the customer that the event whose row r is does not say.
func (w whose) fill(r *row) {
	if r.cells[colCustomer].typ == null && r.cells[colRun].typ != null {
		r.text(colCustomer, w[runKey{r.cells[colRun].s, r.cells[colJourney].s, r.cells[colNamespace].s}])
	}
}

// keyOf returns the run of the event.
func keyOf(e *event.Event) runKey {
	return runKey{clean(e.Journey.ID), clean(e.Journey.Name), clean(e.Journey.Namespace)}
}

// tell collects what the events tell of their runs, and the runs whose customer has to be asked for.
func tell(events []event.Event, r *row) (rs runs, asked []runKey) {
	rs = runs{}
	seen := map[runKey]bool{}
	for i := range events {
		e := &events[i]
		if e.Journey.IsZero() {
			continue
		}
		if tableOf(e.Kind) == transitions {
			r.fillColumns(e)
			rs.add(e, r)
		}
		if e.Customer.Hash != "" {
			continue
		}
		if key := keyOf(e); !seen[key] {
			seen[key], asked = true, append(asked, key)
		}
	}
	r.cells = [numColumns]cell{}
	slices.SortFunc(asked, runKey.compare)
	return rs, asked
}

// refill returns the statement that fills a run's customer in, in the events of a table that do not say it.
// Its arguments are the customer, run, journey and namespace.
func (t table) refill() string {
	return "UPDATE " + t.String() + " SET customer = ?1 WHERE run = ?2 AND journey = ?3 AND namespace = ?4 AND customer IS NOT ?1 AND " + unsaid
}

// own merges the runs into journeys, and returns the customers of these and of those that are asked for.
// Where journeys learns of another customer it is filled in.
func (s *sqlite) own(ctx context.Context, rs runs, asked []runKey) (whose, error) {
	w := whose{}
	for _, r := range rs.sorted() {
		was, err := s.whoseIs(ctx, r.key)
		if err != nil {
			return nil, err
		}
		s.row.fillRun(r)
		if err := s.put(ctx, &s.row, 0); err != nil {
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
				return nil, err //nolint:wrapcheck // Export says what it is about
			}
		}
	}
	for _, key := range asked {
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

// whoseIs returns the customer that journeys has for a run, or "".
func (s *sqlite) whoseIs(ctx context.Context, key runKey) (string, error) {
	rows, err := s.customer.QueryContext(ctx, numbered([]driver.Value{key.run, key.journey, key.namespace}))
	if err != nil {
		return "", err //nolint:wrapcheck // Export says what it is about
	}
	cell := make([]driver.Value, 1)
	if err = rows.Next(cell); errors.Is(err, io.EOF) {
		err = nil
	}
	customer, _ := cell[0].(string)
	return customer, errors.Join(err, rows.Close())
}

// ownRuns is the statement around upsert, that merges runs and returns those that have another customer than
// before, with that customer. Everything in a statement sees the tables as they were before it.
func (p *postgres) ownRuns(upsert string) string {
	return "WITH merged AS (" + upsert + " RETURNING j.run, j.journey, j.namespace, j.customer) " +
		"SELECT m.run, m.journey, m.namespace, m.customer, m.customer IS DISTINCT FROM o.customer FROM merged AS m LEFT JOIN " + p.prefix + "journeys AS o " +
		"ON o.run = m.run AND o.journey = m.journey AND o.namespace = m.namespace WHERE m.customer IS NOT NULL"
}

// askRuns is the statement that returns the customers of runs.
func (p *postgres) askRuns() string {
	return "SELECT j.run, j.journey, j.namespace, j.customer, false FROM " + p.prefix + "journeys AS j " +
		"JOIN unnest($1::text[], $2::text[], $3::text[]) AS u (run, journey, namespace) " +
		"ON j.run = u.run AND j.journey = u.journey AND j.namespace = u.namespace WHERE j.customer IS NOT NULL"
}

// refill is [table.refill] for many runs.
func (p *postgres) refill(t table) string {
	return "UPDATE " + p.prefix + t.String() + " AS t SET customer = u.customer " +
		"FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS u (run, journey, namespace, customer) " +
		"WHERE t.run = u.run AND t.journey = u.journey AND t.namespace = u.namespace AND t.customer IS DISTINCT FROM u.customer AND " +
		strings.Replace(unsaid, "event", "t.event", 1)
}

// owned are runs and their customers, as columns.
type owned struct{ run, journey, namespace, customer []string }

func (o *owned) add(key runKey, customer string) {
	o.run, o.journey, o.namespace = append(o.run, key.run), append(o.journey, key.journey), append(o.namespace, key.namespace)
	o.customer = append(o.customer, customer)
}

// read reads what [postgres.ownRuns] or [postgres.askRuns] returns.
func (w whose) read(rows pgx.Rows, changed *owned) error {
	for rows.Next() {
		var key runKey
		var customer string
		var other bool
		if err := rows.Scan(&key.run, &key.journey, &key.namespace, &customer, &other); err != nil {
			return err //nolint:wrapcheck // send says what it is about
		}
		w[key] = customer
		if other {
			changed.add(key, customer)
		}
	}
	return rows.Err() //nolint:wrapcheck // as above
}
