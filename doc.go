// Package cairn is the root of the module; it holds nothing itself.
//
// Cairn lets a Go service report what its customers experience, and shows that in the
// OpenTelemetry backends that the team already runs. A service records with three packages:
//
//   - [cairncx.dev/cairn/journey]: what a customer sets out to do, stage by stage,
//   - [cairncx.dev/cairn/touchpoint]: one interaction on the way,
//   - [cairncx.dev/cairn/feedback]: what the customer says about it.
//
// Package [cairncx.dev/cairn/cx] has the client behind them, [cairncx.dev/cairn/exporters] delivers
// the events themselves, and [cairncx.dev/cairn/cx/cxtest] is for tests. README.md leads to a page for
// each reader; ARCHITECTURE.md explains the design.
package cairn
