// Package semconv has the names of Cairn's telemetry.
package semconv
