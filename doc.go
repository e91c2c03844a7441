// Package cairn is the root of the module; it holds nothing itself.
//
// Cairn lets a Go service say what its customers live through, and shows it in the
// OpenTelemetry backends that the team already runs. Services speak three words:
//
//   - [cairncx.dev/cairn/journey]: what a customer sets out to do, stage by stage,
//   - [cairncx.dev/cairn/touchpoint]: one interaction on the way,
//   - [cairncx.dev/cairn/feedback]: what the customer says about it.
//
// Behind them is [cairncx.dev/cairn/cx], the client; [cairncx.dev/cairn/cx/cxtest] is for
// tests, [cairncx.dev/cairn/exporters] delivers the events themselves. README.md shows it at
// work, ARCHITECTURE.md says how it is made.
package cairn
