package ledgertest

import (
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

var timing = []contract{
	{"due or not", "a record that is due too early ends a live journey, and a record that is never due is never ended", dueOrNot},
	{"Due to the millisecond", "Claim uses the time of the change, by the store's clock", dueToTheMillisecond},
	{"Lease by the store's clock", "the clocks of instances differ, and the store has one clock", leaseByTheStore},
	{"a negative Lease asks for nothing", "a caller computes it, and a run that is past its time must not be swept again and again", negativeLease},
	{"the earlier of Due and Lease", "an instance that works on a run must not delay its deadline", earlierOfBoth},
}

// The times of tests. By every working clock past is in the past, and future in the future.
func past() time.Time   { return time.Date(2020, 4, 17, 12, 0, 0, 0, time.UTC) }
func future() time.Time { return time.Date(2200, 4, 17, 12, 0, 0, 0, time.UTC) }

func dueOrNot(s *suite) {
	tests := dueCases()
	for i, test := range tests {
		for _, c := range test.changes {
			c.Key = run(i)
			s.one(c)
		}
	}
	_, due := s.claim(all, long)
	for i, test := range tests {
		if _, got := in(due, run(i)); got != test.due {
			s.fail("%s: Claim returned the record: %v, want %v", test.name, got, test.due)
		}
	}
	if _, again := s.claim(all, long); len(again) > 0 {
		s.fail("Claim returned %s again within its lease", show(again[0]))
	}
}

type dueCase struct {
	name    string
	due     bool
	changes []ledger.Change
}

func dueCases() []dueCase {
	a := func(due time.Time, lease time.Duration) ledger.Change {
		return ledger.Change{Append: []byte("a"), Due: due, Lease: lease}
	}
	r := func(was string, due time.Time, lease time.Duration) ledger.Change {
		return ledger.Change{If: []byte(was), Replace: []byte("r"), Due: due, Lease: lease}
	}
	end := ledger.Change{If: []byte("a"), Replace: []byte("r"), Due: past(), Lease: 1, Close: true, Keep: long}
	var none time.Time
	type changes = []ledger.Change
	return []dueCase{
		{"no Due and no Lease", false, changes{a(none, 0)}},
		{"append, past", true, changes{a(past(), 0)}},
		{"append, future", false, changes{a(future(), 0)}},
		{"append, 1970 to the second", true, changes{a(time.Unix(0, 0), 0)}},
		{"append, 1900", true, changes{a(past().AddDate(-120, 0, 0), 0)}},
		{"append, 9999", false, changes{a(future().AddDate(7799, 0, 0), 0)}},
		{"an empty append, past", true, changes{a(none, 0), {Due: past()}}},
		{"an empty append without a record, past", true, changes{{Due: past()}}},
		{"append earlier", true, changes{a(future(), 0), a(past(), 0)}},
		{"append later", true, changes{a(past(), 0), a(future(), 0)}},
		{"append with a Due, append without", true, changes{a(past(), 0), a(none, 0)}},
		{"append without a Due, append with one", true, changes{a(none, 0), a(past(), 0)}},
		{"append, lease", false, changes{a(none, long)}},
		{"append, the longest lease", false, changes{a(none, longest)}},
		{"append, past and lease", true, changes{a(past(), long)}},
		{"append, future and lease", false, changes{a(future(), long)}},
		{"append, lease after past", true, changes{a(past(), 0), a(none, long)}},
		{"append, past after lease", true, changes{a(none, long), a(past(), 0)}},
		{"replace, past", true, changes{a(none, 0), r("a", past(), 0)}},
		{"replace, past after future", true, changes{a(future(), 0), r("a", past(), 0)}},
		{"replace, future after past", false, changes{a(past(), 0), r("a", future(), 0)}},
		{"replace without a Due", false, changes{a(past(), 0), r("a", none, 0)}},
		{"replace, lease after past", false, changes{a(past(), 0), r("a", none, long)}},
		{"replace, past and lease", true, changes{a(none, 0), r("a", past(), long)}},
		{"replace by the same log without a Due", false, changes{{Append: []byte("r"), Due: past()}, r("r", none, 0)}},
		{"append after replace", true, changes{a(past(), 0), r("a", none, 0), a(past(), 0)}},
		{"stale replace, past", false, changes{a(future(), 0), r("b", past(), 0)}},
		{"stale replace without a Due", true, changes{a(past(), 0), r("b", none, 0)}},
		{"replace without a record", false, changes{r("", past(), 0)}},
		{"closed, past", false, changes{a(past(), 0), end}},
		{"closed, append past", false, changes{a(none, 0), end, a(past(), 0)}},
		{"closed, replace past", false, changes{a(none, 0), end, r("r", past(), 0)}},
	}
}

func dueToTheMillisecond(s *suite) {
	now := s.now()
	due := now.Truncate(time.Second).Add(1789 * time.Millisecond)
	s.one(ledger.Change{Key: run(1), Append: []byte("a"), Due: due})
	s.dueBetween(run(1), due, due)
}

func leaseByTheStore(s *suite) {
	const lease = 250 * time.Millisecond
	from := s.now()
	s.one(ledger.Change{Key: run(1), Append: []byte("a"), Lease: lease})
	until := s.now()
	s.dueBetween(run(1), from.Add(lease), until.Add(lease))
	from = s.now()
	s.one(ledger.Change{Key: run(1), If: []byte("a"), Replace: []byte("b"), Lease: lease})
	until = s.now()
	s.dueBetween(run(1), from.Add(lease), until.Add(lease))
}

func earlierOfBoth(s *suite) {
	const lease = 250 * time.Millisecond
	from := s.now()
	s.one(ledger.Change{Key: run(1), Append: []byte("a"), Due: future(), Lease: lease})
	until := s.now()
	s.dueBetween(run(1), from.Add(lease), until.Add(lease))
	now := s.now()
	due := now.Add(lease)
	s.one(ledger.Change{Key: run(2), Append: []byte("a"), Due: due, Lease: long})
	s.dueBetween(run(2), due, due)
}

func negativeLease(s *suite) {
	for i, lease := range []time.Duration{-1, -time.Millisecond, -long, -longest, -longest - 1} {
		none, replaced, later, due := run(4*i), run(4*i+1), run(4*i+2), run(4*i+3)
		s.one(adding(replaced, "a"))
		s.write(
			ledger.Change{Key: none, Append: []byte("a"), Lease: lease},
			ledger.Change{Key: replaced, If: []byte("a"), Replace: []byte("b"), Lease: lease},
			ledger.Change{Key: later, Append: []byte("a"), Lease: lease, Due: future()},
			ledger.Change{Key: due, Append: []byte("a"), Lease: lease, Due: past()},
		)
		_, records := s.claim(all, long)
		for what, id := range map[string]ledger.Key{"an Append": none, "a Replace": replaced, "an Append with a Due in the future": later} {
			if _, given := in(records, id); given {
				s.fail("Claim returned the record of %s with a Lease of %v", what, lease)
			}
		}
		if _, given := in(records, due); !given {
			s.fail("Claim did not return the record of an Append with a Lease of %v and a Due in the past", lease)
		}
	}
}

// dueBetween claims until the store returns the run. It checks that the store's clock then showed from or later, and that no
// claim after until failed to return the run. Both checks allow one millisecond.
func (s *suite) dueBetween(id ledger.Key, from, until time.Time) {
	s.Helper()
	var last time.Time
	s.eventually("the record is due", func() bool {
		now, due := s.claim(all, long)
		_, given := in(due, id)
		switch {
		case given && now.Add(time.Millisecond).Before(from):
			s.fail("the record is due at %v, and Claim returned it at %v by the store's clock", from, now)
		case !given && last.After(until.Add(time.Millisecond)):
			s.fail("the record is due at %v, and Claim had not returned it after %v by the store's clock", until, last)
		}
		last = now
		return given
	})
}
