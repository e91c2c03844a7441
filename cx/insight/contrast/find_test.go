package contrast_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/insight/contrast"
)

var tickets = contrast.Words{Runs: "tickets", Did: "broke their promise", Good: "in time"}

// payments has 3,267 tickets, and those of team Payments by phone are late.
func payments() *builder {
	b := newBuilder("team", "channel", "impact")
	b.in.Columns[0].Phrase, b.in.Columns[1].Phrase = "of team", "by"
	impact := 0
	add := func(bad, all int, team, channel string) {
		for i := range all {
			impact++
			b.add(1, i < bad, true, team, channel, []string{"low", "high"}[impact%2])
		}
	}
	add(333, 812, "Payments", "phone")
	add(180, 818, "Payments", "e-mail")
	add(180, 818, "Claims", "phone")
	add(180, 819, "Claims", "e-mail")
	return b
}

func TestSentenceOfAPair(t *testing.T) {
	t.Parallel()
	answer := find(t, payments().input(false), contrast.Options{})
	if names(answer) != "team=Payments channel=phone" {
		t.Fatalf("found %s", names(answer))
	}
	const want = "Tickets of team Payments by phone broke their promise in 41.0% (n 812, 37.7% to 44.4%) against 22.0% of the others (n 2,455, 20.4% to 23.7%): " +
		"154 more than with the share of the others (124 to 185). If these tickets did as well as the others: +154 in time (124 to 185), +4.7 points (3.8 to 5.7). " +
		"This is association, not proof."
	if got := answer.Findings[0].Sentence(tickets); got != want {
		t.Errorf("the sentence is\n%s\nwant\n%s", got, want)
	}
	if f := answer.Findings[0]; f.Tested != 18 || answer.Values != 6 || answer.Pairs != 12 {
		t.Errorf("%d tests, %d values, %d pairs, want 6 values and 3 pairs of columns with 4", f.Tested, answer.Values, answer.Pairs)
	}
}

// TestSaysNothingNew: a value that all runs hold is no test, nor is a pair whose runs are those of one of its values. Columns of such values change no
// probability.
func TestSaysNothingNew(t *testing.T) {
	t.Parallel()
	b := newBuilder("team", "channel", "country", "department")
	for i := range 4000 {
		team, channel := []string{"Payments", "Claims"}[i%2], []string{"phone", "e-mail", "chat"}[i%3]
		b.add(1, i%10 == 0 || i%2 == 0 && i%3 == 0 && i%5 == 0, true, team, channel, "DE", "of "+team)
	}
	answer := find(t, b.input(false), contrast.Options{})
	// Two teams, three channels and two departments; each of the two, with each channel.
	if answer.Values != 2+3+2 || answer.Pairs != 2*3+2*3 {
		t.Errorf("%d values and %d pairs, want 7 and 12", answer.Values, answer.Pairs)
	}
	if len(answer.Findings) == 0 || answer.Findings[0].Tested != 19 {
		t.Errorf("%+v, want 19 tests", answer.Findings)
	}
}

