package rules

import (
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/slo"
)

// Alertmanager returns a configuration of Alertmanager that sends the alerts of [Prometheus] to the owners of the objectives: a receiver
// OWNER-page and OWNER-ticket for each owner, cairn-page and cairn-ticket for alerts without one, and cairn for everything else. The
// receivers have names only: whoever operates Alertmanager says how each is reached.
//
// While a page of an objective fires, the tickets of the same objective are not sent.
func Alertmanager(objectives []slo.Objective, opts ...Option) (File, error) {
	c, err := configure(opts)
	if err != nil {
		return File{}, err
	}
	if _, err := c.sets(objectives); err != nil {
		return File{}, err
	}
	w := new(writer)
	w.comments([]string{
		c.head("")[0],
		"Routes for the alerts of the objectives, by owner and severity. Say under receivers how each team is reached.",
		"To use it beside routes of your own, copy the routes, the inhibit_rules and the receivers into your configuration.",
	})
	list := owners(objectives, c.mender)
	w.in("route", func() { c.routes(w, list) })
	w.in("inhibit_rules", func() {
		w.item(func() {
			w.line(`source_matchers: ['severity="page"', 'cx_objective_name!=""']`)
			w.line(`target_matchers: ['severity="ticket"', 'cx_objective_name!=""']`)
			w.line("equal: [" + strings.Join(append([]string{byObjective}, c.keptLabels()...), ", ") + "]")
		})
		w.item(func() {
			w.line(`source_matchers: ['alertname="CairnIsDead"']`)
			w.line(`target_matchers: ['alertname="CairnIsSilent"']`)
		})
	})
	w.in("receivers", func() {
		w.item(func() { w.text("name", defaultReceiver) })
		for _, owner := range append([]string{defaultReceiver}, list...) {
			for _, s := range []Severity{Page, Ticket} {
				w.item(func() { w.text("name", receiver(owner, s)) })
			}
		}
	})
	return File{"alertmanager.yaml", w.bytes()}, nil
}

// defaultReceiver gets what has no owner.
const defaultReceiver = "cairn"

func receiver(owner string, s Severity) string { return owner + "-" + string(s) }

func (c *config) keptLabels() (list []string) {
	for _, m := range c.matchers {
		list = append(list, m.Label)
	}
	return list
}

// routes writes the tree of routes.
func (c *config) routes(w *writer, owners []string) {
	w.text("receiver", defaultReceiver)
	w.line("group_by: [alertname]")
	w.in("routes", func() {
		route := func(matchers []string, to, wait, repeat string) {
			w.item(func() {
				w.in("matchers", func() {
					for _, m := range matchers {
						w.line("- " + quote(m))
					}
				})
				w.text("receiver", to)
				w.line("group_by: [" + strings.Join(append([]string{byObjective, "severity"}, c.keptLabels()...), ", ") + "]")
				w.plain("group_wait", wait)
				w.plain("group_interval", "5m")
				w.plain("repeat_interval", repeat)
			})
		}
		both := func(owner string, more ...string) {
			route(append([]string{`severity="page"`}, more...), receiver(owner, Page), "10s", "4h")
			route(append([]string{`severity="ticket"`}, more...), receiver(owner, Ticket), "5m", "5d")
		}
		for _, owner := range owners {
			both(owner, "owner="+matcherText(owner), `alertname=~"Cairn.+"`)
		}
		both(defaultReceiver, `alertname=~"Cairn.+"`)
	})
}

// matcherText returns the text as a string of a matcher of Alertmanager, whose classic parser knows fewer escapes than PromQL: with \u the
// route of a team with a wide space in its name would match no alert.
func matcherText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// owners returns the owners of the objectives and of breakdowns, each once, in order.
func owners(objectives []slo.Objective, mender string) (list []string) {
	if mender != "" && mender != defaultReceiver {
		list = append(list, mender)
	}
	for i := range objectives {
		if o := objectives[i].Owner; o != "" && o != defaultReceiver {
			list = append(list, o)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
