package desk

import (
	"context"
	"errors"
	"net/http"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// thread is an exchange of public messages, with the notes that employees leave each other. The company records it when it is closed.
type thread struct {
	messages []touchpoint.Message
	shown    []message
	intent   string
	helper   *employee // who has replied
	record   func()    // records the thread, and ends it
}

// Messages returns the messages for the page. The customer does not see notes.
func (t *thread) Messages() []message {
	if t == nil {
		return nil
	}
	return t.shown
}

func (t *thread) add(by event.Actor, name, text string, at time.Time, internal bool) error {
	if len(t.messages) >= maxMessages {
		return errors.New("the thread is full: close it")
	}
	t.messages = append(t.messages, touchpoint.Message{At: at, By: by, Internal: internal})
	t.shown = append(t.shown, message{name, text})
	return nil
}

// writePost is a public message of the customer. The bot acknowledges the first one, which stops no clock.
func (a *App) writePost(ctx context.Context, v *visit, r *http.Request) (string, error) {
	said := text(r, "text")
	if said == "" {
		return "", errors.New("write a message")
	}
	if v.thread != nil {
		return "", v.thread.add(event.ActorCustomer, "Customer", said, a.cfg.Now(), false)
	}
	intent := choice(r, "intent", intents()...)
	v.intent = intent
	if intent == intentNone {
		intent = ""
	}
	t := &thread{intent: intent}
	ctx = a.within(ctx, v, intent, stageHelped, event.Social)
	now := a.cfg.Now() // after the stage has begun
	t.record = func() { a.record(ctx, v, t) }
	v.thread = t
	_ = v.thread.add(event.ActorCustomer, "Customer", said, now, false) // there is room for the first two
	_ = v.thread.add(event.ActorAutomation, "Bot", "Thank you, we have read this and will answer.", now, false)
	return "The message is public. The bot has thanked for it.", nil
}

// answerPost is a message of the employee, to everybody or to colleagues.
func (a *App) answerPost(_ context.Context, v *visit, r *http.Request) (string, error) {
	t := v.thread
	if t == nil {
		return "", errUnfit
	}
	if !v.seat.Serves(queueSocial) {
		return "", errors.New(v.seat.Name + " does not serve the queue " + queueSocial + ": let somebody else sit at the desk")
	}
	said, internal := text(r, "text"), r.PostFormValue("internal") != ""
	if said == "" {
		return "", errors.New("write a message")
	}
	name := v.seat.Name
	if internal {
		name += " (note, not public)"
	} else {
		t.helper = v.seat
	}
	return "", t.add(event.ActorEmployee, name, said, a.cfg.Now(), internal)
}

// closePost closes the thread.
func (a *App) closePost(_ context.Context, v *visit, _ *http.Request) (string, error) {
	if v.thread == nil {
		return "", errUnfit
	}
	v.thread.record()
	return "The thread is closed, and recorded.", nil
}

// record records the thread as a whole contact.
func (a *App) record(ctx context.Context, v *visit, t *thread) {
	v.thread = nil
	said, first, last := touchpoint.Thread(t.messages, a.hours), t.messages[0].At, t.messages[len(t.messages)-1].At
	leg := event.Leg{Queue: queueSocial}
	if t.helper != nil {
		leg.Answered, leg.AgentID, leg.End = true, t.helper.ID, event.LegFinished
		v.last = t.helper.ID
	}
	opts := []touchpoint.StartOption{
		v.customer(), v.numbered(), touchpoint.At(first), touchpoint.Took(last.Sub(first)),
		touchpoint.Assisted(event.Assisted{Legs: []event.Leg{leg}, Thread: &said}),
	}
	if t.intent != "" {
		opts = append(opts, touchpoint.Intent(t.intent))
		v.contacts[t.intent]++
	}
	a.post.Record(ctx, event.Social, opts...)
}
