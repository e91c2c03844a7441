package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

func TestValidShelf(t *testing.T) {
	tests := []struct {
		name, reason string
		want         bool
	}{
		{"a", "one letter is the shortest name", true},
		{"z", "the last letter", true},
		{"promises", "the plainest name", true},
		{"first_contacts_30d", "digits and underscores follow a letter", true},
		{"a_", "an underscore may be the last byte", true},
		{strings.Repeat("x", 32), "32 bytes are the longest name", true},
		{strings.Repeat("x", 33), "a table of PostgreSQL has no room for more", false},
		{"", "the store itself has no name", false},
		{"_a", "a name begins with a letter", false},
		{"1a", "a name begins with a letter", false},
		{"A", "case would get lost in some stores", false},
		{"aB", "case would get lost in some stores", false},
		{"a-b", "a hyphen is an operator in SQL", false},
		{"a b", "a key of Redis would end there in a command line", false},
		{"a:b", "a colon divides the keys of Redis", false},
		{"a.b", "a dot divides a schema from a table", false},
		{"a$b", "a dollar divides a prefix from a shelf in PostgreSQL", false},
		{"a\x00", "bytes that are not printed are no name", false},
		{"a\n", "bytes that are not printed are no name", false},
		{"é", "letters are those of ASCII", false},
		{"a`", "the byte before a", false},
		{"a{", "the byte after z", false},
		{"a/", "the byte before 0", false},
	}
	for _, test := range tests {
		if got := ledger.ValidShelf(test.name); got != test.want {
			t.Errorf("ValidShelf(%q) = %v, want %v: %s", test.name, got, test.want, test.reason)
		}
	}
}

func TestInvalidShelf(t *testing.T) {
	long := strings.Repeat("Y", 500)
	store := ledger.InvalidShelf(long)
	_, write := store.Write(t.Context(), nil)
	_, _, claim := store.Claim(t.Context(), 0, 0)
	counter, _ := store.(ledger.Counter)
	_, _, count := counter.Count(t.Context(), "a", 0)
	forgetter, _ := store.(ledger.Forgetter)
	_, forget := forgetter.Forget(t.Context(), "", 0)
	for call, err := range map[string]error{"Write": write, "Claim": claim, "Count": count, "Forget": forget} {
		if !errors.Is(err, ledger.ErrShelfName) {
			t.Errorf("%s returned %v, want ErrShelfName", call, err)
			continue
		}
		if text := err.Error(); !strings.Contains(text, `"YYY`) || len(text) > 300 {
			t.Errorf("the error of %s is %q, want the beginning of the name in it", call, text)
		}
	}
}

// One key names a different record on each shelf.
func ExampleShelver() {
	ctx, store, key := context.Background(), &memory.Store{}, ledger.Key{1}
	add := func(to ledger.Store, log string) {
		records, err := to.Write(ctx, []ledger.Change{{Key: key, Append: []byte(log)}})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", records[0].Log)
	}
	contacts := store.Shelf("contacts")
	add(contacts, "mail;")
	add(store, "started;")
	add(contacts, "call;")
	add(store.Shelf("Contacts"), "mail;")
	// Output:
	// mail;
	// started;
	// mail;call;
	// shelf "Contacts": a shelf's name is 1 to 32 bytes, lower-case letters, digits and underscores, and begins with a letter
}

func ExampleValidShelf() {
	fmt.Println(ledger.ValidShelf("follow_ups"), ledger.ValidShelf("Follow-ups"))
	// Output: true false
}
