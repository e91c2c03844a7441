package answered_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// Times of the matters. A matter begins before it is given to a worker, so that what time does to it is told soon after.
const (
	age     = 14 * time.Second // of a matter when it is first given to a worker
	soon    = 6 * time.Second
	later   = 7 * time.Second
	far     = 24 * time.Hour
	objects = 5 * time.Second  // the time in which a customer may object
	grace   = 10 * time.Second // after which clients with a store tell what time has done
)

// take takes one step of a follow-up, at that time. The context is in the follow-up.
type take func(ctx context.Context, at time.Time)

// kind is a kind of matter. The matters of a test take turns.
type kind struct {
	name, reason string
	followUp     *feedback.FollowUp
	cause        func(ctx context.Context, c *cx.Client, n int, at time.Time) // two processes see it
	causeID      func(n int) event.ID
	steps        []take
	want         []string      // each transition of the follow-up, once
	timely       time.Duration // after the matter began time does something to it; 0 is never
}

// matters are the definitions, and the kinds of matters. Each process has its own.
type matters struct {
	order *journey.Definition
	kinds []kind
}

// opened returns a follow-up that is opened by complaints with its name as the cause.
func opened(name string, opts ...feedback.FollowUpOption) *feedback.FollowUp {
	return feedback.DefineFollowUp(name, append(opts, feedback.OpenOn(feedback.Rule{On: feedback.OnComplaint, Causes: []string{name}}))...)
}

func newMatters() *matters {
	order := journey.Define("order", journey.Stages("paid"))
	complaint := opened("complaint", feedback.AcknowledgeWithin(soon), feedback.AnswerWithin(later))
	question := opened("question", feedback.AcknowledgeWithin(far), feedback.AnswerWithin(far), feedback.UpdateEvery(far), feedback.ForSeverity("high", feedback.AnswerWithin(far/2)))
	quiet := opened("quiet", feedback.AnswerWithin(far), feedback.ConfirmWithin(objects))
	refused := feedback.DefineFollowUp("refused", feedback.AnswerWithin(far), feedback.OpenOn(feedback.Rule{On: feedback.OnFailedJourney, Journey: "order"}))
	fail := func(ctx context.Context, _ *cx.Client, n int, at time.Time) {
		ctx = order.Start(ctx, orderID(n), event.Customer{ID: fmt.Sprint("customer ", n)}, journey.At(at))
		order.Fail(ctx, journey.At(at.Add(time.Second)), journey.Because("declined"))
	}
	return &matters{order: order, kinds: []kind{
		{
			name: "left", reason: "no process has anything to do when it becomes overdue", followUp: complaint, cause: complain("complaint"), causeID: complaintID,
			want: []string{
				"started", "received 1", "made acknowledged 1", "made answered 1", "broken acknowledged 1", "broken answered 1",
			},
			timely: later,
		},
		{
			name: "answered", reason: "different processes take the steps", followUp: question, cause: complain("question"), causeID: complaintID,
			steps: []take{
				func(ctx context.Context, at time.Time) { question.Assess(ctx, "high", feedback.At(at)) },
				moves(question, feedback.Acknowledged), moves(question, feedback.Investigated),
				func(ctx context.Context, at time.Time) { question.Update(ctx, feedback.At(at)) },
				moves(question, feedback.Told), moves(question, feedback.Received), moves(question, feedback.Told), moves(question, feedback.Confirmed),
			},
			want: []string{
				"started", "received 1", "made acknowledged 1", "made answered 1", "made updated 1", "assessed 1", "made answered 1 anew", "acknowledged 1", "kept acknowledged 1",
				"kept updated 1", "made updated 2", "investigated 1", "kept updated 2", "made updated 3", "told 1", "kept answered 1", "kept updated 3",
				"received 2", "made acknowledged 2", "made answered 2", "made answered 2 anew", "made updated 4", "told 2", "kept acknowledged 2", "kept answered 2", "kept updated 4",
				"confirmed 1", "ended completed",
			},
		},
		{
			name: "quiet", reason: "time closes it, and the client that notices has not opened it", followUp: quiet, cause: complain("quiet"), causeID: complaintID,
			steps:  []take{moves(quiet, feedback.Told)},
			want:   []string{"started", "received 1", "made answered 1", "told 1", "kept answered 1", "stalled told 1", "ended completed no_objection"},
			timely: time.Second + objects,
		},
		{
			name: "refused", reason: "the end of a run causes it, under an ID that follows from the run", followUp: refused, cause: fail, causeID: failureID,
			steps: []take{moves(refused, feedback.Told), moves(refused, feedback.Confirmed)},
			want:  []string{"started", "received 1", "made answered 1", "told 1", "kept answered 1", "confirmed 1", "ended completed"},
		},
	}}
}

// moves returns the step by its name.
func moves(f *feedback.FollowUp, to string) take {
	return func(ctx context.Context, at time.Time) { f.Move(ctx, to, feedback.At(at)) }
}

func (m *matters) definitions() []event.Definition {
	all := []event.Definition{m.order}
	for i := range m.kinds {
		all = append(all, m.kinds[i].followUp)
	}
	return all
}

func (m *matters) of(n int) *kind { return &m.kinds[n%len(m.kinds)] }

// take takes the step. The first one is the cause. Each happens at a time that follows from the matter's, also when it is taken again.
func (m *matters) take(c *cx.Client, i item) {
	ctx := cx.NewContext(context.Background(), c)
	k := m.of(i.Matter)
	at := i.Began.Add(time.Duration(i.Step) * time.Second)
	if i.Step == 0 {
		k.cause(ctx, c, i.Matter, at)
		return
	}
	k.steps[i.Step-1](k.followUp.Resume(ctx, k.followUp.ID(k.causeID(i.Matter))), at)
}

func orderID(n int) string { return fmt.Sprint("order-", n) }

// complaintID is the ID of the customer's complaint.
func complaintID(n int) (id event.ID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n)+1) //nolint:gosec // it is not negative
	id[6], id[8] = 0x70, id[8]|0x80
	return id
}

// failureID is the ID of the event that an order failed.
func failureID(n int) event.ID {
	return flight.DeriveID(event.Run{Namespace: "answered", Name: "order", ID: orderID(n)}, "ended")
}

// complain returns what records the customer's complaint.
func complain(cause string) func(context.Context, *cx.Client, int, time.Time) {
	return func(ctx context.Context, c *cx.Client, n int, at time.Time) {
		c.Record(ctx, event.Event{
			ID: complaintID(n), Kind: event.FeedbackMentioned, Time: at, Channel: event.Email, Customer: event.Customer{ID: fmt.Sprint("customer ", n)},
			Feedback: &event.Feedback{Source: "letters", Causes: []string{cause}}, Mention: &event.Mention{Nature: event.Complaint},
		})
	}
}

// hooked returns the steps of which the hook is told. It is told of a confirmed end once, and not of the step before.
func (k *kind) hooked() (steps []string) {
	for _, what := range k.want {
		switch first, rest, _ := strings.Cut(what, " "); {
		case first == "ended":
			steps = append(steps, "ended")
		case slices.Contains(feedback.Steps(), first) && len(rest) == 1 && first != feedback.Confirmed:
			steps = append(steps, what)
		}
	}
	return steps
}
