package desk

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// callbackWithin is how soon the company promises to call back.
const callbackWithin = 30 * time.Minute

// callback is an entry in the list of those to call back.
type callback struct {
	ID, Queue, intent string
	Due               time.Time
}

// takeCallback lets a customer in the queue leave it for a promise. That is no abandonment.
func (a *App) takeCallback(_ context.Context, v *visit, _ *http.Request) (string, error) {
	c := v.call
	if !c.in(inQueue, ringing) {
		return "", errUnfit
	}
	if len(v.callbacks) >= maxCallbacks {
		return "", errors.New("the list of those to call back is full: call one of them first")
	}
	due := a.cfg.Now().In(a.zone).Add(callbackWithin)
	id := c.contact.Callback(due)
	c.end()
	v.call = nil
	v.callbacks = append(v.callbacks, callback{ID: id, Queue: c.queue, intent: c.intent, Due: due})
	return "We call back by " + due.Format("15:04") + ".", nil
}

// callBack dials the customer. The contact is in the run of the promise, which an answer keeps.
func (a *App) callBack(ctx context.Context, v *visit, r *http.Request) (string, error) {
	i := slices.IndexFunc(v.callbacks, func(c callback) bool { return c.ID == r.PostFormValue("id") })
	if i < 0 || v.call != nil {
		return "", errUnfit
	}
	c := v.callbacks[i]
	opts := []touchpoint.StartOption{v.customer(), v.numbered(), touchpoint.Outbound()}
	if c.intent != "" {
		opts = append(opts, touchpoint.Intent(c.intent))
	}
	_, contact := a.call.Contact(touchpoint.Callbacks.Resume(ctx, c.ID), event.Phone, opts...)
	contact.Ring()
	v.call = &live{contact: contact, on: "call", state: dialling, queue: c.Queue, intent: c.intent, callback: c.ID, before: v.last}
	return v.seat.Name + " calls back: the customer's telephone rings.", nil
}

// pickUp is the customer's answer to a callback.
func (a *App) pickUp(_ context.Context, v *visit, _ *http.Request) (string, error) {
	if !v.call.in(dialling) {
		return "", errUnfit
	}
	v.call.contact.Answer(v.seat.ID)
	v.helps(v.call)
	v.callbacks = slices.DeleteFunc(v.callbacks, func(c callback) bool { return c.ID == v.call.callback })
	return "The customer has picked up.", nil
}
