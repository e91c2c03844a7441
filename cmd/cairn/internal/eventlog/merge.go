package eventlog

import (
	"container/heap"
	"io"
)

// merge merges several sources into one in the order of time. Rows with the same time come in the order of
// their sources.
type merge struct {
	heads   heads
	started bool
}

type head struct {
	row   Row
	from  source
	index int
}

func newMerge(sources []source) source {
	if len(sources) == 1 {
		return sources[0]
	}
	m := &merge{}
	for i, s := range sources {
		m.heads = append(m.heads, &head{from: s, index: i})
	}
	return m
}

// next returns the row of the first head. The head advances with the following call, because the slices of the
// row must stay valid until then.
func (m *merge) next(row *Row) error {
	if err := m.advance(); err != nil {
		return err
	}
	if len(m.heads) == 0 {
		return io.EOF
	}
	*row = m.heads[0].row
	return nil
}

func (m *merge) advance() error {
	if !m.started {
		m.started = true
		live := m.heads[:0]
		for _, h := range m.heads {
			switch err := h.from.next(&h.row); {
			case err == nil:
				live = append(live, h)
			case err != io.EOF: //nolint:errorlint // an error that wraps io.EOF is not the end
				return err
			}
		}
		m.heads = live
		heap.Init(&m.heads)
		return nil
	}
	if len(m.heads) == 0 {
		return nil
	}
	first := m.heads[0]
	switch err := first.from.next(&first.row); err {
	case nil:
		heap.Fix(&m.heads, 0)
	case io.EOF: //nolint:errorlint // an error that wraps io.EOF is not the end
		heap.Pop(&m.heads)
	default:
		return err
	}
	return nil
}

// heads is a heap ordered by time and then by the order of the sources.
type heads []*head

// Len implements [heap.Interface].
func (h *heads) Len() int { return len(*h) }

// Less implements [heap.Interface].
func (h *heads) Less(i, j int) bool {
	a, b := (*h)[i], (*h)[j]
	if a.row.Time != b.row.Time {
		return a.row.Time < b.row.Time
	}
	return a.index < b.index
}

// Swap implements [heap.Interface].
func (h *heads) Swap(i, j int) { (*h)[i], (*h)[j] = (*h)[j], (*h)[i] }

// Push implements [heap.Interface].
func (h *heads) Push(x any) { *h = append(*h, x.(*head)) } //nolint:forcetypeassert // only *head values are pushed

// Pop implements [heap.Interface].
func (h *heads) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
