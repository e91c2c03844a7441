// Package sdktest holds Cairn against the real OpenTelemetry SDK, with in-memory exporters:
// what a story about a customer becomes as spans, metrics and log records, in every
// arrangement of providers, and what remains of it when everything around goes wrong.
//
// It is a module of its own so that the core stays free of the SDK. There is nothing in it
// but tests.
package sdktest
