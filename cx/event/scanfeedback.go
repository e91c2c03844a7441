package event

import "strconv"

// The parts of what a customer said, and of the company's answer, for the scanner.

func (s *scanner) feedback(f *Feedback) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "survey":
			f.Survey = s.text()
		case "scale":
			s.check(f.Scale.UnmarshalText(s.word()))
		case "score":
			f.Score = s.int()
		case "verdict":
			s.check(f.Verdict.UnmarshalText(s.word()))
		case "version":
			f.Version = s.text()
		case "comment":
			f.Comment = s.text()
		case "language":
			f.Language = s.text()
		case "causes":
			f.Causes = s.texts()
		case "request":
			s.check(f.Request.UnmarshalText(s.word()))
		case "ended":
			s.check(f.Ended.UnmarshalText(s.word()))
		case "shown":
			f.Shown = s.bool()
		case "amends":
			s.check(f.Amends.UnmarshalText(s.word()))
		case "previous":
			*made(&f.Previous) = s.int()
		case "source":
			f.Source = s.text()
		case "sentiment":
			s.check(f.Sentiment.UnmarshalText(s.word()))
		case "testimonial":
			s.testimonial(made(&f.Testimonial))
		default:
			s.fail()
		}
	}
}

func (s *scanner) testimonial(t *Testimonial) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "version":
			t.Version = s.text()
		case "language":
			t.Language = s.text()
		case "text":
			t.Text = s.text()
		case "given":
			s.time(&t.Given)
		case "withdrawn":
			s.time(&t.Withdrawn)
		default:
			s.fail()
		}
	}
}

func (s *scanner) mention(m *Mention) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "nature":
			s.check(m.Nature.UnmarshalText(s.word()))
		case "stars":
			m.Stars = s.float()
		case "reach":
			m.Reach = s.int()
		case "address":
			m.Address = s.text()
		case "reply_to":
			m.ReplyTo = s.text()
		default:
			s.fail()
		}
	}
}

func (s *scanner) followUp(f *FollowUp) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "id":
			f.ID = s.text()
		case "owner":
			f.Owner = s.text()
		case "severity":
			f.Severity = s.text()
		case "rule":
			f.Rule = s.text()
		case "caused_by":
			s.check(f.CausedBy.UnmarshalText(s.word()))
		case "feedback":
			s.check(f.Feedback.UnmarshalText(s.word()))
		case "about":
			s.runRef(&f.About)
		case "due":
			s.time(&f.Due)
		case "remedy":
			f.Remedy = s.text()
		case "note":
			f.Note = s.text()
		case "skipped":
			f.Skipped = s.texts()
		case "longest_silence_seconds":
			f.Silence = Seconds(s.seconds())
		default:
			s.fail()
		}
	}
}

func (s *scanner) runRef(r *RunRef) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "namespace":
			r.Namespace = s.text()
		case "name":
			r.Name = s.text()
		case "id":
			r.ID = s.text()
		default:
			s.fail()
		}
	}
}

func (s *scanner) action(a *Action) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "name":
			a.Name = s.text()
		case "owner":
			a.Owner = s.text()
		case "feedbacks":
			listed(s, &a.Feedbacks, func(id *ID) { s.check(id.UnmarshalText(s.word())) })
		case "cause":
			a.Cause = s.text()
		case "from":
			s.time(&a.From)
		case "until":
			s.time(&a.Until)
		case "note":
			a.Note = s.text()
		default:
			s.fail()
		}
	}
}

func (s *scanner) breakdown(d *Breakdown) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "about":
			d.About = s.text()
		case "journey":
			d.Journey = s.text()
		case "name":
			d.Name = s.text()
		case "better":
			d.Better = s.bool()
		case "began":
			s.time(&d.Began)
		case "baseline_until":
			s.time(&d.BaselineUntil)
		case "placed":
			listed(s, &d.Placed, s.placed)
		case "severity":
			d.Severity = s.text()
		case "share_before":
			d.Before = s.float()
		case "share_since":
			d.Since = s.float()
		case "excess":
			d.Excess = s.float()
		case "customers_in_excess":
			d.Customers = s.int()
		case "value_in_excess":
			s.money(made(&d.Value))
		case "owner":
			d.Owner = s.text()
		case "action":
			s.runRef(&d.Action)
		case "earlier":
			d.Earlier = s.text()
		case "note":
			d.Note = s.text()
		default:
			s.fail()
		}
	}
}

func (s *scanner) placed(p *Placed) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "column":
			p.Column = s.text()
		case "value":
			p.Value = s.text()
		default:
			s.fail()
		}
	}
}

// float returns the next number.
func (s *scanner) float() float64 {
	text, _ := s.number()
	f, err := strconv.ParseFloat(string(text), 64)
	s.check(err)
	return f
}