// TestNothing: an input that says nothing has no finding, and is no error.
func TestNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		in     contrast.Input
	}{
		{"no run", newBuilder("team").input(false)},
		{"no column", contrast.Input{Runs: 1000, Bad: contrast.NewBits(1000)}},
		{"no run takes part", func() contrast.Input {
			in := payments().input(false)
			in.Rows = contrast.Bits{}
			return in
		}()},
		{"no bad run", func() contrast.Input {
			in := payments().input(false)
			in.Bad = nil
			return in
		}()},
		{"every run is bad", func() contrast.Input {
			in := payments().input(false)
			for i := range in.Runs {
				in.Bad.Set(i)
			}
			return in
		}()},
		{"every value is unknown", func() contrast.Input {
			b := newBuilder("team")
			b.add(500, true, true, "?")
			b.add(500, false, true, "?")
			return b.input(false)
		}()},
		{"one value only", func() contrast.Input {
			b := newBuilder("team")
			b.add(500, true, true, "a")
			b.add(500, false, true, "a")
			return b.input(false)
		}()},
		{"all is known of the bad runs, and nothing of the good ones", func() contrast.Input {
			b := newBuilder("team")
			b.add(500, true, true, "a")
			b.add(500, false, true, "?")
			return b.input(false)
		}()},
		{"no run of before", func() contrast.Input {
			in := payments().input(true)
			for i := range in.Runs {
				in.Bad.Set(i)
			}
			return in
		}()},
		{"no run of now", func() contrast.Input {
			in := payments().input(true)
			in.Now = contrast.Bits{}
			return in
		}()},
	} {
		answer := find(t, c.in, contrast.Options{})
		if len(answer.Findings) > 0 || answer.More {
			t.Errorf("%s: found %s", c.reason, names(answer))
		}
		if _, err := json.Marshal(answer); err != nil {
			t.Errorf("%s: %v", c.reason, err)
		}
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	one := func(c contrast.Column) contrast.Input {
		return contrast.Input{Runs: 2, Columns: []contrast.Column{c}}
	}
	fine := contrast.Column{Name: "team", Codes: []uint32{0, 0}, Values: []string{"a"}}
	for _, c := range []struct {
		reason, want string
		in           contrast.Input
		options      contrast.Options
	}{
		{"fewer runs than none", "Runs is -1", contrast.Input{Runs: -1}, contrast.Options{}},
		{"more runs than counters hold", "Runs is", contrast.Input{Runs: math.MaxInt32 + 1}, contrast.Options{}},
		{"a code without a value", `column "team" has the code 7, and 1 values`, one(contrast.Column{Name: "team", Codes: []uint32{0, 7}, Values: []string{"a"}}), contrast.Options{}},
		{"too few codes", `column "team" has 1 codes for 2 runs`, one(contrast.Column{Name: "team", Codes: []uint32{0}, Values: []string{"a"}}), contrast.Options{}},
		{"no codes", `column "team" has neither Codes nor Read`, one(contrast.Column{Name: "team"}), contrast.Options{}},
		{"customers of other runs", "there are 1 customers for 2 runs", contrast.Input{Runs: 2, Customers: []uint64{1}}, contrast.Options{}},
		{"a randomized column that is none", `no column is named "arm"`, contrast.Input{Randomized: "arm"}, contrast.Options{}},
		{"a share that a byte does not hold", "MinShare is 0.001", one(fine), contrast.Options{MinShare: 0.001}},
		{"a share in percent", "MinShare is 5", one(fine), contrast.Options{MinShare: 5}},
		{"a share that is no number", "MinShare is NaN", one(fine), contrast.Options{MinShare: math.NaN()}},
		{"groups that tell what one customer did", "MinRuns is 4", one(fine), contrast.Options{MinRuns: 4}},
		{"a level in percent", "Level is 5", one(fine), contrast.Options{Level: 5}},
		{"fewer findings than none", "Most is -1", one(fine), contrast.Options{Most: -1}},
		{"fewer goroutines than none", "Workers is -1", one(fine), contrast.Options{Workers: -1}},
	} {
		_, err := contrast.Find(t.Context(), c.in, c.options)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want one with %q", c.reason, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := contrast.Find(ctx, payments().input(false), contrast.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("the context has ended: %v", err)
	}
}

