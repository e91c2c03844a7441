// Package sdktest tests Cairn with the real OpenTelemetry SDK and in-memory exporters: the spans, metrics and log
// records of a customer's story in every arrangement of providers, and after failures of the parts around Cairn.
//
// It is a module of its own, so that the core does not depend on the SDK. It has only tests.
package sdktest
