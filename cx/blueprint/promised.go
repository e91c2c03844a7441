package blueprint

import (
	"fmt"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/journey"
)

// This file has what follow-ups and actions share: a few promises whose times count in the same hours.

// promised returns the options of such a promise of the follow-up or the actions with this name.
func (d *definer) promised(name, promise string, w Within, hours *calendar.Hours) (time.Duration, []journey.PromiseOption) {
	opts := []journey.PromiseOption{journey.BusinessDays(w.Days), journey.Maintenance(d.maintenanceOf(name, promise)...)}
	if hours != nil {
		opts = append(opts, journey.Hours(hours))
	}
	return time.Duration(w.Duration), opts
}

// within returns the time of the promise, and sets the hours in which the times of all count. What names the definition that has it.
func (b *Blueprint) within(p *problems, path, what, name string, d *journey.Promised, hours *string) Within {
	w := Within{Days: d.Days}
	if d.Days == 0 {
		w.Duration = Duration(d.Within)
	}
	its := fmt.Sprintf("the promise %.80q of the %s %.80q", d.Name, what, name)
	switch h := d.Hours.Name(); {
	case len(d.Pauses) > 0 || d.Target != 0 || len(d.Maintenance) > 0:
		p.add(path, "%s has Pauses, a Target or a Maintenance, which a blueprint cannot say: leave them out", its)
	case *hours == "":
		*hours = h
	case h != *hours:
		p.add(path, "%s has other hours than the first one, which a blueprint cannot say: use the same hours for all", its)
	}
	b.addHours(p, path, d.Hours, "the "+what+" "+name)
	return w
}

// within checks the time of such a promise, which may be none. What names the definition that would have the hours.
func (p *problems) within(path string, w Within, hours, what string) {
	if w == (Within{}) {
		return
	}
	if err := w.Validate(); err != nil {
		p.add(path, "%s", strings.TrimPrefix(err.Error(), "blueprint: "))
	} else if hours == "" && w.Days > 0 {
		p.add(path, "%v counts business days, and no hours say which days these are: add hours to the %s, or write a duration", w, what)
	}
}
