package desk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/support/journal"
	"cairncx.dev/cairn/touchpoint"
)

// employee is a person who works for the company, with skills and authority.
type employee struct {
	// ID is the company's own. It leaves the process as a hash.
	ID, Name string
	// Queues are the queues that the employee serves.
	Queues []string
	// Limit is the most that the employee may give without an approval, in cents.
	Limit int64
	// Line is the line of support.
	Line int
}

func employees() []*employee {
	return []*employee{
		{ID: "employee-1", Name: "Ada", Queues: []string{queueOrders}, Limit: 25_00, Line: 1},
		{ID: "employee-2", Name: "Ben", Queues: []string{queueBilling}, Limit: 100_00, Line: 2},
		{ID: "employee-3", Name: "Cleo", Queues: []string{queueSocial, queueOrders}, Limit: 10_00, Line: 1},
	}
}

// Serves reports whether the employee has the skill for the queue.
func (e *employee) Serves(queue string) bool { return slices.Contains(e.Queues, queue) }

// Skills returns the queues in words.
func (e *employee) Skills() string { return strings.Join(e.Queues, ", ") }

// May returns the limit in words.
func (e *employee) May() string { return journal.Money(e.limit()) }

func (e *employee) limit() *event.Money { return &event.Money{Amount: e.Limit, Currency: currency} }

// seat says who sits at the desk.
func (a *App) seat(_ context.Context, v *visit, r *http.Request) (string, error) {
	for _, e := range employees() {
		if e.ID == r.PostFormValue("employee") {
			v.seat = e
			return e.Name + " sits at the desk.", nil
		}
	}
	return "", errUnfit
}

// open returns the chat or the call that the form is about, if it is in one of the states.
func (v *visit) open(r *http.Request, states ...string) (*live, error) {
	l := v.call
	if r.PostFormValue("on") == "chat" {
		l = v.chat
	}
	if !l.in(states...) {
		return nil, errUnfit
	}
	return l, nil
}

// ring lets the device of the employee ring. It is part of the customer's wait.
func (a *App) ring(_ context.Context, v *visit, r *http.Request) (string, error) {
	l, err := v.open(r, inQueue)
	if err != nil {
		return "", err
	}
	l.contact.Ring()
	l.state = ringing
	return "The employee's telephone rings.", nil
}

// answer connects the employee at the desk, who needs the skill.
func (a *App) answer(_ context.Context, v *visit, r *http.Request) (string, error) {
	l, err := v.open(r, inQueue, ringing)
	if err != nil {
		return "", err
	}
	if !v.seat.Serves(l.queue) {
		return "", fmt.Errorf("%s does not serve the queue %s: let somebody else sit at the desk", v.seat.Name, l.queue)
	}
	l.contact.Answer(v.seat.ID)
	v.helps(l)
	return v.seat.Name + " has answered.", nil
}

// helps notes who helps, and whether it is the person who helped last time.
func (v *visit) helps(l *live) {
	l.helper, l.state = v.seat, talking
	l.contact.Line(v.seat.Line)
	switch l.before {
	case "":
	case v.seat.ID:
		l.contact.SamePerson(event.Yes)
	default:
		l.contact.SamePerson(event.No)
	}
	v.last = v.seat.ID
	l.note(v.seat.Name + " answered")
}

// reply is a message of the employee in the chat.
func (a *App) reply(_ context.Context, v *visit, r *http.Request) (string, error) {
	l, err := v.open(r, talking)
	if err != nil {
		return "", err
	}
	said := text(r, "text")
	if said == "" {
		return "", errors.New("write a message")
	}
	l.say(l.helper.Name, said)
	return "", nil
}

// hold puts the customer on hold, and takes the customer back.
func (a *App) hold(_ context.Context, v *visit, r *http.Request) (string, error) {
	l, err := v.open(r, talking, onHold)
	if err != nil {
		return "", err
	}
	if l.state == onHold {
		l.contact.Resume()
		l.state = talking
		return "The customer is back in the conversation.", nil
	}
	l.contact.Hold()
	l.state = onHold
	return "The customer is on hold.", nil
}

// transfer passes the customer on to another queue. A warm transfer spares the customer to tell it again.
func (a *App) transfer(_ context.Context, v *visit, r *http.Request) (string, error) {
	l, err := v.open(r, talking, onHold)
	if err != nil {
		return "", err
	}
	to := choice(r, "queue", queueOrders, queueBilling)
	var opts []touchpoint.TransferOption
	if r.PostFormValue("warm") != "" {
		opts = append(opts, touchpoint.Warm())
	}
	l.contact.Transfer(to, opts...)
	l.state, l.queue, l.helper, l.question = inQueue, to, nil, nil
	l.note("transferred to " + to)
	return "The customer waits in the queue " + to + ".", nil
}

// askAgain asks the customer to repeat what the company had been told before.
func (a *App) askAgain(_ context.Context, v *visit, r *http.Request) (string, error) {
	l, err := v.open(r, talking)
	if err != nil {
		return "", err
	}
	l.contact.AskedToRepeat()
	l.note("asked the customer to repeat it")
	return "The customer tells it again.", nil
}

// The parts of the customer's picture.
const (
	partOrders  = "orders"
	partEarlier = "earlier_contacts"
)

