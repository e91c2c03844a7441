package intake

import (
	"container/list"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxClients bounds the clients whose rate is known. The one that was seen longest ago is forgotten for a new one.
const maxClients = 1 << 14

// limiter bounds the requests of each client. Safe for concurrent use.
type limiter struct {
	rate    rate.Limit
	burst   int
	address func(*http.Request) string

	mu     sync.Mutex
	of     map[netip.Prefix]*list.Element
	recent list.List // of *visitor, the latest first
}

type visitor struct {
	client netip.Prefix
	bucket *rate.Limiter
}

func newLimiter(c *config) *limiter {
	return &limiter{rate: c.rate, burst: c.burst, address: c.address, of: map[netip.Prefix]*list.Element{}}
}

// allow reports whether the client of the request may send it now, and else how long it has to wait.
func (l *limiter) allow(r *http.Request, now time.Time) (wait time.Duration, ok bool) {
	if l.rate == rate.Inf {
		return 0, true
	}
	client := clientOf(l.text(r))
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(client)
	if b.AllowN(now, 1) {
		return 0, true
	}
	missing := 1 - b.TokensAt(now)
	return max(time.Second, time.Duration(missing/float64(l.rate)*float64(time.Second))), false
}

// bucket returns what bounds the client. The caller holds the lock.
func (l *limiter) bucket(client netip.Prefix) *rate.Limiter {
	if e := l.of[client]; e != nil {
		l.recent.MoveToFront(e)
		return e.Value.(*visitor).bucket //nolint:forcetypeassert // it has nothing else
	}
	if len(l.of) >= maxClients {
		oldest := l.recent.Back()
		delete(l.of, l.recent.Remove(oldest).(*visitor).client) //nolint:forcetypeassert // it has nothing else
	}
	v := &visitor{client, rate.NewLimiter(l.rate, l.burst)}
	l.of[client] = l.recent.PushFront(v)
	return v.bucket
}

// text returns the address of the client as text.
func (l *limiter) text(r *http.Request) (address string) {
	if l.address == nil {
		return r.RemoteAddr
	}
	defer func() {
		if recover() != nil {
			address = ""
		}
	}()
	return l.address(r)
}

// clientOf returns what counts as one client: an address of IPv4, or a network of 64 bits of IPv6, which is what one customer has. All
// that cannot be read is one client.
func clientOf(address string) netip.Prefix {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		p, err := netip.ParseAddrPort(address)
		if err != nil {
			return netip.Prefix{}
		}
		ip = p.Addr()
	}
	ip = ip.Unmap().WithZone("")
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	prefix, _ := ip.Prefix(bits) // the bits fit
	return prefix
}
