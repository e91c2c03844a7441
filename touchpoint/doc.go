// Package touchpoint is the word for one interaction between a customer and the
// company: paying, calling support, getting a confirmation. A [Definition] names it,
// says in which stage of which journey it happens and how fast it has to be; each
// interaction is started, perhaps failed or degraded, and ended.
//
// [Handler] makes touchpoints of an HTTP server's routes, [Transport] takes the
// customer's position along to the services that an HTTP client calls.
package touchpoint
