package ledgertest_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
)

// TestPatienceIsDocumented: the comment of Run and the constant agree.
func TestPatienceIsDocumented(t *testing.T) {
	source, err := os.ReadFile("contract.go")
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("gone within %.0f seconds", ledgertest.Patience.Seconds()); !strings.Contains(strings.ReplaceAll(string(source), "\n// ", " "), want) {
		t.Errorf("the comment of Run does not say %q", want)
	}
}

// What is appended comes back with all that is there: that is how whoever appends knows what it did.
func ExampleMemory() {
	var store ledgertest.Memory
	run := ledger.Key{1}
	for _, entry := range []string{"started", ", paid"} {
		records, err := store.Write(context.Background(), []ledger.Change{{Key: run, Append: []byte(entry)}})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", records[0].Log)
	}
	// Output:
	// started
	// started, paid
}
