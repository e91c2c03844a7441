// Package calendar counts time only while a company is open. [Hours] has a zone, opening times by weekday, and holidays. It
// answers when a promise of so many opened hours or business days is due, and how much opened time lies between two
// instants.
//
//	office := calendar.Define("office",
//		calendar.Zone("Europe/London"),
//		calendar.Open("mon-fri", "09:00-17:30"),
//		calendar.Open("sat", "10:00-12:00", "13:00-16:00"),
//		calendar.Closed("2026-12-25", "2026-12-28"),
//		calendar.OpenOn("2026-12-24", "09:00-12:00"))
//	due, err := office.Add(received, 8*time.Hour) // eight opened hours after received
//	due, err = office.AddDays(received, 15)       // the close of the fifteenth business day after that of received
//
// A [Maintenance] is a time in which the company does not serve its customers, by plan. [Date] and [ParseMoment] find the instant of a
// date and time in a zone.
//
// # Days and openings
//
// An opening is a stretch of time from an opening time to a closing time. It includes its first instant and not its last one:
// at 17:30 an office that closes at 17:30 is closed. An opening belongs to the date on which it begins. A night shift from
// 22:00 to 06:00 on the eve of a holiday therefore ends at 06:00 on the holiday. The times of a holiday replace all openings
// that would begin on that date. Two openings must not overlap; one may begin when another ends.
//
// # When clocks change
//
// Opening times are wall-clock times of the zone. The instant of a wall-clock time is the first one at which the zone's clocks
// show that time or a later one:
//
//   - A time that clocks skip is the instant of the change. An opening across the gap is shorter by the gap, and one within it
//     does not take place. On a date that a zone skips as a whole, such as 30 December 2011 in Samoa, a shop is not open.
//   - A time that clocks show twice is the first of the two, as in RFC 5545, section 3.3.5. An opening across the repeated
//     hour is longer by that hour, and a company that is closed when the clocks go back stays closed until they show a later
//     time again.
//
// # Zone data
//
// Zones come from the zone database of the machine ([time.LoadLocation]). A machine without one, such as a container made
// from scratch, needs the copy that a program gets with:
//
//	import _ "time/tzdata"
package calendar
