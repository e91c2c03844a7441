package sqlarchive

import (
	"context"
	"database/sql"
	"encoding/json"
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
	return dumped(r.what, err)
}

// asks returns the query and its arguments; "" asks for nothing. The conditions are in each branch of the union, so that each table
// answers from its indexes.
func (r *Reader) asks(q event.Query) (query string, args []any, err error) {
	var conditions []string
	add := func(condition string, arg any) {
		args = append(args, arg)
		conditions = append(conditions, strings.ReplaceAll(condition, "$?", "$"+strconv.Itoa(len(args))))
	}
	for _, in := range []struct {
		columns string
		runs    []event.RunRef
	}{{"run, journey, namespace", q.Runs}, {"about_run, about_journey, about_namespace", q.About}} {
		if len(in.runs) == 0 {
			continue
		}
		list, err := runList(in.runs)
		if err != nil {
			return "", nil, err
		}
		if r.lite {
			add("("+in.columns+") IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($?))", list)
		} else {
			add("("+in.columns+") IN (SELECT v ->> 0, v ->> 1, v ->> 2 FROM json_array_elements($?::text::json) AS j (v))", list)
		}
	}
	if q.Customer != "" {
		add("customer = $? AND customer_inferred IS NULL", clean(q.Customer))
	}
	if !q.From.IsZero() {
		add("time >= "+r.moment("$?"), r.at(q.From))
	}
	if !q.Until.IsZero() {
		add("time < "+r.moment("$?"), r.at(q.Until))
	}
	if q.Contacts {
		conditions = append(conditions, "legs IS NOT NULL")
	}
	wanted := map[table]bool{}
	if len(q.Outcomes) > 0 {
		list := make([]string, len(q.Outcomes))
		for i, o := range q.Outcomes {
			list[i] = o.String()
		}
		text, err := json.Marshal(list)
		if err != nil {
			return "", nil, err //nolint:wrapcheck // dumped adds the operation
		}
		add(r.among("outcome"), string(text))
	}
	if len(q.Kinds) > 0 {
		list := make([]string, len(q.Kinds))
		for i, k := range q.Kinds {
			wanted[tableOf(k)] = true
			list[i] = clean(string(k))
		}
		text, err := json.Marshal(list)
		if err != nil {
			return "", nil, err //nolint:wrapcheck // dumped adds the operation
		}
		add(r.among("kind"), string(text))
	}
	where := ""
	if len(conditions) > 0 {
		where = " WHERE " + strings.Join(conditions, " AND ")
	}
	var branches []string
	for t := range journeys {
		if (len(wanted) == 0 || wanted[t]) && (len(q.About) == 0 || t == transitions) && (!q.Contacts || t == touchpoints) {
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
	return query, args, nil
}

// among returns the condition that the column has one of the texts of a JSON array.
func (r *Reader) among(column string) string {
	if r.lite {
		return column + " IN (SELECT value FROM json_each($?))"
	}
	return column + " IN (SELECT json_array_elements_text($?::text::json))"
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
