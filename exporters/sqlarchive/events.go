package sqlarchive

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Events calls each with the whole events that q asks for, in the order of their times, and of their arrival where the times are equal.
// It is the method of that name of a source of cx/insight. From and Until are compared to the microsecond. q.Customer finds the events that name
// the customer themselves: ask for q.Runs, too, for what happened in that customer's runs. Unlike [Reader.Scan], Events does not wait for transactions
// in flight. The event and the data behind its pointers belong to each. The error of each is returned unchanged.
func (r *Reader) Events(ctx context.Context, q event.Query, each func(*event.Event) error) error {
	query, args, err := r.asks(q)
	if err != nil {
		return dumped(r.what, err)
	}
	if query == "" {
		return nil
	}
	var stopped error
	err = r.rows(ctx, r.db, query, args, func(rows *sql.Rows) error {
		var line sql.RawBytes
		if err := rows.Scan(&line); err != nil {
			return err //nolint:wrapcheck // dumped adds the operation
		}
		e, err := event.ParseJSON(line)
		if err != nil {
			return err
		}
		stopped = each(&e)
		return stopped
	})
	if stopped != nil {
		return stopped
	}
	return dumped(r.what, caused(ctx, err))
}

// asks returns the query and its arguments; "" asks for nothing. The conditions are in each branch of the union, so that each table
// answers from its indexes.
func (r *Reader) asks(q event.Query) (query string, args []any, err error) {
	c := conditions{reader: r}
	c.runs("run, journey, namespace", q.Runs)
	c.runs("about_run, about_journey, about_namespace", q.About)
	if q.Customer != "" {
		c.add("customer = $? AND customer_inferred IS NULL", clean(q.Customer))
	}
	if !q.From.IsZero() {
		c.add("time >= "+r.moment("$?"), r.at(q.From))
	}
	if !q.Until.IsZero() {
		c.add("time < "+r.moment("$?"), r.at(q.Until))
	}
	if q.Contacts {
		c.list = append(c.list, "legs IS NOT NULL")
	}
	c.among("outcome", textsOf(q.Outcomes, event.Outcome.String))
	c.among("kind", textsOf(q.Kinds, func(k event.Kind) string { return clean(string(k)) }))
	if c.err != nil {
		return "", nil, c.err
	}
	where := ""
	if len(c.list) > 0 {
		where = " WHERE " + strings.Join(c.list, " AND ")
	}
	var branches []string
	for t := range journeys {
		if asksOf(&q, t) {
			branches = append(branches, "SELECT CAST(event AS text) AS event, time, arrival FROM {"+t.String()+"}"+where)
		}
	}
	if len(branches) == 0 {
		return "", nil, nil // no event is a contact and moves a follow-up
	}
	query = "SELECT event FROM (" + strings.Join(branches, " UNION ALL ") + ") AS asked ORDER BY time, arrival"
	if q.Limit > 0 {
		query += " LIMIT " + strconv.Itoa(q.Limit)
	}
	return query, c.args, nil
}

// asksOf reports whether events of the table may meet the conditions.
func asksOf(q *event.Query, t table) bool {
	if len(q.About) > 0 && t != transitions || q.Contacts && t != touchpoints {
		return false
	}
	return len(q.Kinds) == 0 || slices.ContainsFunc(q.Kinds, func(k event.Kind) bool { return tableOf(k) == t })
}

// conditions are those of a query, with their arguments.
type conditions struct {
	reader *Reader
	list   []string
	args   []any
	err    error
}

// add adds a condition whose argument is written as $?.
func (c *conditions) add(condition string, arg any) {
	c.args = append(c.args, arg)
	c.list = append(c.list, strings.ReplaceAll(condition, "$?", "$"+strconv.Itoa(len(c.args))))
}

// runs adds that the columns have one of the runs. No run is no condition.
func (c *conditions) runs(columns string, of []event.RunRef) {
	if len(of) == 0 {
		return
	}
	list, err := runList(of)
	if err != nil {
		c.err = err
		return
	}
	if c.reader.lite {
		c.add("("+columns+") IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($?))", list)
	} else {
		c.add("("+columns+") IN (SELECT v ->> 0, v ->> 1, v ->> 2 FROM json_array_elements($?::text::json) AS j (v))", list)
	}
}

// among adds that the column has one of the texts. No text is no condition.
func (c *conditions) among(column string, of []string) {
	if len(of) == 0 {
		return
	}
	text, err := json.Marshal(of)
	if err != nil {
		c.err = err
		return
	}
	if c.reader.lite {
		c.add(column+" IN (SELECT value FROM json_each($?))", string(text))
	} else {
		c.add(column+" IN (SELECT json_array_elements_text($?::text::json))", string(text))
	}
}

// textsOf returns the text of each value.
func textsOf[T any](of []T, text func(T) string) []string {
	list := make([]string, len(of))
	for i, v := range of {
		list[i] = text(v)
	}
	return list
}

// runList returns the runs as a JSON array of arrays.
func runList(runs []event.RunRef) (string, error) {
	list := make([][3]string, len(runs))
	for i, ref := range runs {
		list[i] = [3]string{clean(ref.ID), clean(ref.Name), clean(ref.Namespace)}
	}
	text, err := json.Marshal(list)
	return string(text), err
}

// moment returns the expression of a time that is an argument, and at returns the argument.
func (r *Reader) moment(placeholder string) string {
	if r.lite {
		return placeholder
	}
	return placeholder + "::text::timestamptz"
}

func (r *Reader) at(t time.Time) string {
	text := string(appendTime(nil, micros(t)))
	if r.lite {
		return text
	}
	return text + "+00"
}
