package track

// dueSlot is a slot that the sweep has to look at.
type dueSlot struct {
	at   int64
	slot uint32
}

// dueHeap is a 4-ary heap of slots with the first due on top. A slot whose due was changed is in it more than once; the sweep
// compares the two and skips the old entry.
type dueHeap []dueSlot

func (h *dueHeap) push(d dueSlot) {
	*h = append(*h, d)
	q := *h
	i := len(q) - 1
	for i > 0 {
		up := (i - 1) / 4
		if q[up].at <= d.at {
			break
		}
		q[i] = q[up]
		i = up
	}
	q[i] = d
}

func (h *dueHeap) pop() dueSlot {
	q := *h
	top := q[0]
	last := q[len(q)-1]
	q = q[:len(q)-1]
	*h = q
	i := 0
	for {
		first := 4*i + 1
		if first >= len(q) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(q)); c++ {
			if q[c].at < q[least].at {
				least = c
			}
		}
		if last.at <= q[least].at {
			break
		}
		q[i] = q[least]
		i = least
	}
	if len(q) > 0 {
		q[i] = last
	}
	return top
}
