// Package propagate carries a customer's position from one process to another: in a context, in the W3C baggage header
// of a request or a message, signed or not. The HTTP handler and transport of package touchpoint use it; adapters for
// other protocols, and services that send positions in a field of their own, call it directly.
//
// The sender calls [Sign] and puts the text where the receiver finds it. The receiver calls [Verify], or [Read] for a
// peer that it trusts for other reasons, and puts the position into its context with [ContextWithPosition].
package propagate
