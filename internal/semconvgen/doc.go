// Semconvgen makes Go constants and a reference page out of the registry of
// Cairn's telemetry names, cx/telemetry/semconv/model.
//
// Usage, in this folder:
//
//	go run . [-root DIR] [-check]
//
// With -check it writes nothing, and fails when a committed file is not what the
// model makes.
//
// The model is in the format of OpenTelemetry Weaver (the semantic-conventions
// repository's model folder), so Weaver's own commands work on it. This generator
// is here because they need a container or a Rust toolchain, and because it
// refuses what Weaver lets pass and would hurt here: an attribute on a metric
// whose values nobody bounds, a histogram without buckets, a key with a typing
// mistake in an annotation. It understands the part of the format that the
// registry uses; any other key is an error.
package main