// TestNobodyIsShown: a value that four customers hold is not shown, however many runs they have, and neither is a value that all
// but four hold. A fifth customer shows it. A run without a customer is one of its own.
func TestNobodyIsShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason             string
		a, b               uint64 // customers of each value; 0 is not known
		shown              bool
		customers, hidden  int64
		customersInExcess  float64
		withoutAnyCustomer bool
	}{
		{reason: "four customers inside", a: 4, b: 100, hidden: 1},
		{reason: "four customers outside", a: 100, b: 4, hidden: 1},
		{reason: "five customers", a: 5, b: 5, shown: true, customers: 5, customersInExcess: 1},
		{reason: "customers who are not known", a: 0, b: 0, shown: true, customers: 500, customersInExcess: 100},
		{reason: "no customers", withoutAnyCustomer: true, shown: true, customers: 500, customersInExcess: 100},
	} {
		b := newBuilder("team")
		who := func(n int, customers uint64) {
			for i := range n {
				customer := uint64(0)
				if customers > 0 {
					customer = uint64(i)%customers + 1
				}
				b.in.Customers = append(b.in.Customers, customer)
			}
		}
		b.add(500, true, true, "a")
		b.add(500, false, true, "a")
		b.add(400, true, true, "b")
		b.add(600, false, true, "b")
		who(1000, c.a)
		who(1000, c.b)
		if c.withoutAnyCustomer {
			b.in.Customers = nil
		}
		answer := find(t, b.input(false), contrast.Options{})
		if shown := names(answer) == "team=a"; shown != c.shown || int64(answer.Hidden) != c.hidden {
			t.Errorf("%s: found %q, %d hidden", c.reason, names(answer), answer.Hidden)
			continue
		}
		if !c.shown {
			continue
		}
		f := answer.Findings[0]
		if said := strings.Contains(f.Sentence(tickets), " 500 tickets that broke their promise are those of 5 customers."); said != (c.a == 5) {
			t.Errorf("%s: the sentence is %s", c.reason, f.Sentence(tickets))
		}
		if f.Customers != c.customers || math.Abs(f.CustomersInExcess-c.customersInExcess) > 1e-9 {
			t.Errorf("%s: %d customers, %v in excess, want %d and %v", c.reason, f.Customers, f.CustomersInExcess, c.customers, c.customersInExcess)
		}
	}
}

// TestRankedByCustomers: the value with more bad runs comes second, if they are those of few customers.
func TestRankedByCustomers(t *testing.T) {
	t.Parallel()
	b := newBuilder("site")
	b.add(800, true, true, "one firm")
	b.add(200, false, true, "one firm")
	b.add(500, true, true, "everyone")
	b.add(500, false, true, "everyone")
	b.add(300, true, true, "elsewhere")
	b.add(2700, false, true, "elsewhere")
	in := b.input(false)
	if got := names(find(t, in, contrast.Options{})); got != "site=one firm, site=everyone" {
		t.Errorf("by runs: %s", got)
	}
	for i := range in.Runs {
		in.Customers = append(in.Customers, uint64(i+100))
		if i < 1000 {
			in.Customers[i] = uint64(i%10 + 1)
		}
	}
	if got := names(find(t, in, contrast.Options{})); got != "site=everyone, site=one firm" {
		t.Errorf("by customers: %s", got)
	}
}

// TestCausal: only the value of randomized arms is a cause. Its numbers are of all runs, though another finding took runs
// before it.
func TestCausal(t *testing.T) {
	t.Parallel()
	b := newBuilder("arm", "team")
	for _, team := range []string{"A", "B", "C"} {
		rate := map[string]int{"A": 500, "B": 100, "C": 100}[team]
		b.add(rate, true, true, "new", team)
		b.add(1000-rate, false, true, "new", team)
		b.add(rate-60, true, true, "old", team)
		b.add(1060-rate, false, true, "old", team)
	}
	in := b.input(false)
	in.Randomized = "arm"
	answer := find(t, in, contrast.Options{})
	if names(answer) != "team=A, arm=new" {
		t.Fatalf("found %s", names(answer))
	}
	team, arm := answer.Findings[0], answer.Findings[1]
	if team.Causal || !arm.Causal || arm.Inside.N != 3000 || arm.Outside.N != 3000 || arm.Aside != 0 {
		t.Errorf("team: %+v\narm: %+v", team, arm)
	}
	const want = "Runs with arm new ended badly in 23.3% (n 3,000, 21.9% to 24.9%) against 17.3% of the other arms (n 3,000, 16.0% to 18.7%): " +
		"180 more than with the share of the others (119 to 241). If these runs did as well as the others: +180 that ended well (119 to 241), +3.0 points (2.0 to 4.0). " +
		"The arms were assigned by chance: this is an effect of the arm."
	if got := arm.Sentence(contrast.Words{}); got != want {
		t.Errorf("the sentence is\n%s\nwant\n%s", got, want)
	}
	in.Randomized = ""
	if answer = find(t, in, contrast.Options{}); answer.Findings[1].Causal || answer.Findings[1].Inside.N != 2000 {
		t.Errorf("not randomized: %+v", answer.Findings[1])
	}
}

