package desk

import (
	"context"
	"net/http"
	"time"
)

// maxAhead bounds how far the clock moves in all.
const maxAhead = 366 * 24 * time.Hour

// jump is a button that moves the clock.
type jump struct {
	Name string
	By   time.Duration
}

func jumps() []jump {
	return []jump{
		{"10 seconds", 10 * time.Second},
		{"1 minute", time.Minute},
		{"30 minutes", 30 * time.Minute},
		{"1 day", 24 * time.Hour},
		{"9 days", 9 * 24 * time.Hour},
	}
}

// moveClock lets time pass: for the customer in the queue, for the promise to call back, and for the window of a matter.
func (a *App) moveClock(w http.ResponseWriter, r *http.Request) {
	a.clock.Lock()
	defer a.clock.Unlock()
	v := a.visit(w, r)
	said, problem := "", "the clock can move by the times of the buttons only"
	for _, j := range jumps() {
		if j.By.String() != r.PostFormValue("by") {
			continue
		}
		if a.ahead+j.By > maxAhead {
			problem = "the clock is a year ahead: start the program again"
			break
		}
		a.ahead += j.By
		said, problem = "Time passes: "+j.Name+".", ""
		if err := a.cfg.Advance(context.WithoutCancel(r.Context()), j.By); err != nil {
			a.cfg.Log.ErrorContext(r.Context(), "sending after the clock was moved", "error", err)
			problem = "the clock has moved, and not everything could be sent: see the log"
		}
	}
	v.mu.Lock()
	v.said, v.problem = said, problem
	v.mu.Unlock()
	http.Redirect(w, r, "/#said", http.StatusSeeOther)
}
