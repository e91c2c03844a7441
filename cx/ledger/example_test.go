package ledger_test

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/cx/stores/memory"
)

// A record is appended to, read back, replaced by a shorter log if no other instance has changed it, and closed.
func ExampleChange() {
	ctx, store, key := context.Background(), &ledgertest.Memory{}, ledger.Key{15: 1}
	do := func(what string, c ledger.Change) {
		c.Key = key
		records, err := store.Write(ctx, []ledger.Change{c})
		if err != nil {
			fmt.Println(err)
			return
		}
		r := records[0]
		fmt.Printf("%-24s there is one: %-5v log: %q closed: %v\n", what, r.Log != nil, r.Log, r.Closed)
	}
	read := ledger.Change{If: []byte("no log is ever this"), Replace: []byte{}}
	do("read back", read)
	do("append", ledger.Change{Append: []byte("started;"), Lease: 30 * time.Second, Customer: "a-hash"})
	do("append", ledger.Change{Append: []byte("paid;")})
	do("replace an older log", ledger.Change{If: []byte("started;"), Replace: []byte("state;")})
	do("replace this log", ledger.Change{If: []byte("started;paid;"), Replace: []byte("state;")})
	do("close", ledger.Change{If: []byte("state;"), Replace: []byte{}, Close: true, Keep: 30 * 24 * time.Hour})
	do("append to a closed one", ledger.Change{Append: []byte("late;")})
	do("read back", read)

	// Output:
	// read back                there is one: false log: "" closed: false
	// append                   there is one: true  log: "started;" closed: false
	// append                   there is one: true  log: "started;paid;" closed: false
	// replace an older log     there is one: true  log: "started;paid;" closed: false
	// replace this log         there is one: true  log: "state;" closed: false
	// close                    there is one: true  log: "" closed: true
	// append to a closed one   there is one: true  log: "" closed: true
	// read back                there is one: true  log: "" closed: true
}

// A store checks a Write before it makes a change.
func ExampleCheckKeys() {
	cart, payment := ledger.Key{1}, ledger.Key{2}
	fmt.Println(ledger.CheckKeys([]ledger.Change{{Key: cart}, {Key: payment}}))
	fmt.Println(ledger.CheckKeys([]ledger.Change{{Key: cart}, {Key: payment}, {Key: cart}}))
	// Output:
	// <nil>
	// changes 1 and 3 are of the same record: put them into two calls
}

// A link in a mail works once. A customer who has lost the answer may try again.
func ExampleOnce() {
	ctx, store := context.Background(), new(memory.Store) // in production sqlite, redis or postgres
	links := ledger.NewOnce(store, "links", 30*24*time.Hour)
	for _, visitor := range []string{"session-1", "session-2", "session-1"} {
		first, err := links.Use(ctx, "link-4711", visitor)
		fmt.Println(visitor, first, err)
	}
	// Output:
	// session-1 true <nil>
	// session-2 false <nil>
	// session-1 true <nil>
}