// TestSame: a column that says the same is named with the finding, and is no finding of its own.
func TestSame(t *testing.T) {
	t.Parallel()
	b := newBuilder("queue", "team")
	b.add(300, true, true, "q1", "Payments")
	b.add(200, false, true, "q1", "Payments")
	b.add(10, false, true, "q1", "Claims")
	b.add(200, true, true, "q2", "Claims")
	b.add(1800, false, true, "q2", "Claims")
	answer := find(t, b.input(false), contrast.Options{MinShare: 0.05})
	if len(answer.Findings) == 0 {
		t.Fatal("found nothing")
	}
	f := answer.Findings[0]
	if name(f) != "team=Payments" && name(f) != "queue=q1" || len(f.Same) != 1 {
		t.Fatalf("the first finding is %s, with the same runs as %v", name(f), f.Same)
	}
	if got := f.Sentence(contrast.Words{}); !strings.Contains(got, "Nearly the same runs are those with "+f.Same[0].Column+" "+f.Same[0].Value+".") {
		t.Errorf("the sentence is %s", got)
	}
}

// TestWithin: of a bad team, its department with three good teams, and the good half of the company, the team is named.
// Where the whole department is bad, it is the department.
func TestWithin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bad  [4]int // of 1,000 runs of each team of the department
		want string
	}{
		{[4]int{300, 100, 100, 100}, "team=D1"},
		{[4]int{300, 110, 110, 105}, "team=D1"}, // the department has more in excess
		{[4]int{300, 300, 300, 300}, "department=D"},
		{[4]int{300, 200, 200, 200}, "department=D"},
	} {
		b := newBuilder("department", "team")
		for i, bad := range c.bad {
			b.add(bad, true, true, "D", "D"+string(rune('1'+i)))
			b.add(1000-bad, false, true, "D", "D"+string(rune('1'+i)))
			b.add(100, true, true, "E", "E"+string(rune('1'+i)))
			b.add(900, false, true, "E", "E"+string(rune('1'+i)))
		}
		if got := names(find(t, b.input(false), contrast.Options{})); got != c.want {
			t.Errorf("%v: found %s, want %s", c.bad, got, c.want)
		}
	}
}

// TestChange: a release that is new, a team that got worse while the others did not, and one that was as bad before.
func TestChange(t *testing.T) {
	t.Parallel()
	b := newBuilder("release", "team")
	add := func(now bool, release, team string, bad, all int) {
		b.add(bad, true, now, release, team)
		b.add(all-bad, false, now, release, team)
	}
	add(false, "2.3", "Payments", 100, 1000)
	add(false, "2.3", "Claims", 100, 1000)
	add(false, "2.3", "Loans", 400, 1000)
	add(true, "2.3", "Payments", 300, 1000)
	add(true, "2.3", "Claims", 100, 1000)
	add(true, "2.3", "Loans", 400, 1000)
	add(true, "2.4", "Claims", 250, 500)
	answer := find(t, b.input(true), contrast.Options{})
	if names(answer) != "team=Payments, release=2.4" {
		t.Fatalf("found %s", names(answer))
	}
	for i, want := range []string{
		"Tickets with team Payments broke their promise in 30.0% (n 1,000, 27.2% to 32.9%), after 10.0% (n 1,000, 8.3% to 12.0%) before, while the others went " +
			"from 25.0% (n 2,000, 23.2% to 26.9%) to 30.0% (n 2,500, 28.2% to 31.8%): 150 more than if they had changed as the others did (107 to 193). If these tickets did as well as the " +
			"others: +150 in time (107 to 193), +4.3 points (3.1 to 5.5). This is association, not proof.",
		"Apart from the tickets above, tickets with release 2.4 broke their promise in 50.0% (n 500, 45.6% to 54.4%) against 25.0% of the others (n 2,000, " +
			"23.2% to 26.9%): 125 more than with the share of the others (101 to 149). They are new: hardly any ran before. If these tickets did as well as the others: " +
			"+125 in time (101 to 149), +3.6 points (2.9 to 4.2). This is association, not proof.",
	} {
		if got := answer.Findings[i].Sentence(tickets); got != want {
			t.Errorf("the sentence is\n%s\nwant\n%s", got, want)
		}
	}
	if answer.Whole.N != 3500 || answer.Before.N != 3000 || answer.Before.Count != 600 {
		t.Errorf("now %+v, before %+v", answer.Whole, answer.Before)
	}
	at := slices.IndexFunc(answer.Findings, func(f contrast.Finding) bool { return name(f) == "release=2.4" })
	if release := answer.Findings[at]; !release.New || release.Inside.N != 500 || release.InsideBefore.N != 0 {
		t.Errorf("the release is not new: %+v", release)
	}
	if team := answer.Findings[1-at]; team.New || team.InsideBefore.Value != 0.1 || team.Method != contrast.DifferenceOfDifferences {
		t.Errorf("the team is new: %+v", team)
	}
}

