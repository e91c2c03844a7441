package console

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/watch"
)

// TestDueOfBreakdown: the promise that is overdue the longest comes before the one that is due next, in days from a day on.
func TestDueOfBreakdown(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 27, 15, 0, 0, 0, time.UTC)
	at := func(hours int) time.Time { return now.Add(time.Duration(hours) * time.Hour) }
	for _, c := range []struct {
		reason     string
		promises   []insight.BreakdownPromise
		ended      time.Time
		says, tone string
	}{
		{"nothing is promised", nil, time.Time{}, "", ""},
		{"the next one", []insight.BreakdownPromise{{Name: watch.PromiseConfirmed, Due: at(-1), Kept: at(-2)}, {Name: watch.PromisePlanned, Due: at(49)}}, time.Time{}, "Plan due in 2 days", ""},
		{"within a day", []insight.BreakdownPromise{{Name: watch.PromiseMended, Due: at(5)}}, time.Time{}, "Mending due in 5 h", ""},
		{"overdue, before the next one", []insight.BreakdownPromise{{Name: watch.PromisePlanned, Due: at(-72), Broken: true}, {Name: watch.PromiseMended, Due: at(5)}}, time.Time{}, "Plan overdue for 3 days", "bad"},
		{"for some hours", []insight.BreakdownPromise{{Name: watch.PromiseConfirmed, Due: at(-2), Broken: true}}, time.Time{}, "Confirmation overdue for 2 h", "bad"},
		{"kept too late", []insight.BreakdownPromise{{Name: watch.PromiseConfirmed, Due: at(-72), Kept: at(-1), Broken: true}}, time.Time{}, "", ""},
		{"it has ended", []insight.BreakdownPromise{{Name: watch.PromiseConfirmed, Due: at(-72), Broken: true}}, at(-1), "", ""},
		{"a promise of another release", []insight.BreakdownPromise{{Name: "told", Due: at(24)}}, time.Time{}, "told due in 1 day", ""},
	} {
		v := &visit{at: now}
		says, tone, _ := v.dueOfBreakdown(&insight.Breakdown{Promises: c.promises, Ended: c.ended})
		if says != c.says || tone != c.tone {
			t.Errorf("%s: %q, %q, want %q, %q", c.reason, says, tone, c.says, c.tone)
		}
	}
}

// TestRoughly: an estimate has three digits, and no cents where it has euros.
func TestRoughly(t *testing.T) {
	t.Parallel()
	for amount, want := range map[int64]string{0: "0 EUR", 7: "0.07 EUR", 99: "0.99 EUR", 12_345: "123 EUR", 803_477: "8,030 EUR", -803_477: "−8,030 EUR", 999_999_999: "10,000,000 EUR"} {
		if got := roughly(event.Money{Amount: amount, Currency: "EUR"}); got != want && (amount != 0 || got != "0.00 EUR") {
			t.Errorf("%d is %q, want %q", amount, got, want)
		}
	}
	if got := roughly(event.Money{Amount: 123_456, Currency: "JPY"}); got != "123,000 JPY" {
		t.Errorf("yen without parts are %q", got)
	}
}

// TestStateOfBreakdown: each step in words, and that the charts do not show it any more.
func TestStateOfBreakdown(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		b          insight.Breakdown
		usual      bool
		says, tone string
	}{
		{insight.Breakdown{Step: watch.Found}, false, "not confirmed yet", "bad"},
		{insight.Breakdown{Step: watch.Found, Mended: day(3), Found: day(9)}, false, "returned, not confirmed yet", "bad"},
		{insight.Breakdown{Step: watch.Found, Mended: day(3), Found: day(18).Add(time.Hour)}, false, "the mending has not helped, not confirmed yet", "bad"},
		{insight.Breakdown{Step: watch.Found, Mended: day(3), Verified: day(9), Found: day(18).Add(time.Hour)}, false, "returned, not confirmed yet", "bad"},
		{insight.Breakdown{Step: watch.Found, Mended: day(3), Found: day(19)}, false, "returned, not confirmed yet", "bad"},
		{insight.Breakdown{Step: watch.Confirmed}, false, "confirmed, no plan yet", ""},
		{insight.Breakdown{Step: watch.Planned}, true, "planned; usual again", ""},
		{insight.Breakdown{Step: watch.Mended}, false, "mended, being watched", "good"},
		{insight.Breakdown{Step: watch.Verified, Ended: day(9)}, true, "verified: it helps", "good"},
		{insight.Breakdown{Step: watch.Improved, Details: event.Breakdown{Better: true}}, true, "improved", "good"},
	} {
		if says, tone := stateOf(&c.b, &charted{Usual: c.usual}); says != c.says || tone != c.tone {
			t.Errorf("%s: %q, %q, want %q, %q", c.b.Step, says, tone, c.says, c.tone)
		}
	}
}

