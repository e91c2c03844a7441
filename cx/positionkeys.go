package cx

import (
	"time"

	"cairncx.dev/cairn/cx/propagate"
)

// WithPositionKeys signs the customer's position in requests to other services. A service with the same key believes the
// position whichever peer sends the request, if it uses touchpoint.WithSignedPositions. Use keys wherever a proxy, a
// gateway, a mesh or a queue is between two services.
//
// The first key signs, and all keys verify. To replace a key, add the new one after the old one in every service, then put
// the new one first everywhere, then remove the old one when every position that it signed has expired. A key has at least
// 16 bytes ([propagate.MinKey]); 32 random bytes are a good choice. All services of one environment share the key, and it
// differs from the key of [WithCustomerKey]. The client copies the keys and never prints them.
//
// A signed position is believed for 5 minutes ([propagate.RequestLife], [WithPositionLife]) by the clients' clocks
// ([WithClock]), which may differ by 30 s ([propagate.ClockSkew]). The signature proves which system made the position, and
// not which peer sends it: a peer that sees a position can send it again with any request until it expires. A service
// without keys ignores signatures. New returns an error for a short key, and for the option without keys. Default: none;
// positions are sent unsigned.
func WithPositionKeys(keys ...[]byte) Option {
	own := make([][]byte, len(keys))
	for i, k := range keys {
		own[i] = append([]byte(nil), k...)
	}
	return optionFunc(func(c *config) { c.signing.list = given[[][]byte]{own, true} })
}

// WithPositionLife sets how long receivers believe a position that this client has signed, and how long this client
// believes a signed position at most. The shorter of the two times holds. It is from 1 second to 366 days. New returns an
// error for a time out of range, and without [WithPositionKeys]. It applies to requests: adapters for messages use 30 days
// ([propagate.MessageLife]). Default: 5 minutes.
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

// PositionKeys returns the keys of [WithPositionKeys], or nil.
func (c *Client) PositionKeys() *propagate.Keys {
	if c == nil {
		return nil
	}
	return c.positionKeys
}
