package insight_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestTooYoung: tickets of April and May are alike. Seen early in May, those of May have had less time: their share is lower, and it is only that. The comparison at
// one age sees no difference, and says why.
func TestTooYoung(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	var lives []life
	for n := range 3000 {
		l := ticket(n, 24*30*2*float64(n)/3000)
		l.journey = "order" // which is never abandoned
		if rng.Float64() < 0.93 {
			l.ended, l.outcome = 24*30*rng.Float64(), event.Completed
		}
		lives = append(lives, l)
	}
	april, may := insight.Which{From: at(0), Until: at(24 * 30)}, insight.Which{From: at(24 * 30), Until: at(24 * 60)}
	table := loaded(t, lives)
	early := table.View(insight.Everything(), at(24*45))
	plain := func(w insight.Which) float64 {
		o, err := early.Outcomes(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		return o.Completed.Value
	}
	if a, m := plain(april), plain(may); a-m < 0.4 {
		t.Fatalf("without the same age, April has %.2f and May has %.2f: the test wants a trap", a, m)
	}
	p, err := early.ComparePeriods(t.Context(), may, april, insight.Completes())
	if err != nil {
		t.Fatal(err)
	}
	if p.Differs || p.AtAge == 0 || p.TooYoung == 0 || p.Share.N < 300 || !strings.Contains(p.Warning, "runs are too young to compare, and are left out. The others count as they were 7 days 12 hours after they began.") {
		t.Errorf("%s", p.Sentence())
	}
	// Later all are old enough.
	p, err = table.View(insight.Everything(), at(24*120)).ComparePeriods(t.Context(), may, april, insight.Completes())
	if err != nil {
		t.Fatal(err)
	}
	if p.Differs || p.AtAge != 0 || p.TooYoung != 0 || p.Warning != "" || p.Share.N != 1500 || p.ShareBefore.N != 1500 {
		t.Errorf("%s", p.Sentence())
	}
	// Groups are compared at one age as well: the release of May is the younger one.
	for i := range lives {
		lives[i].release = "1"
		if i >= 1500 {
			lives[i].release = "2"
		}
	}
	c, err := loaded(t, lives).View(insight.Everything(), at(24*45)).Compare(t.Context(), insight.Which{}, insight.Release, insight.Completes())
	if err != nil {
		t.Fatal(err)
	}
	if c.AtAge == 0 || c.TooYoung == 0 || c.Tested > 1 && c.Groups[0].Differs {
		t.Errorf("%+v", c)
	}
}

// TestRealDifference: a difference that is there is found at one age, too.
func TestRealDifference(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	var lives []life
	for n := range 3000 {
		l := ticket(n, 24*60*float64(n)/3000)
		l.journey = "order"
		share := 0.9
		if n >= 1500 {
			share = 0.6
		}
		if rng.Float64() < share {
			l.ended, l.outcome = 24*30*rng.Float64(), event.Completed
		}
		lives = append(lives, l)
	}
	p, err := loaded(t, lives).View(insight.Everything(), at(24*55)).ComparePeriods(t.Context(),
		insight.Which{From: at(24 * 30), Until: at(24 * 60)}, insight.Which{Until: at(24 * 30)}, insight.Completes())
	if err != nil {
		t.Fatal(err)
	}
	if !p.Differs || p.Difference.High >= 0 {
		t.Errorf("%s", p.Sentence())
	}
}

// TestBothSelections: runs that are in both selections are told, because the interval is that of independent ones.
func TestBothSelections(t *testing.T) {
	t.Parallel()
	var lives []life
	for n := range 20 {
		lives = append(lives, ticket(n, float64(n)))
	}
	p, err := loaded(t, lives).View(insight.Everything(), at(30)).ComparePeriods(t.Context(), insight.Which{From: at(5)}, insight.Which{Until: at(15)}, insight.Fails())
	if err != nil {
		t.Fatal(err)
	}
	if p.Both != 10 || !strings.Contains(p.Warning, "10 runs are in both selections") {
		t.Errorf("%d in both: %s", p.Both, p.Warning)
	}
}
