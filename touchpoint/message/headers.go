package message

import (
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/propagation"

	"cairncx.dev/cairn/cx/propagate"
)

// Map has the headers of a message, or its attributes, with one value each. It is a [propagation.TextMapCarrier]. Keys are compared with
// their case. Not safe for concurrent use. A nil Map is empty; Set on it panics, and [Inject] leaves it alone.
type Map map[string]string

var _ propagation.TextMapCarrier = Map(nil)

// Get implements [propagation.TextMapCarrier].
func (m Map) Get(key string) string { return m[key] }

// Set implements [propagation.TextMapCarrier].
func (m Map) Set(key, value string) { m[key] = value }

// Keys implements [propagation.TextMapCarrier].
func (m Map) Keys() []string { return slices.Collect(maps.Keys(m)) }

// Del removes a header.
func (m Map) Del(key string) { delete(m, key) }

// Lists has the headers of a message with several values each, as nats.Header and http.Header do. It is a
// [propagation.TextMapCarrier]. Keys are compared with their case. Not safe for concurrent use. A nil Lists is empty; Set on it panics,
// and [Inject] leaves it alone.
type Lists map[string][]string

var (
	_ propagation.TextMapCarrier = Lists(nil)
	_ propagation.ValuesGetter   = Lists(nil)
)

// Get implements [propagation.TextMapCarrier].
func (l Lists) Get(key string) string {
	if all := l[key]; len(all) > 0 {
		return all[0]
	}
	return ""
}

// Values implements [propagation.ValuesGetter].
func (l Lists) Values(key string) []string { return l[key] }

// Set implements [propagation.TextMapCarrier].
func (l Lists) Set(key, value string) { l[key] = []string{value} }

// Keys implements [propagation.TextMapCarrier].
func (l Lists) Keys() []string { return slices.Collect(maps.Keys(l)) }

// Del removes a header with all of its values.
func (l Lists) Del(key string) { delete(l, key) }

// baggageHeader is the name of the header (W3C Baggage, section 3.2). Brokers keep the case of names, and other senders write any case.
const baggageHeader = "baggage"

// baggageOf returns the members of all baggage headers as one list, and the names of those headers, each once. The list begins with the
// header that has the name in the case of the specification.
func baggageOf(headers propagation.TextMapCarrier) (list string, keys []string) {
	if headers == nil {
		return "", nil
	}
	for _, key := range headers.Keys() {
		if len(key) != len(baggageHeader) || !strings.EqualFold(key, baggageHeader) || slices.Contains(keys, key) {
			continue
		}
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return strings.Compare(b, a) }) // small letters first
	var lines []string
	for _, key := range keys {
		if all, ok := headers.(propagation.ValuesGetter); ok {
			lines = append(lines, all.Values(key)...)
		} else {
			lines = append(lines, headers.Get(key))
		}
	}
	return strings.Join(lines, ","), keys
}

// setBaggage makes list the only baggage of the headers, which have these baggage headers.
func setBaggage(headers propagation.TextMapCarrier, keys []string, list string) {
	into := baggageHeader
	if len(keys) > 0 {
		into = keys[0]
	}
	for i, key := range keys {
		if i > 0 || list == "" {
			remove(headers, key)
		}
	}
	if list != "" {
		headers.Set(into, list)
	}
}

// remove removes a header, or empties it where the carrier cannot remove one.
func remove(headers propagation.TextMapCarrier, key string) {
	if d, ok := headers.(interface{ Del(key string) }); ok {
		d.Del(key)
		return
	}
	headers.Set(key, "")
}

// strip removes the position from the headers, whose baggage is list, under these keys. Other members stay.
func strip(headers propagation.TextMapCarrier, keys []string, list string) {
	if _, found := propagate.TextFromBaggage(list); found {
		setBaggage(headers, keys, propagate.AddToBaggage(list, ""))
	}
}
