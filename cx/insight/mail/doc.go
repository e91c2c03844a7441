// Package mail sends the reports of a schedule by e-mail, over SMTP with TLS.
//
//	sender, err := mail.New("smtp.example.com:587", "Reports <reports@example.com>", []string{"lead@example.com", "cx@example.com"},
//		mail.WithAuth(user, password))
//	s, err := schedule.New(store, schedule.Plan{Name: "support week", Every: report.Week, Make: week, Deliver: sender})
//
// # The mail
//
// A mail has the report as text and as HTML, with charts as tables of coloured cells. It has no script, no picture and no address from
// which a program would load something. The size of its HTML stays below 102,000 bytes, encoded, because Gmail cuts what is longer. Where a
// report's HTML is longer, the mail has the report's text instead, and the error handler is told.
//
// Each recipient gets a mail of their own, so that no recipient sees another one. All mails of one report have the same Message-ID, also when
// a report is sent again, so that a program for e-mail can show it once. They say that a program has sent them (Auto-Submitted), and how to
// unsubscribe (List-Unsubscribe).
//
// # When the server refuses
//
//	what                                      then
//	────                                      ────
//	no connection, no TLS, a wrong password,  the schedule tries again after a pause
//	  a refused sender
//	4xx for a recipient, or no answer         the others get the mail; the schedule tries this one again after a pause
//	5xx for a recipient                       the others get the mail; this one is dropped, and the error handler is told
//	5xx for every recipient                   the schedule gives the report up
//
// A recipient whose mail the server has taken gets it again only if the instance was killed before the schedule's store had noted it.
//
// # What is never said
//
// Errors name a recipient by the number in the list and the domain, and have the server's answer without the addresses in it. Passwords are in no
// error.
//
// The mails are made and sent by github.com/wneessen/go-mail.
package mail
