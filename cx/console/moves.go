package console

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// A run is moved on by a form of its page:
//
//	page: what may be done now (moving), and the state of the run that the reader sees (token)
//	POST: who, the run anew, is the move offered, is the state still the same ─► through the client ─► who did it ─► the page again
//
// The token and what the form says give the ID of the event that says who did it. The same form that is sent twice is one move: this process remembers it, and
// another one finds the event in the run's story. A form that was opened before another employee moved the run on is refused, and so is any form of a run that has ended: by the token
// when the table has read the move, and before that by the moves that this process remembers.

// doneMoves remembers the moves that were made last, by the IDs of their events.
type doneMoves struct {
	mu    sync.Mutex
	made  map[event.ID]doneMove
	order []event.ID
}

// doneMove is a move: the state that its form was for, who made it, whether it ended the run, and on whose page it was made; that is none for a proposal.
type doneMove struct {
	token, who string
	ends       bool
	page       event.RunRef
}

// maxDone is how many moves are remembered.
const maxDone = 4096

func newDoneMoves() *doneMoves { return &doneMoves{made: map[event.ID]doneMove{}} }

// begin notes the move, and reports whether it is new. The table tells a state apart from the one before when it has read the move, which takes some seconds: until then begin
// returns errMovedOn for a form of a state that a move has ended, and for one that another employee has moved on. Readers without a name count as one.
func (d *doneMoves) begin(id event.ID, m doneMove) (fresh bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, made := d.made[id]; made {
		return false, nil
	}
	for _, of := range d.made {
		if of.token == m.token && (of.ends || of.who != m.who) {
			return false, errMovedOn
		}
	}
	if len(d.order) == maxDone {
		delete(d.made, d.order[0])
		d.order = d.order[1:]
	}
	d.made[id], d.order = m, append(d.order, id)
	return true, nil
}

// forget drops a move that could not be made.
func (d *doneMoves) forget(id event.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.made, id)
	d.order = slices.DeleteFunc(d.order, func(of event.ID) bool { return of == id })
}

// has reports whether the move was made.
func (d *doneMoves) has(id event.ID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, made := d.made[id]
	return made
}

// on reports whether the move was made on the page of the run.
func (d *doneMoves) on(page event.RunRef, id event.ID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	m, made := d.made[id]
	return made && m.page == page
}

// justDone reports whether the address says that a move was made on the page of the run, and that is true: this process remembers the move, or one of the steps is its event.
// Anyone can send an address.
func (v *visit) justDone(page event.RunRef, steps []insight.Step) bool {
	var id event.ID
	if id.UnmarshalText([]byte(v.r.URL.Query().Get("done"))) != nil || id.IsZero() {
		return false
	}
	return v.c.done.on(page, id) || hasEvent(steps, id)
}

// hasEvent reports whether one of the steps is the event that says who did it, with the ID.
func hasEvent(steps []insight.Step, id event.ID) bool {
	return slices.ContainsFunc(steps, func(s insight.Step) bool { return s.Event.ID == id && s.Event.Kind == event.EmployeeActed })
}

// tokenOf names the state of a run: its last change, or the last move by hand. What a customer does meanwhile, and who looks, is no other state.
func tokenOf(run *insight.Run) string {
	var last event.ID
	n := 0
	for i := range run.Steps {
		e := &run.Steps[i].Event
		if e.Journey.Name != run.Run.Name || e.Journey.ID != run.Run.ID { // of a follow-up about the run
			continue
		}
		if e.Kind.IsTransition() || e.Kind == event.EmployeeActed {
			last = e.ID
			n++
		}
	}
	sum := sha256.Sum256([]byte(strconv.Itoa(n) + "\x00" + last.String() + "\x00" + run.Run.Namespace + "\x00" + run.Run.Name + "\x00" + run.Run.ID))
	return hex.EncodeToString(sum[:16])
}

// idOf is the ID of the event that says who made a move: a UUID of version 8, derived from the state of the run and what the form says.
func idOf(token string, form *moveForm) (id event.ID) {
	h := sha256.New()
	for _, part := range append([]string{token, form.Kind}, form.values()...) {
		_, _ = h.Write([]byte(strconv.Itoa(len(part)) + "\x00" + part)) // never fails
	}
	copy(id[:], h.Sum(nil))
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return id
}

// moveForm is what a form says. Each field has the name of its field in the form.
type moveForm struct {
	Kind, Token                                           string
	Move, Name, Due, Note, Remedy, Severity, Owner, Cause string
	// Plan is what will mend a breakdown, and Change what is changed if that is new.
	Plan, Change string
}

func (f *moveForm) values() []string {
	return []string{f.Move, f.Name, f.Due, f.Note, f.Remedy, f.Severity, f.Owner, f.Cause, f.Plan, f.Change}
}

// The kinds of forms.
const (
	formFollowUp = "followup"
	formAction   = "action"
	formPromise  = "promise"
	formKeep     = "keep"
	formOpen     = "open"
)

// readForm reads a form. It bounds what it has.
func readForm(w http.ResponseWriter, r *http.Request) (f moveForm, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := formFault(r.ParseForm()); err != nil {
		return f, err
	}
	for name, into := range map[string]*string{
		"form": &f.Kind, "token": &f.Token, "move": &f.Move, "name": &f.Name, "due": &f.Due, "note": &f.Note,
		"remedy": &f.Remedy, "severity": &f.Severity, "owner": &f.Owner, "cause": &f.Cause, "plan": &f.Plan, "change": &f.Change,
	} {
		*into = r.PostForm.Get(name)
		most := event.MaxName
		switch name {
		case "note":
			most = event.MaxText
		case "plan":
			most = len(thisPlan) + event.MaxName + 1 + event.MaxID
		}
		if len(*into) > most {
			return f, tells(http.StatusBadRequest, "A field is too long.", "The field “"+name+"” has at most "+strconv.Itoa(most)+" bytes. Go back, make it shorter, and send it again.")
		}
	}
	return f, nil
}
