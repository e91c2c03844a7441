package event

// The parts of an assisted contact, for the scanner.

// listed reads the next list into list, with one for each of its entries. It leaves a list that is there twice to encoding/json.
func listed[T any](s *scanner, list *[]T, one func(*T)) {
	if *list != nil {
		s.fail()
		return
	}
	*list = []T{}
	s.take('[')
	for s.item() {
		var v T
		one(&v)
		*list = append(*list, v)
	}
}

func (s *scanner) assisted(a *Assisted) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "legs":
			listed(s, &a.Legs, s.leg)
		case "disposition":
			a.Disposition = s.text()
		case "line":
			a.Line = s.int()
		case "claimed":
			s.check(a.Claimed.UnmarshalText(s.word()))
		case "unable":
			a.Unable = s.text()
		case "again":
			s.check(a.Again.UnmarshalText(s.word()))
		case "same_person":
			s.check(a.SamePerson.UnmarshalText(s.word()))
		case "repeated":
			a.Repeated = s.int()
		case "decisions":
			listed(s, &a.Decisions, s.decision)
		case "views":
			listed(s, &a.Views, s.view)
		case "thread":
			s.thread(made(&a.Thread))
		default:
			s.fail()
		}
	}
}

func (s *scanner) leg(l *Leg) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "queue":
			l.Queue = s.text()
		case "queued":
			l.Queued = s.bool()
		case "answered":
			l.Answered = s.bool()
		case "bot":
			l.Bot = s.bool()
		case "agent":
			l.Agent = s.text()
		case "start_seconds":
			l.Start = Seconds(s.seconds())
		case "wait_seconds":
			l.Wait = Seconds(s.seconds())
		case "ring_seconds":
			l.Ring = Seconds(s.seconds())
		case "talk_seconds":
			l.Talk = Seconds(s.seconds())
		case "hold_seconds":
			l.Hold = Seconds(s.seconds())
		case "wrap_seconds":
			l.Wrap = Seconds(s.seconds())
		case "holds":
			l.Holds = s.int()
		case "end":
			s.check(l.End.UnmarshalText(s.word()))
		case "warm":
			l.Warm = s.bool()
		default:
			s.fail()
		}
	}
}

func (s *scanner) decision(d *Decision) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "what":
			d.What = s.text()
		case "amount":
			s.money(made(&d.Amount))
		case "limit":
			s.money(made(&d.Limit))
		case "approval":
			d.Approval = s.bool()
		case "approver":
			d.Approver = s.text()
		case "waited_seconds":
			d.Waited = Seconds(s.seconds())
		case "refused":
			d.Refused = s.bool()
		case "path":
			d.Path = s.text()
		case "skipped":
			d.Skipped = s.texts()
		default:
			s.fail()
		}
	}
}

func (s *scanner) view(v *View) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "part":
			v.Part = s.text()
		case "age_seconds":
			v.Age = Seconds(s.seconds())
		case "took_seconds":
			v.Took = Seconds(s.seconds())
		case "found":
			v.Found = s.bool()
		default:
			s.fail()
		}
	}
}

func (s *scanner) thread(t *Thread) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "replies":
			listed(s, &t.Replies, s.reply)
		case "bot_replies":
			t.BotReplies = s.int()
		case "waited_seconds":
			t.Waited = Seconds(s.seconds())
		case "waited_open_seconds":
			t.WaitedOpen = Seconds(s.seconds())
		case "unanswered":
			t.Unanswered = s.bool()
		default:
			s.fail()
		}
	}
}

func (s *scanner) reply(r *Reply) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "after_seconds":
			r.After = Seconds(s.seconds())
		case "open_seconds":
			r.Open = Seconds(s.seconds())
		default:
			s.fail()
		}
	}
}

func (s *scanner) effort(f *Effort) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "began":
			s.time(&f.Began)
		case "window_seconds":
			f.Window = Seconds(s.seconds())
		case "contacts":
			f.Contacts = s.int()
		case "answered":
			f.Answered = s.int()
		case "switches":
			f.Switches = s.int()
		case "from":
			f.From = s.text()
		case "first_contact":
			f.FirstContact = s.bool()
		default:
			s.fail()
		}
	}
}
