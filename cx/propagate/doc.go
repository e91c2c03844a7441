// Package propagate carries a customer's position from one process to another: in a context, or in the W3C baggage header
// of a request or a message, signed or unsigned.
//
// HTTP services use touchpoint.Transport and touchpoint.Handler, which use this package. Adapters for other protocols, and
// services that send positions in a field of their own, call it directly:
//
//	sender                                          receiver
//	text := propagate.Sign(ctx, life)               p, err := propagate.Verify(ctx, text, life)
//	put text into a header or a field     ──────▶   ctx = propagate.ContextWithPosition(ctx, p)
//
// A receiver that has other reasons to trust the peer calls [Read] instead of [Verify]. A receiver that trusts no peer
// removes the text, so that the next service does not believe it: see [StripBaggage] and [AddToBaggage].
//
// # The text
//
// The text is the header form of the position ([Header]) and, if the client has keys, ";sig=" and a signature. In the
// baggage header it is the member [Member], with the signature as a property. A reader without keys reads the position
// alone.
//
// Writing is strict and removing is generous. Some implementations of OpenTelemetry decode percent signs in the names of
// members, some of them several times. This package therefore removes every member whose name any of them decodes to
// [Member]. It reads only the exact name, and decodes a value once.
package propagate
