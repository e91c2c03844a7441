package story

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/crowd"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/touchpoint"
)

const barWidth = 40

// Summary writes the tally as tables.
func (t *Tally) Summary(w io.Writer) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	t.journeyTable(&b)
	t.promiseTable(&b)
	t.touchpointTable(&b)
	t.contactTable(&b)
	t.feedbackTable(&b)
	t.followUpTable(&b)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("story: %w", err)
	}
	return nil
}

func (t *Tally) journeyTable(b *strings.Builder) {
	c := t.counts
	row := func(name string, n int) { fmt.Fprintf(b, "  %-14s %5d  %s\n", name, n, bar(n, c.Started)) }
	fmt.Fprintf(b, "\nJourneys: %s\n", experience.Checkout.Name())
	row("started", c.Started)
	for _, o := range []event.Outcome{event.Completed, event.Failed, event.Cancelled, event.Abandoned} {
		if n := c.Ended[o.String()]; n > 0 {
			row(o.String(), n)
		}
	}
	fmt.Fprintf(b, "\nStages, and where customers left\n")
	for _, stage := range experience.Checkout.Stages() {
		left := ""
		if n := c.Abandoned[stage]; n > 0 {
			left = fmt.Sprintf(", %d left", n)
		}
		fmt.Fprintf(b, "  %-14s %5d  %s%s\n", stage, c.Entered[stage], bar(c.Entered[stage], c.Started), left)
	}
}

// promiseTable shows what became of each promise. The share is that of the kept ones among those that were kept or broken: a
// promise that is open is not decided, and one that was withdrawn is no longer made.
func (t *Tally) promiseTable(b *strings.Builder) {
	fmt.Fprintf(b, "\nPromises               made   kept  broken  withdrawn   open  share kept\n")
	for p := range experience.Checkout.Promises() {
		by := t.counts.Promises[p.Name]
		made, kept, broken, withdrawn := by[crowd.PromiseMade], by[crowd.PromiseKept], by[crowd.PromiseBroken], by[crowd.PromiseWithdrawn]
		share := "–"
		if kept+broken > 0 {
			share = fmt.Sprintf("%.0f %%", 100*float64(kept)/float64(kept+broken))
		}
		if p.Target > 0 {
			share += fmt.Sprintf(", target %.0f %%", 100*p.Target)
		}
		fmt.Fprintf(b, "  %-18s  %5d  %5d  %6d  %9d  %5d  %s\n", p.Name, made, kept, broken, withdrawn, made-kept-broken-withdrawn, share)
	}
}

func (t *Tally) touchpointTable(b *strings.Builder) {
	fmt.Fprintf(b, "\nTouchpoints           times     ok  degraded  failed  Apdex\n")
	names := slices.Collect(maps.Keys(t.counts.Touchpoints))
	order := func(name string) int { // the defined ones in their order, then the others
		i := slices.IndexFunc(experience.Definitions(), func(d event.Definition) bool { return d.Name() == name })
		if i < 0 {
			return len(experience.Definitions())
		}
		return i
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := order(a) - order(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		by := t.counts.Touchpoints[name]
		times := 0
		for _, n := range by {
			times += n
		}
		fmt.Fprintf(b, "  %-18s  %5d  %5d  %8d  %6d  %s\n", name, times,
			by[event.OK.String()], by[event.Degraded.String()], by[event.Failed.String()], apdex(t.zones[name]))
	}
}

// contactTable shows for what the shop wanted to contact customers, how often it did, and why it did not.
func (t *Tally) contactTable(b *strings.Builder) {
	fmt.Fprintf(b, "\nMails               wanted   sent  not sent, and why\n")
	for _, mail := range []*touchpoint.Definition{experience.SurveyMail, experience.CampaignMail} {
		sent, refused := 0, 0
		for _, n := range t.counts.Touchpoints[mail.Name()] {
			sent += n
		}
		why := t.counts.Refused[mail.Purpose()]
		reasons := make([]string, 0, len(why))
		for _, reason := range slices.Sorted(maps.Keys(why)) {
			refused += why[reason]
			reasons = append(reasons, fmt.Sprintf("%d %s", why[reason], reason))
		}
		row := fmt.Sprintf("  %-16s  %6d  %5d  %8d  %s", mail.Purpose(), sent+refused, sent, refused, strings.Join(reasons, ", "))
		b.WriteString(strings.TrimRight(row, " ") + "\n")
	}
	fmt.Fprintf(b, "  sent against the contact policy: %d\n", t.counts.Violations)
}

// apdex returns the Apdex score with its interval at 95% and the number of samples, or a dash for a touchpoint without a target.
func apdex(zones *[zoneCount]int) string {
	a := score.ApdexOf(int64(zones[event.Satisfied]), int64(zones[event.Tolerating]), int64(zones[event.Frustrated]), score.DefaultConfidence)
	if !a.Score.OK() {
		return "    –"
	}
	return " " + a.String()
}

// feedbackTable shows the answers to each survey, with the score of package score, its interval at 95% and the number of answers.
func (t *Tally) feedbackTable(b *strings.Builder) {
	fmt.Fprintf(b, "\nFeedback            answers  positive  neutral  negative  score\n")
	for _, s := range t.scores.Surveys() {
		a := s.Answers
		if a.Hidden {
			fmt.Fprintf(b, "  %-16s  %7d  fewer than %d customers\n", s.Name, a.N, score.MinGroup)
			continue
		}
		what := a.Score.String()
		switch s.Scale { //nolint:exhaustive // the rest need no words
		case event.NPS:
			what = "NPS " + what
		case event.CSAT:
			what = "satisfied " + what
		}
		fmt.Fprintf(b, "  %-16s  %7d  %8d  %7d  %8d  %s\n", s.Name, a.N, a.Positive.Count, a.Neutral.Count, a.Negative.Count, what)
	}
	fmt.Fprintln(b)
}

// followUpTable shows for which customers the support team has a follow-up, and why.
func (t *Tally) followUpTable(b *strings.Builder) {
	fmt.Fprintf(b, "Follow-ups           opened  by rule\n")
	for _, name := range []string{experience.Complaint().Name(), experience.Recovery().Name()} {
		opened, rules := 0, make([]string, 0, len(t.counts.FollowUps[name]))
		for _, rule := range slices.Sorted(maps.Keys(t.counts.FollowUps[name])) {
			n := t.counts.FollowUps[name][rule]
			opened += n
			rules = append(rules, fmt.Sprintf("%d %s", n, rule))
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("  %-16s  %7d  %s", name, opened, strings.Join(rules, ", ")), " ") + "\n")
	}
	fmt.Fprintln(b)
}

func bar(n, of int) string {
	if of <= 0 {
		return ""
	}
	return strings.Repeat("█", (n*barWidth+of/2)/of)
}
