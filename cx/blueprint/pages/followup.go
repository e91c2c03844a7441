package pages

import (
	"fmt"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/text"
)

// followUps lists the follow-ups in the index.
func (g *generator) followUps(b *strings.Builder) {
	if len(g.blueprint.FollowUps) == 0 {
		return
	}
	b.WriteString("## How we answer\n\n")
	rows := make([][]string, len(g.blueprint.FollowUps))
	for i := range g.blueprint.FollowUps {
		f := &g.blueprint.FollowUps[i]
		rows[i] = []string{address(f.Name), plain(f.Description), plain(f.Owner)}
	}
	table(b, []string{"Follow-up", "What it is", "Owner"}, rows)
}

// followUp writes the page of a follow-up.
func (g *generator) followUp(f *blueprint.FollowUp) []byte {
	b := new(strings.Builder)
	fmt.Fprintf(b, "# %s\n\n", plain(f.Name))
	if f.Description != "" {
		b.WriteString(paragraph(f.Description) + "\n\n")
	}
	if f.Owner != "" {
		fmt.Fprintf(b, "Owner: %s\n\n", bold(f.Owner))
	}
	b.WriteString("## What opens it\n\n")
	for i := range f.Open {
		b.WriteString("- " + opens(&f.Open[i]) + "\n")
	}
	if len(f.Open) == 0 {
		b.WriteString("A person, or code of a service. There is no rule.\n")
	}
	b.WriteString("\n")
	j := blueprint.Journey{Name: f.Name}
	promised(b, f, &j)
	closed(b, f)
	objectives := g.objectivesOf(&j)
	g.measured(b, objectives)
	b.WriteString("## Steps\n\nThe steps may be taken in any order, and left out. What was left out is counted.\n\n")
	rows := make([][]string, 0, len(feedback.Steps()))
	for _, s := range feedback.Steps() {
		rows = append(rows, []string{s, steps()[s]})
	}
	table(b, []string{"Step", "What is so from then on"}, rows)
	g.hours(b, &j)
	g.maintenance(b, &j, objectives)
	fmt.Fprintf(b, "[All journeys and objectives](../%s)\n\n", Index)
	g.foot(b)
	return []byte(b.String())
}

// promised writes what a follow-up promises, with other times for some severities, and gives the journey the hours in which they count.
func promised(b *strings.Builder, f *blueprint.FollowUp, j *blueprint.Journey) {
	usual := blueprint.Severity{Acknowledge: f.Acknowledge, Answer: f.Answer, Update: f.Update}
	lines := times(&usual, f.Hours)
	for i := range f.Severities {
		for _, line := range times(&f.Severities[i], f.Hours) {
			lines = append(lines, "If the severity is "+plain(f.Severities[i].Name)+": "+line)
		}
	}
	if len(lines) == 0 {
		return
	}
	b.WriteString("## What we promise each customer\n\n")
	for _, line := range lines {
		b.WriteString("- " + line + "\n")
	}
	b.WriteString("\n")
	j.Promises = []blueprint.Promise{{Hours: f.Hours}}
}

// times says what the times promise, in a line each.
func times(s *blueprint.Severity, hours string) (lines []string) {
	for _, x := range [...]struct {
		w    blueprint.Within
		name string
		said string
	}{
		{s.Acknowledge, feedback.PromiseAcknowledged, "the customer knows that we have the matter "},
		{s.Answer, feedback.PromiseAnswered, "the customer knows the answer "},
		{s.Update, feedback.PromiseUpdated, "until the answer the customer hears from us again "},
	} {
		if x.w != (blueprint.Within{}) {
			lines = append(lines, bold(x.name)+": "+x.said+within(&blueprint.Promise{Within: x.w, Hours: hours})+".")
		}
	}
	return lines
}

// closed says when a follow-up is over, and what it stops meanwhile.
func closed(b *strings.Builder, f *blueprint.FollowUp) {
	b.WriteString("## When it is over\n\n")
	if f.Confirm > 0 {
		fmt.Fprintf(b, "When the customer confirms the answer, or has not objected for %s.\n", text.Spell(time.Duration(f.Confirm)))
	} else {
		b.WriteString("When the customer confirms the answer. Without that a person closes it.\n")
	}
	b.WriteString("A customer who objects opens it again, and the promises are made anew.\n")
	switch f.Hold {
	case blueprint.NoHold:
	case "":
		fmt.Fprintf(b, "While it is open, we do not contact the customer for purposes that %s stops.\n", bold(f.Name))
	default:
		fmt.Fprintf(b, "While it is open, we do not contact the customer for purposes that %s stops.\n", bold(f.Hold))
	}
	b.WriteString("\n")
}

// opens says which events a rule describes.
func opens(r *blueprint.OpenRule) string {
	var said strings.Builder
	said.WriteString(map[string]string{
		string(feedback.OnDetractor): "An answer of 0 to 6 (NPS)", string(feedback.OnDissatisfied): "A negative answer (CSAT, stars or thumbs)",
		string(feedback.OnLowEase): "An answer of 1 to 3 (CES)", string(feedback.OnComplaint): "A complaint", string(feedback.OnFailedJourney): "A journey that failed",
		string(feedback.OnBrokenPromise): "A broken promise", string(feedback.OnContactViolation): "A contact against the contact policy",
	}[r.On])
	for _, x := range [...]struct{ before, name string }{
		{" to the survey ", r.Survey}, {" ", r.Promise}, {", for the purpose ", r.Purpose}, {" in the journey ", r.Journey},
	} {
		if x.name != "" {
			said.WriteString(x.before + bold(x.name))
		}
	}
	if len(r.Causes) > 0 {
		said.WriteString(", because of " + text.List(plains(r.Causes), "or"))
	}
	if len(r.Segments) > 0 {
		said.WriteString(", of a customer in " + text.List(plains(r.Segments), "or"))
	}
	if r.Severity != "" {
		said.WriteString(". Severity: " + plain(r.Severity))
	}
	if r.Owner != "" {
		said.WriteString(". Owner: " + plain(r.Owner))
	}
	return said.String() + "."
}

// steps says what is so from each step on.
func steps() map[string]string {
	return map[string]string{
		feedback.Received: "We know of the matter.", feedback.Assessed: "We know how serious it is.", feedback.Acknowledged: "The customer knows that we have it.",
		feedback.Investigated: "We know what happened, and why.", feedback.Escalated: "Another team has it.", feedback.Resolved: "We have done what we can do.",
		feedback.Told: "The customer knows the answer.", feedback.Confirmed: "The customer is content with it.",
	}
}
