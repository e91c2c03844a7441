package insight

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// helped compares what customers said before the action was made with what they said since.
func (l *listening) helped(a *acting, confidence float64) *Helped {
	made, now := a.Made.UnixMicro(), l.c.now
	age := min(l.lateness(made-maxWindow.Microseconds(), now), (now-made)/2)
	window := min(now-age-made, maxWindow.Microseconds())
	h := &Helped{P: 1, Adjusted: 1, Window: time.Duration(window) * time.Microsecond, AtAge: time.Duration(age) * time.Microsecond}
	var before, after namedBy
	for i := range l.said {
		u := &l.said[i]
		if u.at-u.begun > age {
			continue
		}
		switch {
		case u.begun >= made-window && u.begun < made:
			before.add(u, l.lists[u.causes], a.Cause)
		case u.begun >= made && u.begun < made+window:
			after.add(u, l.lists[u.causes], a.Cause)
		}
	}
	if h.Hidden = smallgroup.Small(before.people.Size()) || smallgroup.Small(after.people.Size()); h.Hidden {
		return h
	}
	h.Before, h.After = score.ShareOf(before.count, before.n, confidence), score.ShareOf(after.count, after.n, confidence)
	if h.Difference = score.Shares(h.After, h.Before, confidence); h.Difference.OK() {
		h.P, _ = stats.SharesTest(after.count, after.n, before.count, before.n)
	}
	return h
}

// lateness returns the time, in microseconds, within which 95% of what was said about runs that began in a period came.
func (l *listening) lateness(from, until int64) int64 {
	var late []int64
	for i := range l.said {
		if u := &l.said[i]; u.begun >= from && u.begun <= until {
			late = append(late, u.at-u.begun)
		}
	}
	if len(late) == 0 {
		return 0
	}
	slices.Sort(late)
	return late[mostOver(int64(len(late)))]
}

// namedBy counts what was said, and how much of it names a cause.
type namedBy struct {
	n, count int64
	people   smallgroup.People
}

func (n *namedBy) add(u *utterance, causes []string, cause string) {
	n.n++
	n.people.AddSome(u.who)
	if slices.Contains(causes, cause) {
		n.count++
	}
}
