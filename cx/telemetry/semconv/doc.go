// Package semconv has the names of Cairn's telemetry: the keys of attributes, the names, units, descriptions and
// bucket boundaries of metrics, and the names of log events.
//
// The generator internal/semconvgen makes the package and the page README.md from the registry in model, which is
// in the format of OpenTelemetry Weaver. To change a name, change the model and run go generate. Package telemetry
// has the code that records the signals.
//
// The values of enums (channels, outcomes, scales, …) are those of the types in package event.
package semconv

//go:generate env GOWORK=off go run -C ../../../internal/semconvgen .
