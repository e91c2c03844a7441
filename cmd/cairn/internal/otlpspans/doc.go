// Package otlpspans reads spans of OTLP JSON: the form in which the file exporter of an OpenTelemetry Collector writes them, one document on
// a line, and the body of a request to /v1/traces with application/json.
package otlpspans