// TestWordsOfBadRuns: each word of a breakdown is one that the address takes, and that a choice says in words.
func TestWordsOfBadRuns(t *testing.T) {
	t.Parallel()
	for about, want := range map[insight.About]string{
		insight.AboutJourney: "not-completed", insight.AboutStage: "ended-in:x", insight.AboutTouchpoint: "failed-at:x", insight.AboutCause: "ended-for:x",
		insight.AboutPromise: "broken:x", insight.AboutSurvey: "negative:x", insight.AboutQueue: "",
	} {
		got := badWordOf(insight.Subject{About: about, Journey: "order", Name: "x"})
		if got != want {
			t.Errorf("%s: %q, want %q", about, got, want)
		}
		if _, err := parseBad(got); got != "" && err != nil {
			t.Errorf("%s: %v", about, err)
		}
	}
	for word, want := range map[string]string{"ended-in:x": "ended in “x”", "failed-at:x": "“x” failed", "ended-for:x": "ended for “x”", "broken:x": "", "": ""} {
		if got := namedBad(word); got != want {
			t.Errorf("%q is %q, want %q", word, got, want)
		}
	}
}

// TestChartsAreAskedOnce: readers of one state of the table share the charts, whatever the moment, the filter and the order of their pages; another scope has its own.
func TestChartsAreAskedOnce(t *testing.T) {
	t.Parallel()
	viewer := insight.Everything()
	at := time.Date(2026, 3, 27, 15, 1, 0, 0, time.UTC)
	c := over(t, &growing{n: 3}, WithViewer(func(*http.Request) (insight.Viewer, error) { return viewer, nil }), WithClock(func() time.Time { return at }))
	t.Cleanup(c.Close)
	charts := func() (n int) {
		c.desk.mu.Lock()
		defer c.desk.mu.Unlock()
		for key := range c.desk.answers {
			if strings.Contains(key, "|charts") {
				n++
			}
		}
		return n
	}
	for _, path := range []string{"/breakdowns", "/breakdowns?sort=age", "/breakdowns?last=7d&journey=order", "/breakdowns?where=team:red"} {
		at = at.Add(20 * time.Second)
		w := httptest.NewRecorder()
		c.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+path, http.NoBody))
		if w.Code != http.StatusOK || charts() != 1 {
			t.Fatalf("%s is answered with %d, and the charts were asked for %d times", path, w.Code, charts())
		}
	}
	viewer = insight.Viewer{Rights: insight.Numbers, Journeys: []string{"order"}}
	c.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/breakdowns", http.NoBody))
	if charts() != 2 {
		t.Errorf("readers of two scopes have %d answers", charts())
	}
}

// TestStoryOfEnds: each end in words, which are those of its cause.
func TestStoryOfEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		better     bool
		outcome    event.Outcome
		cause      string
		says, tone string
		how        string
	}{
		{false, event.Completed, watch.Held, "Closed: it has held", "good", "mended, and held"},
		{false, event.Completed, watch.Subsided, "Closed: the charts have not shown it for 28 days, and nothing has mended it", "", "subsided: the charts do not show it any more"},
		{false, event.Cancelled, "intended", "Dismissed: intended", "", "dismissed: intended"},
		{true, event.Completed, watch.Held, "Closed: it has stayed better for 28 days", "good", "it has stayed better for 28 days"},
		{true, event.Completed, watch.Subsided, "Closed: the charts do not show it any more", "", "subsided: the charts do not show it any more"},
	} {
		told := storyTeller{}
		if c.better {
			told.step(&event.Event{Kind: event.JourneyStageEntered, Stage: watch.Improved})
		}
		says, tone := told.step(&event.Event{Kind: event.JourneyEnded, Outcome: c.outcome, Cause: c.cause})
		how, howTone, _ := (&visit{}).endOf(&insight.Breakdown{Outcome: c.outcome, Cause: c.cause, Details: event.Breakdown{Better: c.better}}, nil)
		if says != c.says || tone != c.tone || how != c.how || howTone != c.tone {
			t.Errorf("better %v, %s: %q, %q, %q, %q", c.better, c.cause, says, tone, how, howTone)
		}
	}
}

// TestStoryOfReturns: a step back forgets the mending, and what is found again says why.
func TestStoryOfReturns(t *testing.T) {
	t.Parallel()
	const inVain, returned = "The mending has not helped: the charts still show it", "It has returned: the charts show it again"
	type step struct {
		stage string
		day   int
	}
	for _, c := range []struct {
		steps []step
		says  string
	}{
		{[]step{{watch.Found, 1}, {watch.Mended, 2}, {watch.Found, 17}}, inVain},
		{[]step{{watch.Found, 1}, {watch.Mended, 2}, {watch.Found, 16}}, returned},
		{[]step{{watch.Found, 1}, {watch.Mended, 2}, {watch.Verified, 10}, {watch.Found, 17}}, returned},
		{[]step{{watch.Found, 1}, {watch.Mended, 2}, {watch.Planned, 5}, {watch.Found, 17}}, returned},
		{[]step{{watch.Found, 1}, {watch.Mended, 2}, {watch.Planned, 5}, {watch.Mended, 6}, {watch.Found, 21}}, inVain},
	} {
		var told storyTeller
		says := ""
		for _, s := range c.steps {
			says, _ = told.step(&event.Event{Kind: event.JourneyStageEntered, Stage: s.stage, Time: time.Date(2026, 3, s.day, 9, 0, 0, 0, time.UTC)})
		}
		if says != c.says {
			t.Errorf("%+v: %q, want %q", c.steps, says, c.says)
		}
	}
}
