package fleet

// tally is what is counted of one counter. Each series has the value of its last sample, also while it has none: a process that was not
// scraped for a while loses nothing.
type tally struct {
	by    string // the label that the sums are by
	last  map[string]float64
	known bool  // whether a sample was there
	first int64 // when the first one was, or 0 if that was before the time that is counted
	parts []part
}

// part has the sums of the time from a beginning to the next one.
type part struct {
	from int64
	sums map[string]float64
}

// begin makes what follows count from there.
func (t *tally) begin(from int64) { t.parts = append(t.parts, part{from, map[string]float64{}}) }

// sample counts the next value of the series. Its first one counts nothing. One that is lower than the last one is that of a counter
// that began again.
func (t *tally) sample(s *series, value float64) {
	last, there := t.last[s.key]
	t.last[s.key] = value
	if !there {
		return
	}
	increase := value - last
	if increase < 0 {
		increase = value
	}
	if increase > 0 {
		t.parts[len(t.parts)-1].sums[s.Metric[t.by]] += increase
	}
}

// since returns the sums from that beginning on.
func (t *tally) since(from int64) map[string]float64 {
	sums := map[string]float64{}
	for _, p := range t.parts {
		if p.from < from {
			continue
		}
		for by, n := range p.sums {
			sums[by] += n
		}
	}
	return sums
}

// hourly is what the server says of an hour.
type hourly struct {
	series []*ofHour
	index  map[string]*ofHour
	reset  bool // whether one of the series was reset in it
}

// ofHour has the lowest value of a series in an hour and its last one. Without a reset the lowest one is the first one.
type ofHour struct {
	series      *series
	least, last float64
}

// say takes a value of the answer to [summary].
func (h *hourly) say(s *series, value float64) {
	if s.kind == kindResets {
		h.reset = h.reset || value > 0
		return
	}
	of := h.index[s.key]
	if of == nil {
		if h.index == nil {
			h.index = map[string]*ofHour{}
		}
		of = &ofHour{series: s, least: value, last: value}
		h.index[s.key], h.series = of, append(h.series, of)
	}
	if s.kind == kindLeast {
		of.least = value
	} else {
		of.last = value
	}
}
