// Package semconv has the names of Cairn's telemetry: the keys of attributes, the
// names, units, descriptions and bucket boundaries of metrics, and the names of log
// events.
//
// All of it is generated from the registry in model, which is in the format of
// OpenTelemetry Weaver; README.md is the page for people, made from the same. To
// change a name, change the model and run go generate. What the names are recorded
// with is not here: that is package telemetry.
//
// The values of enums (channels, outcomes, scales, …) are those of the types in
// package event.
package semconv

//go:generate env GOWORK=off go run -C ../../../internal/semconvgen .
