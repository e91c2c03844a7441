// Package fleet says how objectives stand over all processes of a service. It asks Prometheus for what they have counted, and leaves the
// arithmetic to [slo.Compute], as slo.Counter does for one process.
//
//	cx_slo_events_total ─┐  /api/v1/query        ┌─▶ counts of the window ──────────┐
//	                     ├─ /api/v1/query_range ─┼─▶ counts of each alert window ───┼─▶ slo.Heard ─▶ slo.Compute ─▶ slo.Status
//	cx_slo_value_total ──┘                       └─▶ value at stake by currency ────┘
//
// A [Client] reads the counters themselves and needs no recorded rules. It needs Prometheus 2.42 or later. Other servers
// with the same API are not tested. The names of the metrics and labels are those that OpenTelemetry's Prometheus exporter, the Collector and
// Prometheus' own OTLP receiver make by default.
//
// # Counts
//
// PromQL's increase estimates what lies between the edges of its range and the nearest samples. This package estimates nothing. It counts
// the differences of successive samples of each series, from the last sample at or before the beginning of the window to the last one at or before
// now. A value that is lower than the one before is that of a counter that began again, and counts as a whole. The counts are sums over
// all series of the objective: instances and split attributes.
//
// The server does most of the work. It is asked for the lowest value, the last value and the number of resets of each hour, which give the same
// differences as all samples do where the counter was not reset. The samples themselves are asked for only where it was, and at the edges of
// windows. So the counts are exact for the samples, and an answer has three values an hour and a series instead of hundreds.
//
// A window of the calendar is the period in its own zone, to the second, in every zone: Go computes its beginning, not PromQL.
//
// # Error
//
// The counts are whole numbers and exact for the samples that the server has. They differ from the truth by what the samples do not show:
//
//   - An event counts at the first sample after it. One that happened within a scrape interval before an edge of a window may therefore count on
//     the other side of it. A process that pushes adds the interval of its reader. A time without scrapes is a long interval.
//   - The first sample of a series counts nothing, so what a process counts before its first scrape is missing. Cairn's counters exist with
//     zero from the start of a process, which makes that little. A Prometheus that stores the start of a counter as a zero
//     (--enable-feature=created-timestamp-zero-ingestion) loses nothing here, if the process exposes the start.
//   - The counts of a process after its last scrape are missing.
//   - A process that begins again under the same labels, and passes its old count within one scrape interval, counts the difference only.
//
// All but the first make a count too low, never too high. Two servers that scrape the same processes make it twice as high if one address
// answers for both: let the server remove the duplicates, or restrict the Client to one of them with [WithMatcher].
//
// [slo.Status.Since] is the first sample, if the server has none of the objective at the beginning of the window or in the 24 hours before
// it. It is now if the server has no sample at all, as before the first process with this objective has started.
//
// Sums are those of float64: exact up to 2^53.
package fleet
