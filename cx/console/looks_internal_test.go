package console

import (
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback/score"
)

// TestHalfHoursShareAnAxis: the pictures of all queues begin and end at the same half hours, and a queue without contacts in one has a gap there.
func TestHalfHoursShareAnAxis(t *testing.T) {
	t.Parallel()
	level := blueprint.ServiceLevel{Within: blueprint.Duration(20 * time.Second)}
	table, err := insight.New(&blueprint.Blueprint{Version: 1, Queues: []blueprint.Queue{{Name: "billing", ServiceLevel: level}, {Name: "orders", ServiceLevel: level}}})
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{c: &Console{table: table}, zone: time.UTC}
	row := func(queue string, hour float64, n int64) *insight.QueueRow {
		r := &insight.QueueRow{Begin: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).Add(time.Duration(hour * float64(time.Hour)))}
		r.End, r.QueueNumbers = r.Begin.Add(30*time.Minute), insight.QueueNumbers{Queue: queue, Level: score.ShareOf(n/2, n, 0.95)}
		return r
	}
	drawn := v.levelByHalfHour([]*insight.QueueRow{row("billing", 8, 20), row("orders", 9.5, 30), row("billing", 12.5, 10), row("other", 20, 50)})
	if len(drawn) != 1 {
		t.Fatalf("%d pictures", len(drawn))
	}
	picture := string(drawn[0])
	if first, last := strings.Count(picture, ">08:00</text>"), strings.Count(picture, ">12:30</text>"); first != last || first == 0 || first%2 != 0 {
		t.Errorf("the two queues do not have one axis: %d times 08:00, %d times 12:30:\n%s", first, last, picture)
	}
	if drawn := v.levelByHalfHour([]*insight.QueueRow{row("billing", 8, 3), row("other", 8, 50)}); drawn != nil {
		t.Errorf("without a value that may be shown there is a picture: %s", drawn)
	}
}

// TestTwoSegments: the difference of two segments is told once.
func TestTwoSegments(t *testing.T) {
	t.Parallel()
	of := func(names ...string) int {
		s := insight.SurveyVoice{}
		s.Response.Asked = 100
		for _, name := range names {
			s.Silence = append(s.Silence, insight.SegmentSilence{Segment: name})
		}
		got := (&visit{}).silence(&insight.Voice{Surveys: []insight.SurveyVoice{s}})
		if want := "home against trade"; len(names) == 2 && got.Grids[1].Rows[0][1].Text != want {
			t.Errorf("the segment is %q, want %q", got.Grids[1].Rows[0][1].Text, want)
		}
		return len(got.Grids[1].Rows)
	}
	if two, three := of("home", "trade"), of("home", "trade", "public"); two != 1 || three != 3 {
		t.Errorf("two segments have %d rows and three have %d, want 1 and 3", two, three)
	}
}

// TestNotPraise: what stands under praise does not stand beside it again.
func TestNotPraise(t *testing.T) {
	t.Parallel()
	glad, sad := insight.Quote{Text: "Thank you.", At: time.Unix(2, 0)}, insight.Quote{Text: "It is late.", At: time.Unix(1, 0), Causes: []string{"late"}}
	got := notPraise(&insight.Voice{Verbatims: []insight.Quote{glad, sad}, Compliments: []insight.Quote{glad}})
	if len(got) != 1 || got[0].Text != sad.Text {
		t.Errorf("%+v", got)
	}
}

// TestLong: a name that may be cut has the whole in its title.
func TestLong(t *testing.T) {
	t.Parallel()
	if name := strings.Repeat("x", 300); long(name) != name || long("order AB-1001") != "" {
		t.Error("the title is not that of long names")
	}
}

// TestPartLinks: a long page leads to its parts, and a short one does not.
func TestPartLinks(t *testing.T) {
	t.Parallel()
	p := &page{sections: []section{{id: "a", title: "A"}, {id: "b", title: "B"}, {id: "c", title: "C"}, {id: "d", title: "D"}}}
	if got := p.partLinks(); got != nil {
		t.Errorf("a short page has %v", got)
	}
	p.sections = append(p.sections, section{id: "e", title: "E"})
	if got := p.partLinks(); len(got) != 5 || got[4] != (partLink{"e", "E"}) {
		t.Errorf("a long page has %v", got)
	}
}
