package spanmatch

import (
	"slices"
	"sync"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// shards is the number of parts of the open spans, so that spans seldom wait for each other.
const shards = 64

// open keeps what rules read of the baggage of spans that have started and not ended. It is bounded: a span that never ends takes its
// place until a newer one needs it.
type open struct {
	keys   []string // of the baggage
	shards [shards]shard
}

type spanKey struct {
	trace trace.TraceID
	span  trace.SpanID
}

type shard struct {
	mu     sync.Mutex
	values map[spanKey][]string // by the index of the key in keys
	order  []spanKey            // from the oldest to the newest, also of spans that have ended
	most   int
}

func newOpen(keys []string, most int) *open {
	o := &open{keys: keys}
	for i := range o.shards {
		o.shards[i].most = max(1, most/shards)
	}
	return o
}

func (o *open) shard(sc trace.SpanContext) (*shard, spanKey) {
	k := spanKey{sc.TraceID(), sc.SpanID()}
	return &o.shards[k.span[7]%shards], k
}

// put notes the members of the baggage that rules read, unless there are none.
func (o *open) put(sc trace.SpanContext, b baggage.Baggage) {
	var values []string
	for i, key := range o.keys {
		if v := b.Member(key).Value(); v != "" && len(v) <= event.MaxID {
			if values == nil {
				values = make([]string, len(o.keys))
			}
			values[i] = v
		}
	}
	if values == nil {
		return
	}
	s, k := o.shard(sc)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(k, values)
}

func (s *shard) put(k spanKey, values []string) {
	if s.values == nil {
		s.values = map[spanKey][]string{}
	}
	for len(s.values) >= s.most {
		delete(s.values, s.order[0])
		s.order = s.order[1:]
	}
	if len(s.order) >= 2*s.most { // at most half of them are open
		s.order = slices.DeleteFunc(s.order, func(k spanKey) bool { _, is := s.values[k]; return !is })
	}
	s.order = append(s.order, k)
	s.values[k] = values
}

// take returns what put has noted of the span, and forgets it. It returns nil if there is nothing.
func (o *open) take(sc trace.SpanContext) []string {
	s, k := o.shard(sc)
	s.mu.Lock()
	defer s.mu.Unlock()
	values := s.values[k]
	delete(s.values, k)
	return values
}

// member returns the value of a key among what take returned.
func (o *open) member(values []string, key string) string {
	for i, k := range o.keys {
		if k == key && i < len(values) {
			return values[i]
		}
	}
	return ""
}
