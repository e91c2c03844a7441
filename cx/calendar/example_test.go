package calendar_test

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/calendar"
)

// bank is open on the business days of England and Wales. Its holidays are the bank holidays of 2025 and 2026 as
// www.gov.uk/bank-holidays lists them.
func bank() *calendar.Hours {
	return calendar.Define("bank",
		calendar.Zone("Europe/London"),
		calendar.Open("mon-fri", "09:00-17:30"),
		calendar.Closed(
			"2025-01-01", "2025-04-18", "2025-04-21", "2025-05-05", "2025-05-26", "2025-08-25", "2025-12-25", "2025-12-26",
			"2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-28"))
}

func ExampleHours() {
	office := calendar.Define("office",
		calendar.Zone("Europe/London"),
		calendar.Open("mon-fri", "09:00-17:30"),
		calendar.Open("sat", "10:00-12:00", "13:00-16:00"),
		calendar.Closed("2026-12-25", "2026-12-28"),
		calendar.OpenOn("2026-12-24", "09:00-12:00"))
	fmt.Println(office.Validate())

	received := time.Date(2026, time.December, 23, 16, 30, 0, 0, time.UTC) // a Wednesday
	due, err := office.Add(received, 4*time.Hour)
	fmt.Println(due, err) // an hour on Wednesday, three on Christmas Eve
	due, err = office.AddDays(received, 2)
	fmt.Println(due, err) // Thursday and Saturday
	// Output:
	// <nil>
	// 2026-12-24 12:00:00 +0000 UTC <nil>
	// 2026-12-26 16:00:00 +0000 UTC <nil>
}

func ExampleDefine() {
	office := calendar.Define("office",
		calendar.Zone("Local"),
		calendar.Open("mon-fri", "9-17"),
		calendar.Closed("2026-02-30"))
	fmt.Println(office.Validate())
	// Output:
	// hours "office": zone: "Local" is the zone of the server, and a promise must not depend on the server: write a name of the IANA database, such as Europe/London or UTC
	// hours "office": open["mon-fri"][0]: "9-17" is no opening: write two times of day, such as 09:00-17:30 or 22:00-06:00, or 24h for the whole day: did you mean "09:00-17:00"?
	// hours "office": holidays[0].date: "2026-02-30" is no date: write a date that exists as year-month-day, such as 2026-12-25
}

func ExampleHours_Add() {
	evening := time.Date(2026, time.April, 2, 17, 0, 0, 0, time.UTC) // Maundy Thursday, 18:00 in London
	due, err := bank().Add(evening, 30*time.Minute)
	fmt.Println(due, err) // half an hour after 09:00 on the Tuesday after Easter
	// Output:
	// 2026-04-07 08:30:00 +0000 UTC <nil>
}

func ExampleHours_AddDays() {
	received := time.Date(2026, time.April, 1, 14, 0, 0, 0, time.UTC)
	final, err := bank().AddDays(received, 15)
	fmt.Println(final, err)
	// Output:
	// 2026-04-24 16:30:00 +0000 UTC <nil>
}

func ExampleHours_Next() {
	h := bank()
	saturday := time.Date(2026, time.August, 29, 12, 0, 0, 0, time.UTC)
	first, err := h.Next(saturday)
	fmt.Println(first, err) // Monday is a bank holiday
	strict, _ := h.AddDays(saturday, 1)
	asIfReceivedThen, _ := h.AddDays(first, 1)
	fmt.Println(strict, asIfReceivedThen)
	// Output:
	// 2026-09-01 08:00:00 +0000 UTC <nil>
	// 2026-09-01 16:30:00 +0000 UTC 2026-09-02 16:30:00 +0000 UTC
}

func ExampleHours_Open() {
	h := bank()
	closing := time.Date(2026, time.January, 2, 17, 30, 0, 0, time.UTC)
	fmt.Println(h.Open(closing.Add(-1)), h.Open(closing))
	// Output:
	// true false
}

func ExampleHours_Between() {
	friday := time.Date(2026, time.January, 2, 16, 30, 0, 0, time.UTC)
	monday := time.Date(2026, time.January, 5, 10, 0, 0, 0, time.UTC)
	fmt.Println(bank().Between(friday, monday))
	// Output:
	// 2h0m0s
}

func ExampleAlways() {
	t := time.Date(2026, time.January, 2, 16, 30, 0, 0, time.UTC)
	due, err := calendar.Always().Add(t, 8*7*24*time.Hour)
	fmt.Println(due, err)
	// Output:
	// 2026-02-27 16:30:00 +0000 UTC <nil>
}

func ExampleMaintenance() {
	move := calendar.Maintenance{
		Name:  "data-centre-move",
		From:  time.Date(2026, time.December, 24, 22, 0, 0, 0, time.UTC),
		Until: time.Date(2026, time.December, 25, 6, 0, 0, 0, time.UTC),
	}
	sundays := calendar.Maintenance{Name: "sundays", Hours: calendar.Define("sundays", calendar.Zone("Europe/London"), calendar.Open("sun", "02:00-04:00"))}
	fmt.Println(move.Validate(), sundays.Validate())
	fmt.Println(move.Covers(move.From), move.Covers(move.Until))
	sunday := time.Date(2026, time.December, 27, 2, 30, 0, 0, time.UTC)
	fmt.Println(sundays.Covers(sunday), sundays.End(sunday))
	// Output:
	// <nil> <nil>
	// true false
	// true 2026-12-27 04:00:00 +0000 UTC
}

func ExampleMaintenanceEnd() {
	hour := func(h int) time.Time { return time.Date(2026, time.December, 24, h, 0, 0, 0, time.UTC) }
	list := []calendar.Maintenance{{Name: "database", From: hour(2), Until: hour(4)}, {Name: "network", From: hour(4), Until: hour(5)}}
	fmt.Println(calendar.MaintenanceEnd(list, hour(3)))
	fmt.Println(calendar.MaintenanceEnd(list, hour(5)))
	// Output:
	// 2026-12-24 05:00:00 +0000 UTC
	// 2026-12-24 05:00:00 +0000 UTC
}

func ExampleParseMoment() {
	london, err := calendar.LoadZone("Europe/London")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(calendar.ParseMoment("2026-07-01 22:00", london))
	fmt.Println(calendar.Date(2026, time.March, 29, 1, 30, london)) // clocks skip it
	// Output:
	// 2026-07-01 22:00:00 +0100 BST <nil>
	// 2026-03-29 02:00:00 +0100 BST
}
