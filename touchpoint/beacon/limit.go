package beacon

import (
	"container/list"
	"math"
	"net/netip"
	"sync"
	"time"
)

const (
	// maxClients bounds the clients whose rate is known. The one that was seen longest ago is forgotten for a new one.
	maxClients = 1 << 14
	// perNetwork is how many runs may send at the full rate from one network, such as that of an office.
	perNetwork = 64
)

// limiter bounds the requests of each client by a bucket of tokens. It takes bounded memory. Safe for concurrent use.
type limiter struct {
	every time.Duration // for a token more
	burst float64

	mu     sync.Mutex
	of     map[client]*list.Element
	recent list.List // of *bucket, the latest first
}

// client is what has a rate: a network, or a run, by half of a SHA-256.
type client struct {
	network netip.Prefix
	run     [16]byte
	runs    bool // all requests with a run from the network
}

type bucket struct {
	client client
	tokens float64
	at     time.Time
}

func newLimiter(every time.Duration, burst int) *limiter {
	return &limiter{every: every, burst: float64(burst), of: map[client]*list.Element{}}
}

// take reports whether the client may send a request at this time, and else how long it has to wait. It may send times as many as others.
func (l *limiter) take(c client, times float64, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(c, times, now)
	if passed := now.Sub(b.at); passed > 0 { // a clock may go back
		b.tokens = min(l.burst*times, b.tokens+times*float64(passed)/float64(l.every))
	}
	b.at = now
	if b.tokens < 1 {
		return time.Duration(math.Ceil((1 - b.tokens) * float64(l.every) / times)), false
	}
	b.tokens--
	return 0, true
}

// giveBack takes back that the client has sent a request. It may send times as many as others.
func (l *limiter) giveBack(c client, times float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.of[c]; e != nil {
		b := e.Value.(*bucket) //nolint:forcetypeassert // it has nothing else
		b.tokens = min(l.burst*times, b.tokens+1)
	}
}

// bucket returns the bucket of the client, full for a new one. The caller holds the lock.
func (l *limiter) bucket(c client, times float64, now time.Time) *bucket {
	if e := l.of[c]; e != nil {
		l.recent.MoveToFront(e)
		return e.Value.(*bucket) //nolint:forcetypeassert // it has nothing else
	}
	if len(l.of) >= maxClients {
		oldest := l.recent.Remove(l.recent.Back()).(*bucket) //nolint:forcetypeassert // it has nothing else
		delete(l.of, oldest.client)
	}
	b := &bucket{client: c, tokens: l.burst * times, at: now}
	l.of[c] = l.recent.PushFront(b)
	return b
}

// networkOf returns what counts as one client: an address of IPv4, or a network of 64 bits of IPv6, which is what one customer has. All that
// cannot be read is one client.
func networkOf(address string) netip.Prefix {
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
