package spanrule

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// MaxRules is the maximum number of rules of a [Set].
const MaxRules = 10_000

// Set finds the rule of a span. It does not change, and is safe for concurrent use. A nil Set has no rules.
//
// A span is looked up, and not compared with each rule: a span that no rule is about costs the same with ten rules as with a thousand.
// Each rule is in one of the indexes, under what a span must have to match it: the name of the span or the text of one attribute, whole or as
// its beginning before the first *; and only the key of an attribute where the rule has nothing better. The set takes what the fewest other
// rules have, because the rules that share it are compared with each span that has it.
//
// A rule whose span begins with a * and which has no attributes is in none, and is compared with each span.
type Set struct {
	rules []Rule
	names texts
	// keys are the rules that are indexed by an attribute.
	keys map[attribute.Key]*texts
	// rest are the rules in no index.
	rest    []int
	baggage []string
	kinds   [trace.SpanKindConsumer + 1]bool // of rules that read baggage
}

// texts indexes rules by a text.
type texts struct {
	whole    map[string][]int // by the whole text
	begun    map[string][]int // by the beginning of the text
	lengths  []int            // of these beginnings, ascending
	whatever []int            // for any text
}

// Compile returns the set of the rules. A span that matches several rules is of the first one. Compile returns an error that wraps
// [ErrRule] and names each faulty rule by its index.
func Compile(rules ...Rule) (*Set, error) {
	if len(rules) > MaxRules {
		return nil, fmt.Errorf("%w: there are %d, and at most %d are allowed: remove some", ErrRule, len(rules), MaxRules)
	}
	s := &Set{rules: slices.Clone(rules), keys: map[attribute.Key]*texts{}}
	var errs []error
	for i := range s.rules {
		r := &s.rules[i]
		r.Attributes = maps.Clone(r.Attributes)
		if err := r.check(); err != nil {
			errs = append(errs, fmt.Errorf("%w: rule %d of %.80q: %w", ErrRule, i, r.Touchpoint, err))
			continue
		}
		for _, source := range []Source{r.Case, r.Customer, r.Segment, r.Actor} {
			if source.Baggage != "" {
				s.reads(source.Baggage, r.Kind)
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	s.index()
	return s, nil
}

// place is what a rule can be indexed by: the name of the span, for the key "", or an attribute; and the text that a span must have there.
type place struct {
	key, beginning string
	whole          bool
}

// placeOf returns the place of a pattern for the name of the span or for an attribute.
func placeOf(key, pattern string) place {
	beginning, _, wild := strings.Cut(pattern, "*")
	return place{key, beginning, !wild}
}

// places returns the places of the rule, those that tell most first: the name of the span, whole texts of attributes, beginnings of them, and
// keys alone. A name that begins with a * is none.
func (r *Rule) places() []place {
	var list []place
	if p := placeOf("", r.Span); p.beginning != "" {
		list = append(list, p)
	}
	var begun, keys []place
	for _, key := range slices.Sorted(maps.Keys(r.Attributes)) {
		switch p := placeOf(key, r.Attributes[key]); {
		case p.whole:
			list = append(list, p)
		case p.beginning != "":
			begun = append(begun, p)
		default:
			keys = append(keys, p)
		}
	}
	return append(append(list, begun...), keys...)
}

// index puts each rule into an index: at that of its places which the fewest rules have, because all rules of a place are compared with
// each span there. In a service that gives every span one name, the name tells nothing.
func (s *Set) index() {
	rules := make([][]place, len(s.rules))
	have := map[place]int{}
	for i := range s.rules {
		rules[i] = s.rules[i].places()
		for _, p := range rules[i] {
			have[p]++
		}
	}
	for i, list := range rules {
		if len(list) == 0 {
			s.rest = append(s.rest, i)
			continue
		}
		best := slices.MinFunc(list, func(a, b place) int { // the first one of several
			return cmp.Or(-compareKnown(a, b), cmp.Compare(have[a], have[b]))
		})
		r, of := &s.rules[i], &s.names
		pattern := r.Span
		if best.key != "" {
			if of = s.keys[attribute.Key(best.key)]; of == nil {
				of = &texts{}
				s.keys[attribute.Key(best.key)] = of
			}
			pattern = r.Attributes[best.key]
		}
		of.add(i, pattern)
	}
}

// compareKnown orders places without a text, which every span with the key has, before the others.
func compareKnown(a, b place) int {
	known := func(p place) int {
		if p.whole || p.beginning != "" {
			return 1
		}
		return 0
	}
	return cmp.Compare(known(a), known(b))
}

// add puts rule i under the pattern.
func (t *texts) add(i int, pattern string) {
	beginning, _, wild := strings.Cut(pattern, "*")
	switch {
	case !wild:
		if t.whole == nil {
			t.whole = map[string][]int{}
		}
		t.whole[pattern] = append(t.whole[pattern], i)
	case beginning == "":
		t.whatever = append(t.whatever, i)
	default:
		if t.begun == nil {
			t.begun = map[string][]int{}
		}
		t.begun[beginning] = append(t.begun[beginning], i)
		if at, there := slices.BinarySearch(t.lengths, len(beginning)); !there {
			t.lengths = slices.Insert(t.lengths, at, len(beginning))
		}
	}
}

// reads notes that a rule for spans of the kind reads a member of the baggage.
func (s *Set) reads(key string, kind trace.SpanKind) {
	if !slices.Contains(s.baggage, key) {
		s.baggage = append(s.baggage, key)
	}
	for k := range s.kinds {
		if kind == trace.SpanKindUnspecified || kind == trace.SpanKind(k) {
			s.kinds[k] = true
		}
	}
}

// Len returns the number of rules.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	return len(s.rules)
}

// Rule returns rule i, from 0 to Len()-1, in the order of [Compile]. The caller must not change its map.
func (s *Set) Rule(i int) Rule { return s.rules[i] }

// ReadsBaggage reports whether a rule for spans of the kind reads baggage.
func (s *Set) ReadsBaggage(kind trace.SpanKind) bool {
	return s != nil && kind >= 0 && int(kind) < len(s.kinds) && s.kinds[kind]
}

// Baggage returns the keys of the baggage that the rules read. The caller must not change the result.
func (s *Set) Baggage() []string {
	if s == nil {
		return nil
	}
	return s.baggage
}

// Match returns the first rule that the span matches, and false if it matches none. A span that Cairn itself has described, such as that
// of a touchpoint.Handler, matches none. Match does not allocate, except for attributes that are lists of texts.
func (s *Set) Match(sp *Span) (rule int, ok bool) {
	if s == nil {
		return 0, false
	}
	best := len(s.rules)
	s.names.find(s, sp, sp.Name, &best)
	if len(s.keys) > 0 {
		s.attributes(sp, &best)
	}
	s.first(sp, s.rest, &best)
	if best == len(s.rules) || Described(sp) {
		return 0, false
	}
	return best, true
}

// attributes looks for rules by the attributes of the span.
func (s *Set) attributes(sp *Span, best *int) {
	for i := range sp.Attributes {
		kv := &sp.Attributes[i]
		t := s.keys[kv.Key]
		if t == nil {
			continue
		}
		switch kv.Value.Type() {
		case attribute.STRING:
			t.find(s, sp, kv.Value.AsString(), best)
		case attribute.STRINGSLICE:
			for _, text := range kv.Value.AsStringSlice() {
				t.find(s, sp, text, best)
			}
			s.first(sp, t.whatever, best) // also of an empty list
		case attribute.INT64, attribute.FLOAT64, attribute.BOOL:
			var room [32]byte
			t.find(s, sp, string(digits(room[:0], kv.Value)), best)
		default:
			s.first(sp, t.whatever, best)
		}
	}
}

// find looks for rules under the text.
func (t *texts) find(s *Set, sp *Span, text string, best *int) {
	if t.whole != nil {
		s.first(sp, t.whole[text], best)
	}
	for _, n := range t.lengths {
		if n > len(text) {
			break
		}
		s.first(sp, t.begun[text[:n]], best)
	}
	s.first(sp, t.whatever, best)
}

// first lowers best to the first of the rules that the span matches. The list is ascending.
func (s *Set) first(sp *Span, list []int, best *int) {
	for _, i := range list {
		if i >= *best {
			return
		}
		if s.rules[i].fits(sp) {
			*best = i
			return
		}
	}
}

// fits reports whether the span matches the rule. It does not look whether Cairn has described the span.
func (r *Rule) fits(sp *Span) bool {
	if r.Kind != trace.SpanKindUnspecified && r.Kind != sp.Kind || r.Span != "" && !glob(r.Span, sp.Name) {
		return false
	}
	for key, pattern := range r.Attributes {
		if !has(sp, key, pattern) {
			return false
		}
	}
	return true
}

// has reports whether the span has an attribute whose text matches the pattern.
func has(sp *Span, key, pattern string) bool {
	for i := range sp.Attributes {
		if kv := &sp.Attributes[i]; string(kv.Key) == key {
			return matches(pattern, kv.Value)
		}
	}
	return false
}