// TestMore: findings beyond the most are not shown, and it is said.
func TestMore(t *testing.T) {
	t.Parallel()
	b := newBuilder("team")
	for i, bad := range []int{500, 400, 300, 100, 100, 100, 100} {
		b.add(bad, true, true, string(rune('a'+i)))
		b.add(1000-bad, false, true, string(rune('a'+i)))
	}
	all := find(t, b.input(false), contrast.Options{})
	if names(all) != "team=a, team=b, team=c" || all.More {
		t.Errorf("found %s, more: %v", names(all), all.More)
	}
	if two := find(t, b.input(false), contrast.Options{Most: 2}); names(two) != "team=a, team=b" || !two.More {
		t.Errorf("found %s, more: %v", names(two), two.More)
	}
}

// TestHostileText: names and values from outside do not break a sentence.
func TestHostileText(t *testing.T) {
	t.Parallel()
	b := newBuilder("te\x00am\u202e\n")
	value := "<b>\u200b\xff\r\n" + strings.Repeat("x", 500)
	b.add(500, true, true, value)
	b.add(500, false, true, value)
	b.add(100, true, true, "")
	b.add(900, false, true, "")
	f := find(t, b.input(false), contrast.Options{}).Findings[0]
	got := f.Sentence(contrast.Words{})
	if strings.ContainsAny(got, "\x00\n\r\u202e\u200b\xff") || !strings.HasPrefix(got, "Runs with team <b>xxx") || strings.Contains(got, strings.Repeat("x", 100)) {
		t.Errorf("the sentence is %q", got)
	}
}

// TestWorkers: the answer does not depend on how many goroutines count.
func TestWorkers(t *testing.T) {
	t.Parallel()
	in := million(140_000)
	want := find(t, in, contrast.Options{Workers: 1})
	if names(want) != "column 5=3, column 3=1 column 7=2" {
		t.Errorf("found %s", names(want))
	}
	for _, workers := range []int{2, 100} {
		if got := find(t, in, contrast.Options{Workers: workers}); !reflect.DeepEqual(got, want) {
			t.Errorf("%d goroutines: found\n%+v\nwant\n%+v", workers, got, want)
		}
	}
}

// TestNearlyTheSameTurnsNothing: a column that nearly repeats the finding leaves nothing to compare within its values. The
// few runs that differ turn no sign.
func TestNearlyTheSameTurnsNothing(t *testing.T) {
	t.Parallel()
	b := newBuilder("team", "queue")
	for _, queue := range []string{"q1", "q2"} { // are those of Payments, but for a ticket
		b.add(150, true, true, "Payments", queue)
		b.add(350, false, true, "Payments", queue)
		b.add(1, false, true, "Claims", queue)
	}
	b.add(10, false, true, "Payments", "q3")
	b.add(100, true, true, "Claims", "q3")
	b.add(900, false, true, "Claims", "q3")
	f := find(t, b.input(false), contrast.Options{}).Findings[0]
	if name(f) != "team=Payments" || f.Turns != nil {
		t.Errorf("%s turns by %+v", name(f), f.Turns)
	}
}
