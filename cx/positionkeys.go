package cx

import (
	"time"

	"cairncx.dev/cairn/cx/propagate"
)

// WithPositionKeys signs the customer's position where it goes to other services, and lets those
// that have the key believe it whichever peer brings it: touchpoint.WithSignedPositions. It is the way wherever
// anything lies between two services: a proxy, a gateway, a mesh, a queue. The first key signs,
// all of them verify. To change the key, add the new one behind the old one in every service, then put it
// first everywhere, then take the old one out when what it has signed has expired. A key has at
// least 16 bytes ([propagate.MinKey]), which should be random: 32 are a good size. It is a
// secret that all services of one environment share, another one than [WithCustomerKey]'s. It is
// copied, and never printed.
//
// A signed position is believed for 5 minutes ([propagate.RequestLife], [WithPositionLife]) by the
// clients' clocks ([WithClock]), which may differ by 30 s ([propagate.ClockSkew]). A peer that sees one
// on its way can send it again for that long, with any request: the signature proves that one of one's
// own services wrote it, not which peer brings it. A service without keys ignores signatures. New
// refuses a key that is too short, and the option without keys. Default: none; positions are sent
// unsigned.
func WithPositionKeys(keys ...[]byte) Option {
	own := make([][]byte, len(keys))
	for i, k := range keys {
		own[i] = append([]byte(nil), k...)
	}
	return optionFunc(func(c *config) { c.signing.list = given[[][]byte]{own, true} })
}

// WithPositionLife sets how long a position that this client signed is believed, and at most how
// long this client believes a signed one; the shorter of both counts. It is from 1 s to 366 days, and for
// requests: adapters for messages have their own, 30 days. Default: 5 minutes.
func WithPositionLife(d time.Duration) Option {
	return optionFunc(func(c *config) { c.signing.life = given[time.Duration]{d, true} })
}

// signing is what the options say about the keys of positions.
type signing struct {
	list given[[][]byte]
	life given[time.Duration]
}

// keys returns the keys, or nil without [WithPositionKeys].
func (s *signing) keys(now func() time.Time) *propagate.Keys {
	if !s.list.given {
		return nil
	}
	keys, _ := propagate.NewKeys(now, s.life.value, s.list.value...) // check has seen its error
	return keys
}

// PositionKeys implements [event.KeyHolder]: the keys of [WithPositionKeys], or nil.
func (c *Client) PositionKeys() *propagate.Keys {
	if c == nil {
		return nil
	}
	return c.positionKeys
}
