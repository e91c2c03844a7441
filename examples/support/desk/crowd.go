package desk

import (
	"context"
	"net/http"
	"time"
)

// Crowd are the company's other customers, who come while time passes with them.
type Crowd struct {
	// Days lets so many days pass with them. It moves the clock.
	Days func(ctx context.Context, n int) error
	// Faults are the faults of the company. On reports whether one is on, and Switch switches it.
	Faults []Fault
	On     func(name string) bool
	Switch func(name string, on bool)
}

// Fault is a fault that can be switched on and off.
type Fault struct{ Name, Broken, Mended string }

// passDays are the days of the button.
const passDays = 7

// shownFault is a fault on the page.
type shownFault struct {
	Fault

	On bool
}

// faults returns the faults as they are.
func (c *Crowd) faults() (list []shownFault) {
	if c == nil {
		return nil
	}
	for _, f := range c.Faults {
		list = append(list, shownFault{f, c.On(f.Name)})
	}
	return list
}

// moveCrowd lets a week pass with the other customers, or switches a fault.
func (a *App) moveCrowd(w http.ResponseWriter, r *http.Request) {
	if a.cfg.Crowd == nil {
		a.notFound(w, r)
		return
	}
	a.clock.Lock()
	defer a.clock.Unlock()
	v := a.visit(w, r)
	said, problem := a.crowd(context.WithoutCancel(r.Context()), r.PostFormValue("do"))
	v.mu.Lock()
	v.said, v.problem = said, problem
	v.mu.Unlock()
	http.Redirect(w, r, "/#said", http.StatusSeeOther)
}

func (a *App) crowd(ctx context.Context, do string) (said, problem string) {
	const week = passDays * 24 * time.Hour
	if do == "week" {
		if a.ahead+week > maxAhead {
			return "", "the clock is a year ahead: start the program again"
		}
		a.ahead += week
		if err := a.cfg.Crowd.Days(ctx, passDays); err != nil {
			a.cfg.Log.ErrorContext(ctx, "letting a week pass", "error", err)
			return "", "the week has passed, and not everything could be sent: see the log"
		}
		return "A week has passed, with its customers.", ""
	}
	for _, f := range a.cfg.Crowd.Faults {
		switch do {
		case f.Name + "-on":
			a.cfg.Crowd.Switch(f.Name, true)
			return f.Broken + " from now on. Let weeks pass, and look at the breakdowns of the command centre.", ""
		case f.Name + "-off":
			a.cfg.Crowd.Switch(f.Name, false)
			return f.Mended + " from now on. Let weeks pass, and see whether it holds.", ""
		}
	}
	return "", "the page has a button for a week and two for each fault"
}
