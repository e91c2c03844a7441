// Package subscribe keeps who gets which report, and makes each report for the reader who gets it.
//
//	list, err := subscribe.New(store)                             // the store that the schedules share
//	plan := subscribe.Plan(list, "support week", report.Week, berlin, subscribe.Each{
//		Viewer: rightsOf,                                         // the rights that an address has now
//		Make:   reportFor,                                        // the report for these rights
//		Send:   sendTo,                                           // such as a Sender of cx/insight/mail
//	})
//	s, err := schedule.New(store, plan)
//	page, err := console.New(table, console.WithSubscriptions(list, plan))
//
// A reader subscribes on the page of reports. The application says at each sending which rights the address has at that time: an employee who has left gets
// nothing, and one who has another team gets its report.
//
// [Links] are the addresses by which a subscriber leaves a plan from a mail, with one click (RFC 8058):
//
//	links, err := subscribe.NewLinks("https://cx.example.com/cx/", key)
//	mail.WithUnsubscribe(func(to string) []string { return []string{links.URL("support week", to)} }) // of the Sender
//	console.WithUnsubscribe(links.Open)
//
// The store has the addresses, in one record for each plan. They are in no log, metric or error.
package subscribe
