package track

import (
	"encoding/binary"
	"slices"

	"cairncx.dev/cairn/internal/flight"
)

// answers is what a run knows as a follow-up, beside its stages and promises. The zero value is a run that is none.
type answers struct {
	is   bool
	said []said // by time: how serious the matter is
	told int    // the visit in which the customer had the answer when the oldest facts were folded; 0 is none
}

// said is a severity, and since when the matter has it.
type said struct {
	at       int64
	severity string
}

// maxSaid bounds the severities of a follow-up that are known. The oldest are forgotten.
const maxSaid = 16

// say notes that the run is a follow-up, and which severity its matter has from then on; "" says nothing of that.
func (a *answers) say(at int64, severity string) {
	a.is = true
	s := said{at, severity}
	if severity == "" || slices.Contains(a.said, s) {
		return
	}
	pos := len(a.said)
	for pos > 0 && a.said[pos-1].at > at {
		pos--
	}
	if a.said = slices.Insert(a.said, pos, s); len(a.said) > maxSaid {
		a.said = slices.Delete(a.said, 0, 1)
	}
}

// severity returns the severity of the matter at that time; "" is none.
func (a *answers) severity(at int64) (severity string) {
	for _, s := range a.said {
		if s.at > at {
			break
		}
		severity = s.severity
	}
	return severity
}

// append appends it to a state. Times count from the start of the run.
func (a *answers) append(b []byte, start int64) []byte {
	is := byte(0)
	if a.is {
		is = 1
	}
	b = appendUint(appendUint(append(b, is), a.told), len(a.said))
	for _, s := range a.said {
		b = appendString(binary.AppendVarint(b, s.at-start), s.severity)
	}
	return b
}

func (a *answers) read(in *reader, start int64) {
	is := in.byte()
	a.is, a.told = is == 1, int(in.uint())
	n := in.count(2)
	in.fail = in.fail || is > 1 || a.told < 0 || n > maxSaid
	for range min(n, maxSaid) {
		a.said = append(a.said, said{in.int() + start, in.string()})
	}
}

// answered returns the visit to the step told in which the customer of a follow-up got the answer that stands at that time, or 0 where
// none does: the matter was not received again since.
func (r *run) answered(at int64) (visit int) {
	visit = r.answers.told
	for _, v := range r.visits() {
		switch {
		case v.entered > at:
			return visit
		case r.been[v.stage].name == flight.StepTold:
			visit = v.n
		case r.been[v.stage].name == flight.StepReceived:
			visit = 0
		}
	}
	return visit
}

// nextOf returns the place of the visit with which the k-th one is over, or how many there are. That in which the customer of a follow-up
// got the answer is over when the matter is received again, or answered anew, or when the customer confirms.
func (r *run) nextOf(visits []visit, k int) int {
	name := func(i int) string { return r.been[visits[i].stage].name }
	if k++; r.answers.is && name(k-1) == flight.StepTold {
		for k < len(visits) && name(k) != flight.StepReceived && name(k) != flight.StepTold && name(k) != flight.StepConfirmed {
			k++
		}
	}
	return k
}
