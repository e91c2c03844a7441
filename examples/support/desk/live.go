package desk

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// The states of a chat or a call, for the page.
const (
	withBot   = "with the bot"
	inQueue   = "in the queue"
	ringing   = "ringing"
	talking   = "talking"
	onHold    = "on hold"
	wrapping  = "the customer has left"
	dialling  = "dialling the customer"
	untouched = ""
)

// live is one open chat or call.
type live struct {
	contact  *touchpoint.Contact
	on       string // the name in forms: chat or call
	state    string
	queue    string
	intent   string
	helper   *employee // who has answered
	before   string    // the ID of the employee who helped in the contact before
	callback string    // the ID of the promise that this call keeps
	resolved bool      // as claimed
	misses   int       // what the bot did not understand
	messages []message
	notes    []string // what the employee has done

	question *touchpoint.Approval // that waits for the team lead
	asked    touchpoint.Decision
}

// message is one message, for the page.
type message struct{ By, Text string }

// State returns the state, also of nil.
func (l *live) State() string {
	if l == nil {
		return untouched
	}
	return l.state
}

// end ends the contact, which records it. It does nothing on nil.
func (l *live) end() {
	if l != nil {
		l.contact.End()
	}
}

func (l *live) in(states ...string) bool {
	for _, s := range states {
		if l != nil && l.state == s {
			return true
		}
	}
	return false
}

func (l *live) say(by, text string) {
	if len(l.messages) < maxMessages {
		l.messages = append(l.messages, message{by, text})
	}
}

func (l *live) note(text string) {
	if len(l.notes) < maxMessages {
		l.notes = append(l.notes, text)
	}
}

// intentNone is a matter that the customer does not name.
const intentNone = "none"

func intents() []string { return []string{intentAddress, intentOrder, intentRefund, intentNone} }

// about returns the matter that the customer names. Without one the contact is in no effort, and lowers the coverage.
func (v *visit) about(r *http.Request) (intent string, opts []touchpoint.StartOption) {
	intent = choice(r, "intent", intents()...)
	v.intent = intent
	if intent == intentNone {
		return "", []touchpoint.StartOption{v.customer(), v.numbered()}
	}
	return intent, []touchpoint.StartOption{v.customer(), v.numbered(), touchpoint.Intent(intent)}
}

// met notes a contact about the matter, and tells Cairn that the customer says it is not the first one.
func (v *visit) met(l *live) {
	if l.intent == "" {
		return
	}
	if v.contacts[l.intent] > 0 {
		l.contact.Again(event.Yes)
	}
	v.contacts[l.intent]++
}

// openChat begins a chat. The bot answers at once.
func (a *App) openChat(ctx context.Context, v *visit, r *http.Request) (string, error) {
	if v.chat != nil {
		return "", errUnfit
	}
	intent, opts := v.about(r)
	_, contact := a.chat.Contact(a.within(ctx, v, intent, stageHelped, event.Chat), event.Chat, opts...)
	contact.AnswerBot()
	v.chat = &live{contact: contact, on: "chat", state: withBot, intent: intent, before: v.last}
	v.met(v.chat)
	v.chat.say("Bot", "Hello, this is the bot of Larkfield. What can I do for you?")
	return "The bot has answered.", nil
}

// sayInChat is a message of the customer. The bot knows two words, and hands over when it has not understood twice.
func (a *App) sayInChat(_ context.Context, v *visit, r *http.Request) (string, error) {
	c := v.chat
	if !c.in(withBot, inQueue, ringing, talking, onHold) {
		return "", errUnfit
	}
	said := text(r, "text")
	if said == "" {
		return "", errors.New("write a message")
	}
	c.say("Customer", said)
	if c.state != withBot {
		return "", nil
	}
	switch lower := strings.ToLower(said); {
	case strings.Contains(lower, "person") || strings.Contains(lower, "human"):
		return c.handOver(""), nil
	case strings.Contains(lower, "hours"):
		c.say("Bot", "We are here from Monday to Friday, 8:00 to 18:00 in London.")
	default:
		if c.misses++; c.misses > 1 {
			return c.handOver(causeNotUnderstood), nil
		}
		c.say("Bot", "I did not understand that. Please say it in other words.")
	}
	return "", nil
}

// handOver passes the customer on from the bot to the queue.
func (l *live) handOver(cause string) string {
	if cause != "" {
		l.contact.Unable(cause)
	}
	l.contact.Transfer(queueOrders)
	l.state, l.queue = inQueue, queueOrders
	l.say("Bot", "I pass you on to my colleagues.")
	return "The bot hands over: the customer waits in the queue " + queueOrders + "."
}

// wantPerson is the button for a person.
func (a *App) wantPerson(_ context.Context, v *visit, _ *http.Request) (string, error) {
	if !v.chat.in(withBot) {
		return "", errUnfit
	}
	return v.chat.handOver(""), nil
}

// leaveChat closes the customer's window. In the queue and on hold that is an abandonment.
func (a *App) leaveChat(_ context.Context, v *visit, _ *http.Request) (string, error) {
	c := v.chat
	if !c.in(withBot, inQueue, ringing, talking, onHold) {
		return "", errUnfit
	}
	if c.in(onHold) {
		c.contact.Abandon()
	}
	c.end()
	if c.resolved {
		v.done(c.intent)
	}
	v.chat = nil
	return "The customer has closed the chat.", nil
}

// dial begins a call: the customer waits in the queue of the line.
func (a *App) dial(ctx context.Context, v *visit, r *http.Request) (string, error) {
	if v.call != nil {
		return "", errUnfit
	}
	line := choice(r, "line", queueOrders, queueBilling)
	intent, opts := v.about(r)
	_, contact := a.call.Contact(a.within(ctx, v, intent, stageHelped, event.Phone), event.Phone, opts...)
	contact.Queue(line)
	v.call = &live{contact: contact, on: "call", state: inQueue, queue: line, intent: intent, before: v.last}
	v.met(v.call)
	return "The customer waits in the queue " + line + ".", nil
}

// hangUp ends the customer's part of a call. In the queue that is an abandonment; after a talk the employee has still to write it up.
func (a *App) hangUp(_ context.Context, v *visit, _ *http.Request) (string, error) {
	c := v.call
	switch {
	case c.in(talking):
		c.contact.Wrap()
		c.state, c.question = wrapping, nil
		return "The customer has hung up. The employee writes it up.", nil
	case c.in(inQueue, ringing, onHold):
		c.contact.Abandon()
	case c.in(dialling): // the customer does not pick up
	default:
		return "", errUnfit
	}
	c.end()
	v.call = nil
	return "The customer has left.", nil
}
