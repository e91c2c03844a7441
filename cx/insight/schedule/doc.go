// Package schedule makes a report each day, week, month, quarter or year, inside the user's service, and delivers it once however many
// instances the service has.
//
//	s, err := schedule.New(store, schedule.Plan{
//		Name: "support week", Every: report.Week, Zone: berlin,
//		Make: func(ctx context.Context, p report.Period) (schedule.Report, error) {
//			if err := table.Load(ctx, source); err != nil {
//				return nil, err
//			}
//			return report.Make(ctx, table, viewer, report.Settings{From: p.From, Until: p.Until, Zone: berlin})
//		},
//		Deliver: sender, // such as that of cx/insight/mail
//	})
//	defer s.Shutdown(ctx)
//
// Every instance runs the same [Plan] on the same store. The store's clock says when a period is over, and the store's record of the plan
// says which instance makes its report.
//
// # One report
//
//	                the period is over, and Settle has passed
//	                                  │
//	                                  ▼          Make and Deliver succeed
//	   waiting ──────────────────▶ claimed ─────────────────────────────▶ done ──▶ waiting for the next period
//	                                ▲   │
//	a pause has passed,             │   │ one of them fails: a pause of 1 minute, doubled with each attempt, at most 1 hour
//	or the lease of an              │   ▼
//	instance that is gone        released
//
// An instance claims a period under a lease, renews the lease while it works, and gives up its work when it has lost it. Where the instance
// is killed, another one claims the period when the lease is over, and makes and delivers the report again, with the same
// [Delivery.MessageID]. So a report is delivered at least once. It is delivered twice only if an instance was killed, or was stopped for longer
// than its lease, between the delivery and its note in the store. [Delivery.Once] makes this window one recipient wide.
//
// A report that could not be delivered is tried until the next period is over. If no instance ran when several periods ended, the report of
// the last one is delivered, and the earlier ones are missed: [Delivery.Missed] has their number, and so has the error handler.
//
// A plan begins with the first period that ends after the plan was first seen. A plan with another interval or another zone is another plan.
//
// A store in the memory of the process has no other instances and no past: after a restart the plan begins anew.
//
// A store that has lost the record has never seen the plan: the plan begins anew, so that no report comes twice. A report that could not be delivered
// before is not made.
//
// # Telemetry
//
// The counter cx.report.deliveries counts reports that were delivered or missed, and attempts that failed. Errors go to the function of
// [WithErrorHandler]. Neither has a text of a report or an address.
package schedule
