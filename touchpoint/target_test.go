package touchpoint_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/touchpoint"
)

// TestTargets: the rules are those of Transport, and a port that is not known is none that is named.
func TestTargets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason  string
		allowed       []string
		address, port string
		want          bool
	}{
		{"the name", "it is named", []string{"payments"}, "payments", "", true},
		{"the name with a port", "every port is allowed", []string{"payments"}, "payments:8443", "", true},
		{"the name and the port", "both are named", []string{"payments:8443"}, "payments:8443", "", true},
		{"another port", "it is not named", []string{"payments:8443"}, "payments:443", "", false},
		{"the default port", "it is the one that is named", []string{"payments:443"}, "payments", "443", true},
		{"an unknown port", "it may be another one", []string{"payments:443"}, "payments", "", false},
		{"below", "it is below", []string{"*.internal"}, "payments.internal:1", "", true},
		{"below, an unknown port", "it may be another one", []string{"*.internal:443"}, "payments.internal", "", false},
		{"itself", "it is not below", []string{"*.internal"}, "internal", "", false},
		{"a name that ends so", "it is another one", []string{"internal"}, "payments.internal", "", false},
		{"case and dot", "a name is the same in capitals", []string{"Payments.Internal."}, "payments.internal:1", "", true},
		{"IPv6", "it is named", []string{"::1"}, "[::1]:8443", "", true},
		{"IPv6 alone", "it is named", []string{"[::1]:443"}, "::1", "443", true},
		{"nothing", "it is no host", []string{"payments"}, "", "443", false},
		{"none", "none is named", nil, "payments", "443", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := touchpoint.NewTargets(c.allowed...).Allow(c.address, c.port); got != c.want {
				t.Errorf("allowed %v, want %v: %s", got, c.want, c.reason)
			}
		})
	}
	if (*touchpoint.Targets)(nil).Allow("payments", "") {
		t.Error("a nil Targets allows a host")
	}
}

// FuzzTargets: an address that an http.Client would reach at another host is not allowed.
func FuzzTargets(f *testing.F) {
	for _, s := range []string{"payments:443", "payments", "[::1]:443", "payments.internal:1", "evil@payments", "payments/x", "PAYMENTS.:443", "a:b:c", "[", "xn--80ak6aa92e"} {
		f.Add(s)
	}
	allowed := touchpoint.NewTargets("payments", "*.internal", "::1")
	f.Fuzz(func(t *testing.T, address string) {
		if !allowed.Allow(address, "443") {
			return
		}
		u, err := url.Parse("https://" + address)
		if err != nil {
			return // no client reaches it
		}
		name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
		if name != "payments" && !strings.HasSuffix(name, ".internal") && !strings.Contains(name, ":") {
			t.Errorf("%q is allowed, which is the host %q", address, name)
		}
	})
}

// TestCarryPosition: one position at most is left, in every spelling of the key, and the rest stays.
func TestCarryPosition(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		metadata     map[string][]string
		key, text    string
		want         string // the baggage after it
	}{
		{"nothing", "there is nothing to remove", map[string][]string{}, "baggage", "", ""},
		{"only a position", "it goes", map[string][]string{"baggage": {"cairn=x"}}, "baggage", "", ""},
		{"beside others", "they stay", map[string][]string{"baggage": {"a=1,cairn=x", "b=2"}}, "baggage", "", "a=1,b=2"},
		{"another one comes", "it replaces the old one", map[string][]string{"baggage": {"a=1,cairn=x", "cairn=y"}}, "baggage", "new", "a=1,cairn=new"},
		{"another case", "a server reads it too", map[string][]string{"Baggage": {"cairn=x"}, "BAGGAGE": {"cairn=y"}}, "baggage", "new", "cairn=new"},
		{"an encoded name", "some reader decodes it", map[string][]string{"baggage": {"c%61irn=x"}}, "baggage", "", ""},
		{"a binary entry", "it is no baggage", map[string][]string{"baggage-bin": {"cairn=x"}}, "baggage", "new", "cairn=new"},
		{"nil", "there is no place for it", nil, "baggage", "", ""},
		{"a header of HTTP", "the key is the adapter's", http.Header{"X": {"1"}}, "Baggage", "new", "cairn=new"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			touchpoint.CarryPosition(c.metadata, c.key, c.text)
			if got := touchpoint.BaggageOf(c.metadata); got != c.want {
				t.Errorf("the baggage is %q, want %q: %s", got, c.want, c.reason)
			}
			if c.text != "" && len(c.metadata[c.key]) != 1 {
				t.Errorf("the metadata is %q, want one entry of %q", c.metadata, c.key)
			}
		})
	}
}

// TestCarryPositionNowhere: metadata that is not there gets no position, and no panic.
func TestCarryPositionNowhere(t *testing.T) {
	t.Parallel()
	touchpoint.CarryPosition(nil, "baggage", "new")
}

// FuzzCarryPosition: whatever was in the metadata, a reader finds the position that was put there, or none.
func FuzzCarryPosition(f *testing.F) {
	f.Add("cairn=x", "a=1", "1%2F%2Fcheckout%2Fc1")
	f.Add("a=1,%63airn=x;sig=1", "cairn", "")
	f.Add(",,;=\x00", "+cairn+=1", "x")
	f.Fuzz(func(t *testing.T, first, second, text string) {
		if strings.ContainsAny(text, ",;= \t%") || strings.TrimSpace(text) != text {
			return // Sign makes none of these
		}
		md := map[string][]string{"baggage": {first, second}, "other": {first}}
		touchpoint.CarryPosition(md, "baggage", text)
		got, found := propagate.TextFromBaggage(touchpoint.BaggageOf(md))
		if got != text || found != (text != "") {
			t.Errorf("%q is found, %v, want %q", got, found, text)
		}
		if md["other"][0] != first {
			t.Error("another entry has changed")
		}
	})
}

// The target of a client decides whether it sends the position.
func ExampleTargets() {
	targets := touchpoint.NewTargets("payments:443", "*.internal")
	fmt.Println(targets.Allow("payments", "443"), targets.Allow("db.internal:9090", ""), targets.Allow("example.com:443", ""))
	// Output: true true false
}

// An adapter makes the service's own position the only one that a call carries.
func ExampleCarryPosition() {
	metadata := map[string][]string{"baggage": {"region=eu,cairn=stale"}}
	touchpoint.CarryPosition(metadata, "baggage", "1%2F%2Fcheckout%2Fcart-7%2F%2F%2F%2F%2F%2F%2F%2F")
	fmt.Println(touchpoint.BaggageOf(metadata))
	// Output: region=eu,cairn=1%2F%2Fcheckout%2Fcart-7%2F%2F%2F%2F%2F%2F%2F%2F
}
