// Package breakdown finds what has lastingly become worse for customers, or better: on which day it began, what it is about, and what goes
// with it.
//
//	daily, err := view.Daily(ctx, insight.Which{}, insight.DailySettings{})
//	findings := breakdown.Find(&daily, table.Blueprint(), nil, breakdown.Settings{})
//	for i := range findings.Found {
//		fmt.Println(findings.Found[i].Sentence())
//		placed, err := breakdown.Place(ctx, view, &findings.Found[i]) // what goes with it, examples, and what customers say
//	}
//
// # How it is found
//
// Each chart of [cairncx.dev/cairn/cx/insight.Daily] has a baseline of eight weeks, which ends two weeks before the last day, and is assessed over the days
// since: see package [cairncx.dev/cairn/cx/stats/control]. The probabilities are adjusted over all charts of the refresh ([cairncx.dev/cairn/cx/stats.BenjaminiHochberg]),
// so that at most one in twenty of what is found is chance; what became worse and what became better are a family each. One day alone is never
// found. The baseline of a breakdown that is open stays ([Open]), because two weeks later the new share would look usual.
//
// # Which days count
//
// A day without events, and one that is out (a holiday, a maintenance, a day before a promise was changed), says nothing. A chart with fewer than 28 days in its
// baseline is not assessed: that is any chart in the first weeks of a table, and one whose series began anew. Days with few events are merged until ten bad
// ones are expected.
//
// # One matter
//
// A touchpoint that fails stops the runs in its stage, which the chart of the stage and that of the journey show, too. Such charts are one finding: its subject
// is the most specific one, and [Found.Also] has the others.
//
// The package reads no clock and keeps no state. Its functions may be called concurrently.
package breakdown
