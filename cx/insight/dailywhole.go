package insight

import (
	"context"
	"math"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
)

// readWhole counts what the table does not have: the contacts of queues and the answers to surveys. It reads nothing where the blueprint has none.
func (q *dailyQuestion) readWhole(ctx context.Context, c *chooser, settings *DailySettings) error {
	if q.days.len() == 0 {
		return nil
	}
	if settings.has(AboutQueue) && len(q.words.queue) > 1 {
		levels := c.v.table.blueprint.Levels()
		// A contact of the day before may wait past midnight.
		if err := c.readAll(ctx, event.Query{Contacts: true}, q.days.from()-day.Microseconds(), q.days.until(), func(e *event.Event) error {
			return q.contact(c, levels, e)
		}); err != nil {
			return err
		}
	}
	if !settings.has(AboutSurvey) || len(q.words.survey) <= 1 {
		return nil
	}
	l := newListening(c)
	if err := c.read(ctx, q.days.from(), math.MaxInt64, []event.Kind{event.FeedbackReceived, event.FeedbackAmended}, l.take); err != nil {
		return err
	}
	for i := range l.said {
		if u := &l.said[i]; !u.mention {
			q.count(chartSurvey, 0, q.words.surveyNumber[l.series[u.series].survey], u.at, u.verdict == event.Negative, u.who)
		}
	}
	return nil
}

// contact counts the waits of a contact in queues, as [assist.Numbers.Abandonment] does: without bots, and without who left at once.
func (q *dailyQuestion) contact(c *chooser, levels map[string]assist.Level, e *event.Event) error {
	if e.Assisted == nil {
		return nil // the source gives more than it was asked for
	}
	about, err := c.of(e.Journey.Ref(), e.Customer.Segment)
	if err != nil || !about.chosen {
		return err
	}
	who := caller(e)
	for i := range e.Assisted.Legs {
		leg := &e.Assisted.Legs[i]
		if !leg.Queued || leg.Bot || levels[leg.Queue].Short(leg) {
			continue
		}
		over := e.Time.Add(time.Duration(leg.Start) + time.Duration(leg.Wait)).UnixMicro()
		q.count(chartQueue, 0, q.words.queueNumber[leg.Queue], over, assist.EndOf(leg) == assist.Abandoned, who)
	}
	return nil
}
