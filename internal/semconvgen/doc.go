// Semconvgen makes Go constants and a reference page from the registry of Cairn's telemetry names,
// cx/telemetry/semconv/model.
//
// Usage, in this folder:
//
//	go run . [-root DIR] [-check]
//
// With -check it writes nothing, and fails if a committed file differs from the generated one.
//
// The model is in the format of OpenTelemetry Weaver (the semantic-conventions repository's model folder), so
// Weaver's own commands accept it. This generator exists because Weaver needs a container or a Rust toolchain, and
// because Weaver accepts faults that matter here: an attribute on a metric with unbounded values, a histogram
// without buckets, a mistyped key in an annotation. The generator knows the part of the format that the registry
// uses. Any other key is an error.
package main
