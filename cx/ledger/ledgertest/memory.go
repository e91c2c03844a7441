package ledgertest

import "cairncx.dev/cairn/cx/stores/memory"

// Memory is the store of cx/stores/memory. It serves tests of services that share a store. The zero value is ready, and has the
// default bound of one million records.
type Memory = memory.Store
