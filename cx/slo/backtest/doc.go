// Package backtest says when the alerts of objectives would have fired in the past. It answers the question that an SRE asks before rules
// may page an engineer: would they have paged when customers were let down, and would they have been silent otherwise?
//
//	events ──▶ Counts ──▶ counters, scraped ──▶ Prometheus' rule engine ──▶ alerts ──▶ Report
//	           slo.Judge                        with the files of cx/slo/rules
//
// A [Counts] judges events as the client does. [Run] makes the rules with [cairncx.dev/cairn/cx/slo/rules] and evaluates them with the
// rule engine of Prometheus itself: package rules of github.com/prometheus/prometheus parses the files, evaluates their groups at each
// step of the past, records their series and keeps the state of their alerts. Only time and the storage are simulated. One Prometheus
// scrapes one process, which counts every event and never restarts.
//
// # What it leaves out
//
// A log says nothing of processes. The alerts about the SDK and the alert of an objective that no service counts are therefore left out,
// and so is the alert about contacts, which is about no objective: see [Report.LeftOut].
//
// An event counts when it happened ([slo.Moment]). A service counts it when it hears of it, which may be later.
//
// Prometheus evaluates the rules every minute or more often, and Run at every [WithStep]. An alert that fires for less than a step can be missed. If an
// alert has a window that is shorter than the step, the report says so ([Objective.Hidden]).
//
// # Costs
//
// BenchmarkNinetyDays measures them. Run evaluates as many objectives at a time as Go has processors, and needs about 20 MB for each of
// them. A [Counts] needs 8 bytes for an event and objective.
package backtest
