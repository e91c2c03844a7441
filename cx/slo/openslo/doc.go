// Package openslo writes objectives as OpenSLO (openslo/v1), for tools that read it, and reads objectives back from OpenSLO.
//
// [Write] makes an SLO of each objective, with the Services and the DataSource that they name, and an AlertPolicy for each burn-rate alert
// with its AlertCondition and the AlertNotificationTarget of the owner. [Read] makes objectives of a blueprint.
//
// Neither side can say all that the other one can. The file that Write makes says at its top what is not in it, or in its
// annotations only:
//
//   - Composites: OpenSLO adds up burn rates where a composite takes a mean of ratios, so the same weights would mean something else.
//   - Maintenance. The least number of events and the splits of an objective are in annotations.
//   - The short window of an alert and its evidence at low traffic. An alert of OpenSLO has one window, so it ends later, and one bad
//     event of few fires it.
//
// The annotations cairncx.dev/… of an SLO say what the objective counts and calls good, beside the query that counts it. Read uses them. An
// SLO that other tools wrote has a query instead, which says nothing about journeys. Read keeps its name, target and window, and warns
// that a person has to say what it is about. It refuses what an objective cannot say: time slices, thresholds of a metric, and windows
// other than days and periods of the calendar.
//
// Source: the specification of OpenSLO v1, https://github.com/OpenSLO/OpenSLO.
package openslo