// look looks a part of the customer's picture up. The list of orders is a copy of last night, and contacts are there at once.
func (a *App) look(_ context.Context, v *visit, r *http.Request) (string, error) {
	l, err := v.open(r, talking, onHold)
	if err != nil {
		return "", err
	}
	part, began := choice(r, "part", partOrders, partEarlier), time.Now()
	var age time.Duration
	found, said := true, "The employee sees three orders, as of last night."
	if part == partOrders {
		now := a.cfg.Now().In(a.zone)
		age = now.Sub(time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, a.zone))
	} else {
		n := v.contacts[l.intent] - 1 // without this one
		found = n > 0
		said = fmt.Sprintf("Earlier contacts about this matter that the employee sees: %d.", max(n, 0))
	}
	l.contact.Saw(part, age, time.Since(began), found)
	l.note("looked up " + strings.ReplaceAll(part, "_", " "))
	return said, nil
}

// maxRefund bounds a refund, in cents.
const maxRefund = 1000_00

// decide gives the customer something. Above the limit of the employee it needs the team lead.
func (a *App) decide(_ context.Context, v *visit, r *http.Request) (string, error) {
	l, err := v.open(r, talking, onHold)
	if err == nil && l.question != nil {
		err = errUnfit // one question at a time
	}
	if err != nil {
		return "", err
	}
	d := touchpoint.Decision{What: choice(r, "decision", "refund", "replacement", "exception"), Limit: l.helper.limit()}
	switch d.What {
	case "exception": // the customer keeps the goods, and need not send pictures of the damage
		d.Path, d.Skipped = "goodwill", []string{"return", "pictures"}
	case "replacement":
		d.Path = "send-anew"
	default:
		cents, err := amount(r.PostFormValue("amount"))
		if err != nil {
			return "", err
		}
		d.Amount = &event.Money{Amount: cents, Currency: currency}
	}
	if d.Amount == nil || d.Amount.Amount <= l.helper.Limit {
		l.contact.Decide(d)
		l.note("decided: " + d.What)
		return l.helper.Name + " decides without asking: " + d.What + ".", nil
	}
	l.question, l.asked = l.contact.Approval(roleLead), d
	return fmt.Sprintf("%s may give %s, and asks the team lead for %s.", l.helper.Name, l.helper.May(), journal.Money(d.Amount)), nil
}

// amount reads an amount of euros, such as 40 or 39.90, in cents.
func amount(s string) (int64, error) {
	err := fmt.Errorf("write an amount from 0.01 to %d.00 euros, such as 39.90", maxRefund/100)
	whole, part, point := strings.Cut(strings.TrimSpace(s), ".")
	for len(part) < 2 {
		part += "0"
	}
	if len(part) != 2 || len(whole) == 0 || len(whole) > 4 || point && strings.HasSuffix(s, ".") {
		return 0, err
	}
	cents, bad := strconv.ParseUint(whole+part, 10, 32)
	if bad != nil || cents == 0 || cents > maxRefund {
		return 0, err
	}
	return int64(cents), nil
}

// askLead is the answer of the team lead. The customer waits for it.
func (a *App) askLead(_ context.Context, v *visit, r *http.Request) (string, error) {
	l, err := v.open(r, talking, onHold)
	if err == nil && l.question == nil {
		err = errUnfit
	}
	if err != nil {
		return "", err
	}
	q := l.question
	l.question = nil
	if choice(r, "answer", "no", "yes") == "yes" {
		q.Granted(l.asked)
		l.note("the team lead approved " + journal.Money(l.asked.Amount))
		return "The team lead approves.", nil
	}
	q.Refused(l.asked)
	l.note("the team lead refused " + journal.Money(l.asked.Amount))
	return "The team lead refuses. Say that the employee cannot help, or decide something else.", nil
}

// unable says that the employee cannot help, and why.
func (a *App) unable(_ context.Context, v *visit, r *http.Request) (string, error) {
	l, err := v.open(r, talking, onHold)
	if err != nil {
		return "", err
	}
	cause := choice(r, "cause", causeAuthority, causeOutOfStock, causeCarrier)
	l.contact.Unable(cause)
	l.note("unable to help: " + cause)
	return "The employee cannot help: " + cause + ".", nil
}

// claim says whether the matter is resolved, as the employee sees it.
func (a *App) claim(_ context.Context, v *visit, r *http.Request) (string, error) {
	l, err := v.open(r, talking, onHold, wrapping)
	if err != nil {
		return "", err
	}
	if choice(r, "resolved", "no", "yes") == "yes" {
		l.contact.Claim(event.Yes)
		l.resolved = true
		l.note("claimed as resolved")
		return "The employee claims that it is resolved. Whether it is, the next seven days tell.", nil
	}
	l.contact.Claim(event.No)
	l.resolved = false
	l.note("claimed as not resolved")
	return "The employee says that it is not resolved.", nil
}

// endContact says that the customer has left, and then that the employee has written it up.
func (a *App) endContact(ctx context.Context, v *visit, r *http.Request) (string, error) {
	l, err := v.open(r, talking, onHold, wrapping)
	if err != nil {
		return "", err
	}
	if l.state != wrapping {
		l.contact.Wrap()
		l.state, l.question = wrapping, nil
		return "The conversation is over. The employee writes it up.", nil
	}
	l.end()
	a.ask(ctx, v, l.intent)
	if l.resolved {
		v.done(l.intent)
	}
	if l.on == "chat" {
		v.chat = nil
	} else {
		v.call = nil
	}
	return "The contact is over: see what happened to this customer.", nil
}
