package slo

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/text"
)

// String returns the state in words, in one line:
//
//	9,512 of 10,000 customers; promised 9,500; 12 left this month
//	960 of 1,000 interactions; promised 990; 30 short in the last 28 days; 1,249.50 EUR at stake; counted since 2026-03-02 09:00 UTC
//	8 of 10 answers in the last 7 days; not enough to say: 50 are needed; promised 85%
//	93.4%; promised 92%; 17.5% of the budget left in the last 28 days; 75% of the weight was heard
//
// A run of a journey is a customer here. It is no format: a later version may say more.
func (s Status) String() string {
	var said []string
	promised, span := "promised "+text.Percent(s.Objective.Target), s.Objective.Window.words()
	switch {
	case s.Objective.Subject() == OfObjectives && !s.Enough:
		said = append(said, "not enough to say "+span+": no part has enough events", promised)
	case s.Objective.Subject() == OfObjectives:
		digits := digitsOf(s.Objective.Target)
		said = append(said, floored(s.Ratio, digits), promised, floored(s.Budget.Share, usualDigits)+" of the budget left "+span)
		if s.Heard < 1 {
			said = append(said, floored(s.Heard, usualDigits)+" of the weight was heard")
		}
	case s.Total() == 0:
		said = append(said, "no "+s.Objective.noun(0)+" "+span, promised)
	case !s.Enough:
		said = append(said, fmt.Sprintf("%s of %s %s %s", grouped(s.Good), grouped(s.Total()), s.Objective.noun(s.Total()), span),
			fmt.Sprintf("not enough to say: %s are needed", grouped(int64(s.Objective.MinEvents))), promised)
	default:
		left := grouped(s.Budget.Left) + " left "
		if s.Budget.Left < 0 {
			left = grouped(-s.Budget.Left) + " short "
		}
		said = append(said, fmt.Sprintf("%s of %s %s", grouped(s.Good), grouped(s.Total()), s.Objective.noun(s.Total())),
			"promised "+grouped(s.Good-s.Budget.Left), left+span)
	}
	return strings.Join(append(said, s.beside()...), "; ")
}

// beside returns what else is to be said of the counts.
func (s Status) beside() (said []string) {
	if s.Excluded > 0 {
		said = append(said, grouped(s.Excluded)+" excluded")
	}
	for _, m := range s.AtStake {
		if m.Currency != event.Other { // amounts of several currencies
			said = append(said, text.Money(m.Amount, m.Currency)+" at stake")
		}
	}
	if !s.Since.IsZero() {
		said = append(said, "counted since "+s.Since.In(s.From.Location()).Format("2006-01-02 15:04 MST"))
	}
	return said
}

// noun returns the word for so many events of the objective.
func (o *Objective) noun(events int64) string {
	one := "customer"
	switch o.Subject() {
	case OfPromise:
		one = "promise"
	case OfTouchpoint:
		one = "interaction"
	case OfSurvey:
		one = "answer"
	default: // a run is a customer
	}
	if events == 1 {
		return one
	}
	return one + "s"
}

// words returns the window in words.
func (w Window) words() string {
	switch {
	case w.Period == CalendarWeek:
		return "this week"
	case w.Period == CalendarMonth:
		return "this month"
	case w.Period == CalendarQuarter:
		return "this quarter"
	case w.Days == 1:
		return "in the last day"
	default:
		return "in the last " + strconv.Itoa(w.Days) + " days"
	}
}

// grouped returns a number that is not negative with commas between thousands.
func grouped(n int64) string {
	const group = 3
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - group; i > 0; i -= group {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// usualDigits is how many decimal digits a share in percent has.
const usualDigits = 2

// digitsOf returns how many decimal digits a share has that is read beside the target: those of the target in percent, and not fewer than
// usual. A share of 99.9997% would else read 99.99%, which is less than a target of 99.9995%.
func digitsOf(target float64) int {
	_, decimals, _ := strings.Cut(strings.TrimSuffix(text.Percent(target), "%"), ".")
	return max(usualDigits, len(decimals))
}

// floored returns the share in percent, rounded down to so many decimal digits, so that what is below a target does not read as the
// target.
func floored(share float64, digits int) string {
	parts := new(big.Int).Exp(big.NewInt(ten), big.NewInt(int64(digits)), nil)
	r := new(big.Rat).Mul(decimal(share), big.NewRat(hundred, 1))
	r.Mul(r, new(big.Rat).SetInt(parts))
	said := new(big.Rat).SetFrac(new(big.Int).Div(r.Num(), r.Denom()), parts).FloatString(digits)
	if digits > 0 {
		said = strings.TrimSuffix(strings.TrimRight(said, "0"), ".")
	}
	return said + "%"
}

const ten, hundred = 10, 100
