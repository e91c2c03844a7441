package delegate

import (
	"crypto/sha256"
	"sync"
	"time"
)

// nonces remembers which nonces were used, until their signatures expire. It is bounded, and safe for concurrent use.
type nonces struct {
	mu    sync.Mutex
	room  int
	until map[[16]byte]int64 // seconds since 1970
	swept int64
}

func newNonces(room int) *nonces { return &nonces{room: room, until: map[[16]byte]int64{}} }

// use says that a key has used the nonce now, in a signature that is good until a time. It returns why that must not be, or "".
func (n *nonces) use(keyid, nonce string, now, until time.Time) string {
	var id [16]byte
	sum := sha256.Sum256([]byte(keyid + "\x00" + nonce))
	copy(id[:], sum[:])
	n.mu.Lock()
	defer n.mu.Unlock()
	at := now.Unix()
	if end, used := n.until[id]; used && end >= at {
		return "its nonce was used before"
	}
	if len(n.until) >= n.room && n.swept != at { // at most once a second
		n.swept = at
		for k, end := range n.until {
			if end < at {
				delete(n.until, k)
			}
		}
	}
	if len(n.until) >= n.room {
		return "there is no room to remember its nonce: give more with delegate.WithNonces"
	}
	n.until[id] = until.Unix()
	return ""
}
