package insight_test

import (
	"fmt"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/insight"
)

func ExampleMailAddress() {
	fmt.Println(insight.MailAddress("Eve@Example.com"))
	fmt.Println(insight.MailAddress("Eve <eve@example.com>"))
	// Output:
	// eve@example.com true
	//  false
}

func TestMailAddress(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("e", 254-len("@example.com")) + "@example.com"
	for _, c := range []struct{ text, want, reason string }{
		{"", "", "nothing"},
		{"eve", "", "no host"},
		{"<eve@example.com>", "", "brackets"},
		{" eve@example.com ", "eve@example.com", "spaces around it"},
		{"eve+week@example.com", "eve+week@example.com", "a part after a plus sign"},
		{"eve@example.com, adam@example.com", "", "two"},
		{"eve@example.com\r\nBcc: all@example.com", "", "a header"},
		{`"eve adam"@example.com`, "", "a space inside"},
		{"ève@example.com", "", "letters that not every server takes"},
		{"eve@exämple.com", "", "a host that is not written as its name in the DNS"},
		{long, long, "the longest"},
		{"e" + long, "", "longer"},
	} {
		if got, ok := insight.MailAddress(c.text); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q is %q, %v", c.reason, c.text, got, ok)
		}
	}
}
