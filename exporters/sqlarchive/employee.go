package sqlarchive

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"cairncx.dev/cairn/cx/event"
)

var _ event.EmployeeEraser = (*Archive)(nil)

// ForgetEmployee implements [event.EmployeeEraser]: it removes an employee from every event in one transaction, and returns the number
// of changed events. The employee is given by the pseudonymous ID, [event.Leg].Agent. ForgetEmployee empties the column agent and
// removes the ID from the column event. The rows stay, because they are those of customers, so that numbers of queues do not change.
//
// It reads every event, because one that an earlier version has written may have the ID in the column event alone. In SQLite it overwrites unused parts of pages as [Archive.Forget] does. The archive keeps the
// ID in contacts that are exported later. Therefore call ForgetEmployee of the client, which also reaches what waits in a spool.
func (a *Archive) ForgetEmployee(ctx context.Context, employee string) (events int64, err error) {
	if a == nil || employee == "" {
		return 0, nil
	}
	ctx, end, err := a.begin(ctx, "forget an employee")
	if err != nil {
		return 0, err
	}
	defer end()
	if events, err = a.db.forgetEmployee(ctx, employee); err != nil {
		return 0, fmt.Errorf("sqlarchive: forgetting an employee: %w", err)
	}
	return events, nil
}

// agentJSON returns the member of a leg's JSON that has the employee, such as "agent":"9f86d081884c7d65".
func agentJSON(employee string) string {
	e := event.Event{Assisted: &event.Assisted{Legs: []event.Leg{{Agent: employee}}}}
	_, rest, _ := strings.Cut(string(e.AppendJSON(nil)), `"legs":[{`)
	member, _, _ := strings.Cut(rest, "}]")
	return member
}

// statementOf is a statement with its arguments.
type statementOf struct {
	text string
	args []string
}

// forgettingEmployee returns the statements that remove an employee. mark is the character of placeholders, text is the column event as
// a text, and json converts that back. In the JSON a comma is before the member, behind it, or neither.
func forgettingEmployee(prefix, employee, mark, text, json string) []statementOf {
	column, member := clean(employee), agentJSON(employee)
	statements := make([]statementOf, 0, 1+journeys)
	statements = append(statements, statementOf{"UPDATE " + prefix + "legs SET agent = NULL WHERE agent = " + mark + "1", []string{column}})
	without := "replace(replace(replace(" + text + ", ',' || " + mark + "1, ''), " + mark + "1 || ',', ''), " + mark + "1, '')"
	for t := range journeys {
		s := statementOf{"UPDATE " + prefix + t.String() + " SET event = " + without + json, []string{member}}
		if t == touchpoints {
			s.text += ", agent = nullif(agent, " + mark + "2)"
			s.args = append(s.args, column)
		}
		s.text += " WHERE " + text + " LIKE '%\"agent\":%' AND replace(" + text + ", " + mark + "1, '') <> " + text
		statements = append(statements, s)
	}
	return statements
}

// forgetEmployee implements database.
func (s *sqlite) forgetEmployee(ctx context.Context, employee string) (events int64, err error) {
	err = s.update(ctx, func(quiet context.Context) error {
		events = 0
		for i, of := range forgettingEmployee("", employee, "?", "event", "") {
			args := make([]driver.Value, len(of.args))
			for k := range args {
				args[k] = of.args[k]
			}
			n, err := execute(quiet, s.link, of.text, args...)
			if err != nil {
				return err
			}
			if i > 0 {
				events += n
			}
		}
		if err := s.markErased(quiet, events); err != nil {
			return err
		}
		return s.wipe(ctx, quiet)
	})
	if err != nil {
		return 0, err
	}
	s.checkpoint(ctx)
	return events, nil
}

// forgetEmployee implements database.
func (p *postgres) forgetEmployee(ctx context.Context, employee string) (events int64, err error) {
	err = p.transaction(ctx, func(tx pgx.Tx) error {
		events = 0
		for i, of := range forgettingEmployee(p.prefix, employee, "$", "event::text", "::json") {
			args := make([]any, len(of.args))
			for k := range args {
				args[k] = of.args[k]
			}
			tag, err := tx.Exec(ctx, of.text, args...)
			if err != nil {
				return err //nolint:wrapcheck // ForgetEmployee adds the operation
			}
			if i > 0 {
				events += tag.RowsAffected()
			}
		}
		return p.markErased(ctx, tx, events)
	})
	return events, err
}
