package control

// excess is how much better a step on the day began explains the units than a straight line does: the difference of the squared errors, in
// variances of one unit.
func excess(b *Baseline, s *Series, from, base, began int) float64 {
	type point struct{ t, z float64 }
	var list []point
	for _, u := range append(b.units(s, from, base), b.units(s, base, len(s.Days))...) {
		list = append(list, point{float64(u.From+u.Until-1) / 2, max(-most, min(most, u.raw/b.Sigma))})
	}
	n := float64(len(list))
	var mt, mz, n0, m0, n1, m1 float64
	for _, p := range list {
		mt, mz = mt+p.t/n, mz+p.z/n
		if p.t < float64(began) {
			n0, m0 = n0+1, m0+p.z
		} else {
			n1, m1 = n1+1, m1+p.z
		}
	}
	if n0 == 0 || n1 == 0 {
		return 0
	}
	m0, m1 = m0/n0, m1/n1
	var stt, stz, szz, step float64
	for _, p := range list {
		stt += (p.t - mt) * (p.t - mt)
		stz += (p.t - mt) * (p.z - mz)
		szz += (p.z - mz) * (p.z - mz)
		m := m0
		if p.t >= float64(began) {
			m = m1
		}
		step += (p.z - m) * (p.z - m)
	}
	return szz - stz*stz/stt - step
}
