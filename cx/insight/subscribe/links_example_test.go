package subscribe_test

import (
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/insight/subscribe"
)

// A mail has the address by which its reader leaves the plan, and the console opens it.
func ExampleNewLinks() {
	links, err := subscribe.NewLinks("https://cx.example.com/cx/", []byte("32 random bytes, not this text!!"))
	if err != nil {
		fmt.Println(err)
		return
	}
	address := links.URL("support week", "lead@example.com") // for mail.WithUnsubscribe
	token := strings.TrimPrefix(address, "https://cx.example.com/cx/unsubscribe/")
	fmt.Println(links.Open(token)) // for console.WithUnsubscribe
	// Output:
	// support week lead@example.com true
}
