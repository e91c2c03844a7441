package httpsink

// Remembered returns the hashes of the places that are remembered, each where it is kept.
func (p *Places) Remembered() map[int][2]uint64 {
	m := map[int][2]uint64{}
	for i, k := range p.known {
		if k.trace.IsValid() {
			m[i] = k.hash
		}
	}
	return m
}
