// Package grafana writes dashboards for a blueprint, which Grafana reads from files or through its API: the journeys, the objectives, the
// voice of the customer, contacts with customers, and the health of the SDK itself. They ask a Prometheus, or a database that speaks
// PromQL, for the metrics of package semconv by the names that OpenTelemetry's exporters and Collector give them.
//
// The dashboards know the blueprint: each journey, objective and survey has its row, with its target and limits as thresholds, and what is
// promised in words. The data source is a variable of the dashboard. Nothing in a dashboard depends on where it is imported.
package grafana
