package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

func askVoice(ctx context.Context, o *openedTable, s *askSettings, w insight.Which) ([]askAnswer, error) {
	got, err := o.View.Voice(ctx, s.inZone(w))
	if err != nil {
		return nil, err
	}
	a := askAnswer{Sentences: []string{got.Sentence()}, Answer: got, foot: &got.Basis}
	if o.Rows() > 0 && !got.Hidden && len(got.Surveys) == 0 && got.Mentions.N == 0 && len(s.said.files) == 0 {
		a.hints = append(a.hints, "A log of steps has no words of customers. Name a file that has them with --feedback FILE, and its columns with "+
			"--feedback-map time=COLUMN,text=COLUMN: cairn replay --help lists the others.")
	}
	surveys := askTable{head: []string{"SURVEY", "ANSWERS", "SCORE", "INTERVAL", "ANSWERED", "INTERVAL", "OF"}}
	for i := range got.Surveys {
		v := &got.Surveys[i]
		name := v.Name
		if v.Version != "" {
			name += " " + v.Version
		}
		if v.Answers.Hidden {
			surveys.add(name, "few customers: not shown")
			continue
		}
		score := []string{number.None, number.None}
		if v.Answers.Score.OK() {
			score = []string{number.Decimal(v.Answers.Score.Value, 1), v.Answers.Score.Range()}
			if v.Scale == event.CSAT || v.Scale == event.Thumbs {
				score[0] = number.Share(v.Answers.Score.Value)
			}
		}
		surveys.add(slices.Concat([]string{name, number.Count(v.Answers.N)}, score, shareCells(v.Response.Rate))...)
	}
	causes := askTable{head: []string{"CAUSE", "NAMED IN", "SHARE", "INTERVAL", "OF", "NEGATIVE"}}
	for i := range got.Causes {
		c := &got.Causes[i]
		if c.Hidden {
			causes.add(known(c.Cause), "few customers: not shown")
			continue
		}
		causes.add(slices.Concat([]string{known(c.Cause), number.Count(c.Share.Count)}, shareCells(c.Share), shareCells(c.Negative)[:1])...)
	}
	a.tables = append(a.tables, surveys, causes, quotesTable("WHAT THEY WROTE LAST", got.Verbatims, o), quotesTable("PRAISE", got.Compliments, o))
	return []askAnswer{a}, nil
}

// quotesTable has the words of customers.
func quotesTable(head string, quotes []insight.Quote, o *openedTable) askTable {
	t := askTable{head: []string{head, "WHERE", "WORDS"}}
	for i := range quotes {
		q := &quotes[i]
		where := q.Survey
		if q.Score != nil {
			where += fmt.Sprintf(" (%d)", *q.Score)
		}
		if where == "" {
			where = q.Source
		}
		t.add(q.At.In(o.Zone).Format("2006-01-02"), known(where), q.Text)
	}
	return t
}

func askSupport(ctx context.Context, o *openedTable, s *askSettings, w insight.Which) ([]askAnswer, error) {
	got, err := o.View.Support(ctx, s.inZone(w))
	if err != nil {
		return nil, err
	}
	a := askAnswer{Sentences: []string{got.Sentence()}, Answer: got, foot: &got.Basis}
	if s.columns.People == (eventlog.PeopleColumns{}) && o.Rows() > 0 && !got.Hidden && len(got.Queues) == 0 {
		a.hints = append(a.hints, "A row of a log is a contact with a person if it has an employee (resource), a queue (group), or a time: wait, talk, hold or wrap. "+
			"Name these columns under log.columns of the blueprint, or in --map.")
	}
	head := []string{"ANSWERED", "LEFT", "OF", "IN TIME", "INTERVAL", "OF", "MEAN WAIT", "LONGEST", "MEAN HANDLING", "PASSED ON"}
	queues := askTable{head: append([]string{"QUEUE"}, head...)}
	for i := range got.Queues {
		queues.add(queueCells(known(got.Queues[i].Queue), &got.Queues[i])...)
	}
	rows := askTable{head: append([]string{"HALF HOUR FROM", "QUEUE"}, head...)}
	for i := range got.Rows {
		r := &got.Rows[i]
		rows.add(append([]string{clockText(r.Begin, o.Zone)}, queueCells(known(r.Queue), &r.QueueNumbers)...)...)
	}
	decisions := askTable{head: []string{"DECISION", "TIMES", "ALONE", "INTERVAL", "OF", "WAITED"}}
	for i := range got.Decisions {
		d := &got.Decisions[i]
		if d.Hidden {
			decisions.add(known(d.What), "few customers: not shown")
			continue
		}
		decisions.add(slices.Concat([]string{known(d.What), number.Count(d.N)}, shareCells(d.Alone), []string{number.Duration(d.Waited)})...)
	}
	a.tables = append(a.tables, queues, rows, decisions)
	return []askAnswer{a}, nil
}

func queueCells(name string, q *insight.QueueNumbers) []string {
	if q.Hidden {
		return []string{name, "few customers: not shown"}
	}
	left := shareCells(q.Left)
	return slices.Concat([]string{name, number.Count(int64(q.Answered)), left[0], left[2]}, shareCells(q.Level),
		[]string{timeOf(q.Speed, q.Answered), timeOf(q.Longest, q.Answered), timeOf(q.Handle, q.Handled), shareCells(q.PassedOn)[0]})
}

// timeOf writes the time of n contacts, and nothing of none. An answer leaves a time of fewer than five customers at 0.
func timeOf(d time.Duration, n int) string {
	if n == 0 || d == 0 {
		return number.None
	}
	return number.Duration(d)
}

// inZone returns the question with its period in the zone of the answer, whose clock has the weeks and half hours.
func (s *askSettings) inZone(w insight.Which) insight.Which {
	if !w.From.IsZero() {
		w.From = w.From.In(s.location)
	}
	if !w.Until.IsZero() {
		w.Until = w.Until.In(s.location)
	}
	return w
}
