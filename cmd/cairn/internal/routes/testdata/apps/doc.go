// Package apps has small services, one for each kind of router, whose routes package routes finds in the source. The command oracle
// makes the routers and prints what they say that they serve.
package apps
