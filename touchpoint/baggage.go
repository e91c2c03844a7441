package touchpoint

import (
	"net/http"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/propagate"
)

const baggageHeader = "Baggage"

// isBaggage reports whether the key is that of the baggage header. A server writes the canonical form; other code may write any
// case.
func isBaggage(key string) bool {
	return len(key) == len(baggageHeader) && strings.EqualFold(key, baggageHeader)
}

// baggageOf returns the members of all baggage headers as one list (W3C Baggage, section 3.3).
func baggageOf(h http.Header) string {
	var lines []string
	for key, values := range h {
		if isBaggage(key) {
			if key == baggageHeader {
				lines = slices.Concat(values, lines)
			} else {
				lines = slices.Concat(lines, values)
			}
		}
	}
	return strings.Join(lines, ",")
}

// stripBaggage removes the members that hold a position. A header line without such a member stays as it is.
func stripBaggage(h http.Header) {
	for key, values := range h {
		if !isBaggage(key) {
			continue
		}
		left := make([]string, 0, len(values))
		for _, line := range values {
			if _, found := propagate.TextFromBaggage(line); found {
				line = propagate.AddToBaggage(line, "")
				if line == "" {
					continue
				}
			}
			left = append(left, line)
		}
		if len(left) == 0 {
			delete(h, key)
		} else {
			h[key] = left
		}
	}
}

// setBaggage makes list the only baggage header.
func setBaggage(h http.Header, list string) {
	for key := range h {
		if isBaggage(key) {
			delete(h, key)
		}
	}
	h[baggageHeader] = []string{list}
}
