package touchpoint

import "cairncx.dev/cairn/cx/propagate"

// Targets are the hosts that a client of another protocol than HTTP may send a position to, by the rules of [Transport]. Adapters use
// it. The nil value allows none. Safe for concurrent use.
type Targets struct{ hosts hosts }

// NewTargets returns the hosts of these texts, each as [Transport] describes it.
func NewTargets(allowed ...string) *Targets { return &Targets{newHosts(allowed)} }

// Allow reports whether the address is one of the hosts. It is a name or an IP address, with a port ("payments:8443", "[::1]:8443") or
// without. The port of an address without one is defaultPort; "" is unknown, and only hosts that allow every port allow it.
func (t *Targets) Allow(address, defaultPort string) bool {
	if t == nil {
		return false
	}
	name, port := splitHost(address)
	if port == "" {
		port = canonicalPort(defaultPort)
	}
	return t.hosts.allowHost(canonicalHost(name), port)
}

// CarryPosition makes text, made by [propagate.Sign], the only position in the metadata of a call: in an http.Header or a metadata.MD of
// gRPC. An empty text removes every position. Other members of the W3C baggage stay. A new entry gets the key, "Baggage" in an
// http.Header and "baggage" in gRPC's metadata; entries with another case of it are found too. A nil map stays as it is.
func CarryPosition(metadata map[string][]string, key, text string) {
	if text == "" {
		stripBaggage(metadata)
		return
	}
	if metadata == nil {
		return
	}
	was := BaggageOf(metadata)
	for k := range metadata {
		if isBaggage(k) {
			delete(metadata, k)
		}
	}
	metadata[key] = []string{propagate.AddToBaggage(was, text)}
}

// BaggageOf returns the members of all entries of W3C baggage in the metadata of a call as one list (W3C Baggage, section 3.3).
func BaggageOf(metadata map[string][]string) string { return baggageOf(metadata) }
