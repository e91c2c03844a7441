package touchpoint

import (
	"net/http"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/propagate"
)

const baggageHeader = "Baggage"

// isBaggage reports whether the key is the header's. A server's header has it in the canonical
// form; one that code has filled may have any.
func isBaggage(key string) bool {
	return len(key) == len(baggageHeader) && strings.EqualFold(key, baggageHeader)
}

// baggageOf returns the baggage of all its header lines, as one list (W3C Baggage, section 3.3).
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

// stripBaggage takes the position's members out of the header. Lines without one stay as they are.
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

// setBaggage makes list the header's only baggage.
func setBaggage(h http.Header, list string) {
	for key := range h {
		if isBaggage(key) {
			delete(h, key)
		}
	}
	h[baggageHeader] = []string{list}
}
