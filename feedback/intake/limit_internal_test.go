package intake //nolint:testpackage // the table of clients is not seen from outside

import (
	"fmt"
	"testing"
)

// TestClientsAreBounded: the table forgets the client that was seen longest ago.
func TestClientsAreBounded(t *testing.T) {
	t.Parallel()
	l := newLimiter(&config{rate: 1, burst: 1})
	l.mu.Lock()
	defer l.mu.Unlock()
	first := clientOf("192.0.2.1:80")
	_ = l.bucket(first)
	for i := range 3 * maxClients {
		_ = l.bucket(clientOf(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)))
		if i == maxClients && l.of[first] == nil {
			t.Fatal("a client is forgotten that was seen lately")
		}
		if i <= maxClients {
			_ = l.bucket(first)
		}
		if len(l.of) > maxClients || l.recent.Len() != len(l.of) {
			t.Fatalf("%d clients are known, and %d are in the list", len(l.of), l.recent.Len())
		}
	}
	if l.of[first] != nil || len(l.of) != maxClients {
		t.Errorf("%d clients are known, and the one that was seen longest ago is: %v", len(l.of), l.of[first] != nil)
	}
}

// TestClientOf says which addresses are one client.
func TestClientOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1:1", "192.0.2.1:2", true},
		{"192.0.2.1:1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"::ffff:192.0.2.1", "192.0.2.1", true},
		{"[2001:db8:1:2::1]:80", "2001:db8:1:2:ffff::9", true},
		{"2001:db8:1:2::1", "2001:db8:1:3::1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
		{"", "@", true},
		{"192.0.2.1, 192.0.2.2", "unknown", true},
	} {
		if got := clientOf(test.a) == clientOf(test.b); got != test.same {
			t.Errorf("%q and %q are one client: %v", test.a, test.b, got)
		}
	}
}
