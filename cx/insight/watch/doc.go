// Package watch keeps what has lastingly become worse for customers until it is mended: each breakdown has an identity, an owner, a plan and
// promises, and those whose promises are broken are reported up.
//
//	breakdowns := watch.Define("", watch.ConfirmWithin(24*time.Hour), watch.PlanWithin(7*24*time.Hour), watch.MendWithin(30*24*time.Hour),
//		watch.ForSeverity("high", 20, watch.ConfirmWithin(4*time.Hour)))
//	client, err := cx.New(cx.WithStore(store), cx.WithDefinitions(breakdowns.Journey()), …)
//	charts := &watch.Charts{Table: table}                             // an insight.Table, which the service keeps current
//	w, err := watch.New(store, watch.Plan{
//		Journey: breakdowns, Client: client, Steps: archive,
//		Find: charts.Find, Place: charts.Place, Compare: charts.Compare,
//		ReportUp: func(ctx context.Context, o watch.Overdue) error { return pager.Send(ctx, o.Promise, o.Lasted, o.Customers) },
//	})
//	defer w.Shutdown(ctx)
//
// Every instance of the service runs the same [Plan] on the same store. The one that has the lease refreshes every few minutes.
//
// # The life of a breakdown
//
//	    the charts show a matter that no breakdown has
//	                       │
//	                       ▼   a person           a person                the action is made
//	┌───────────────▶ found ─────▶ confirmed ─────────────────▶ planned ────────────────────▶ mended
//	│                   │              │                          │                             │  compared: it has helped,
//	│                   └──────────────┴────────┬─────────────────┘                             ▼  or a person says so
//	│                                           ▼ a person                                  verified ──▶ closed
//	│                                       dismissed                                           │  held for 28 days
//	└───────────────────────────────────────────────────────────────────────────────────────────┘
//	         the charts were usual, and show it again; or the mending has not helped:
//	                they still show it 15 days later, when 14 whole days are over
//
// A breakdown that is found, confirmed or planned, and that the charts have not shown for 28 days, ends by itself, because of [Subsided]. It is not reported up while the charts
// are usual. A step back to planned or confirmed forgets the mending, and makes the promises of the steps that are to come anew.
//
// A refresh continues a breakdown whose subject the charts show, or another subject that shows the same ([breakdown.Found.Also]), whatever day
// they name now, and also if what they show looks like a drift. Its numbers are those of its own subject. A chart that says nothing, such as one that began anew, is
// neither worse nor usual: the breakdown waits. It opens one for each finding that belongs to none. A matter that was dismissed is not raised again until the charts have
// been usual for 14 days. A matter that returns after its breakdown was closed is a new breakdown, which names the earlier one.
//
// An improvement is a breakdown for the better. It promises nothing, and ends after 28 days because of [Held], or because of [Subsided] once the charts do not show it any
// more.
//
// # One breakdown
//
// The state of the breakdowns is in the store. A refresh first writes there what it is about to do, then does it, and then writes that it is
// done. An instance that is killed between two of these leaves the rest to the next one, which does it again: a step has a derived ID, so that
// the run takes it once, and what is told has the same ID. An instance whose lease is over cannot change the state any more.
//
// # Telemetry
//
// cx.breakdown.active counts the breakdowns by journey and state, and cx.breakdown.age has the days since the oldest one began.
// cx.breakdown.overdue counts those with a broken promise, and cx.breakdown.customers the customers in excess so far. The instance that has the lease shows them. The steps are events of a journey, in traces, metrics, logs and archives as those of any other.
package watch
