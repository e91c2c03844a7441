// Package rules makes Prometheus rules of experience objectives: recording rules that count, alerts on what the counts mean, and unit tests
// for promtool that prove both. It also makes the routes of the alerts for Alertmanager.
//
//	cx_slo_events_total ──▶ increase in each alert window ──▶ ratio ──▶ burn-rate alerts: page, ticket
//	                   └──▶ increase in each hour ──▶ sum over the objective's window ──▶ ratio ──▶ budget left ──▶ budget spent
//
// [Prometheus] writes a file of rules for each objective, with its tests beside it, and one for the SDK. [Alertmanager] writes the routes.
// The command cairn generate calls both for a blueprint. Both are pure: the same objectives make the same bytes.
//
// # Series
//
// The constants name the recorded series. Counts are recorded for each window and divided last, because a mean of ratios gives an hour with
// two events the weight of one with two million. A ratio is 0 where all is well, and absent where nothing happened. Excluded events are in
// no series.
//
// An objective that is split ([slo.Objective.By]) has a second group of rules, which record the counts and the share of each combination of
// values within the window. They are for charts. Alerts are about the whole: a part with few events has a share that moves by chance, and
// a budget was promised for all customers.
//
// # Alerts
//
//	CairnObjectiveBurnsFast    page    the share of bad events exceeds factor × (1 − target) in a long and a short window
//	CairnObjectiveBurnsSlowly  ticket  the same at the slowest pace, while no page of the objective fires
//	CairnObjectiveBudgetSpent  ticket  more events of the window are bad than the target allows
//	CairnObjectiveBelowTarget  ticket  a composite has been below its target for a day
//	CairnObjectiveNotCounted   ticket  clients report, and none counts the objective, for 10 minutes
//	CairnBreakdownOverdue      ticket  a promise about a breakdown is broken: it is not confirmed, planned or mended in time
//	CairnContactViolated       page    a customer was contacted against the contact policy; any number is too many
//	CairnIsDead                page    no client reports, for 10 minutes
//	CairnIsSilent              ticket  a service reported an hour ago, and has not for 10 minutes
//	CairnStoreFails            page    the store of journeys fails, for 5 minutes
//	CairnLosesJourneys         page    a client counted a fault after which journeys are lost
//	CairnDropsEvents           page    events did not reach their sink
//	CairnIsMisused             ticket  a client corrected or refused input
//
// [Burns] says how factors and windows follow from target and window. A burn-rate alert needs evidence, which is asked of the long window
// only: more bad events than [Evidence], at least two, and the objective's MinEvents. A spent budget needs two bad events, if one could
// spend it, and MinEvents. The alerts of a calendar window look at rolling windows, as for 7, 30 or 90 days. Its counts and its budget are those
// of the period where the clocks of its zone never change. PromQL knows UTC only, so for other zones they are those of the last 7, 30 or 90 days,
// and the file says so.
//
// # Error
//
// The counts of alert windows are those of Prometheus' increase. Cairn's counters exist with zero from the start of a process, and a reset
// or a replaced instance loses nothing that was scraped. The counts of a process before its first scrape and after its last one are
// missing. The counts of the objective's window are sums of hourly ones, in whole hours: they are up to an hour late. An hour's count looks
// back for one scrape interval more than an hour, so that an event which falls between two hours is in one of them. With the scrape interval of
// [WithScrape] the sum has each event that was scraped once. With a longer one, an event between the last scrape of an hour and the first
// one of the next may be in neither, and with a shorter one in both; the counts are corrected for it on average. Hours in which
// Prometheus did not evaluate the rules are not counted.
//
// The file's comments say for how long Prometheus has to keep its data. The rules need Prometheus [MinPrometheus] or later.
// The ranges of Prometheus 3 leave out their first moment, and the rules and their tests hold for both.
//
// # Unit tests
//
// The tests tell stories: healthy, slow and fast burn, recovery, idle, low traffic, one failure of ten, a counter reset, a replaced
// instance, the first increment of a process that was scraped before it and of one that was not, absent data, maintenance. Tests about long
// windows have samples in proportion to the window. The package's own tests change one rule at a time and show that a test of
// promtool's then fails.
package rules
