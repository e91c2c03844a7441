package said_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cmd/cairn/internal/said"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// read converts the text, and returns the events by the line of the file that they are in, and what was told.
func read(t testing.TB, cfg said.Config, text string) (events map[int]event.Event, told []string, err error) {
	t.Helper()
	cfg.Bad = func(line int, err error) error {
		told = append(told, fmt.Sprintf("%d: %v", line, err))
		return nil
	}
	cfg.Unused = func(line int, column string) error {
		told = append(told, fmt.Sprintf("%d: unused %s", line, column))
		return nil
	}
	var out bytes.Buffer
	err = said.Convert(context.Background(), cfg, strings.NewReader(text), &out)
	events = map[int]event.Event{}
	for i, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
		if line == "" {
			continue
		}
		e, err := event.ParseJSON([]byte(line))
		if err != nil {
			t.Fatalf("line %d is no event: %v: %.300s", i+1, err, line)
		}
		events[i+1] = e
	}
	return events, told, err
}

func columns(t testing.TB, text string) said.Columns {
	t.Helper()
	pairs, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil {
		t.Fatal(err)
	}
	c, err := said.ParseColumns(pairs)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// TestBothForms: a CSV file and JSON lines with the same rows give the same events, in the lines of their files.
func TestBothForms(t *testing.T) {
	t.Parallel()
	cfg := said.Config{
		Source: "forum", Columns: columns(t, `text=The words,time=when`),
		Pseudonym: func(id string) string { return "hash of " + id },
	}
	table := "\ufeffwhen;The words;id;nature;stars;reach;address;reply_to;language;sentiment;causes;channel;customer;segment;journey;run;source\n" +
		"2026-03-01T12:00:00Z;\"two\n\"\"lines\"\" \";a;Complaint; 1.5;20;https://x.example;post-1;en;negative;late| broken ;social;c-1;new;order;o-1;\n" +
		"2026-03-01T12:00:00Z;;;;;;;;;;;;;;;;letters\n"
	objects := `{"when":"2026-03-01T12:00:00Z","The words":"two\n\"lines\" ","id":"a","nature":"complaint","stars":1.5,"reach":20,"address":"https://x.example","reply_to":"post-1","language":"en","sentiment":"negative","causes":["late","broken","late"],"channel":"social","customer":"c-1","segment":"new","journey":"order","run":"o-1"}` +
		"\n\n" + `{"when":"2026-03-01T12:00:00Z","source":"letters","text":null}` + "\n"
	want := event.Event{
		ID: feedback.MentionID("forum", "a"), Kind: event.FeedbackMentioned, Time: noon, Channel: event.Social,
		Journey: event.Run{Name: "order", ID: "o-1"}, Customer: event.Customer{Hash: "hash of c-1", Segment: "new"},
		Feedback: &event.Feedback{Source: "forum", Comment: "two\n\"lines\" ", Language: "en", Causes: []string{"late", "broken"}, Sentiment: event.Negative},
		Mention:  &event.Mention{Nature: event.Complaint, Stars: 1.5, Reach: 20, Address: "https://x.example", ReplyTo: "post-1"},
	}
	var second []event.ID
	for name, text := range map[string]string{"CSV": table, "JSON": objects} {
		events, told, err := read(t, cfg, text)
		first, other := 2, 4
		if name == "JSON" {
			first, other = 1, 3
		}
		if err != nil || len(events) != 2 || name == "CSV" && len(told) != 0 {
			t.Errorf("%s: %d events, told %q, %v", name, len(events), told, err)
		}
		if diff := cmp.Diff(want, events[first], cmpopts.EquateComparable()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		second = append(second, events[other].ID)
		if got := events[other]; got.Feedback.Source != "letters" || got.Mention.Nature != 0 {
			t.Errorf("%s: the second row is %+v", name, got.Feedback)
		}
	}
	if second[0] != second[1] || second[0].IsZero() {
		t.Errorf("the row without an ID has the IDs %v", second)
	}
}

// TestAnswers: a row with a survey and a score is an answer, on the scale of the blueprint or of the published question.
func TestAnswers(t *testing.T) {
	t.Parallel()
	cfg := said.Config{Scale: func(survey string) (event.Scale, bool) { return event.CES, survey == "ease" }}
	events, told, err := read(t, cfg, "time,survey,score,text,consent_version,consent_text,consent_language,consent_time,id\n"+
		"2026-03-01 12:00,ease,7,Easy,2,Quote me.,en,2026-03-02 09:00,x\n2026-03-01 12:00,nps,0,,2,Quote me.,,,\n2026-03-01 12:00,,,,,,,,x\n")
	if err != nil || len(told) != 0 || len(events) != 3 {
		t.Fatalf("%d events, told %q, %v", len(events), told, err)
	}
	ease, nps := events[2], events[3]
	if diff := cmp.Diff(&event.Feedback{
		Survey: "ease", Scale: event.CES, Score: 7, Comment: "Easy",
		Testimonial: &event.Testimonial{Version: "2", Language: "en", Text: "Quote me.", Given: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)},
	}, ease.Feedback); diff != "" || ease.Kind != event.FeedbackReceived || ease.Mention != nil {
		t.Errorf("%s is (-want +got):\n%s", ease.Kind, diff)
	}
	if f := nps.Feedback; f.Scale != event.NPS || f.Score != 0 || !f.Testimonial.Given.Equal(noon) {
		t.Errorf("the answer is %+v", f)
	}
	if ease.ID == events[4].ID {
		t.Error("an answer and a mention have one ID")
	}
}

// TestBadRows: a row that cannot be read is told with its line and without its values, and the rows after it are read.
func TestBadRows(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("secret", 2000)
	for _, c := range []struct{ name, reason, columns, row, want string }{
		{"no time", "when was it", "", "{}", "the time is missing"},
		{"a strange time", "the shape tells enough", "time", "secret", "the time is not a time"},
		{"day or month first", "both are possible", "time", "01/02/2026", "the time is not a time"},
		{"an unknown nature", "a word of another vocabulary", "nature", "secret", "the nature is not one of complaint, compliment, question, suggestion"},
		{"an unknown mood", "a word of another vocabulary", "sentiment", "secret", "the sentiment is not one of positive, neutral, negative"},
		{"a strange channel", "no constant", "channel", "secret", "the channel is not a channel"},
		{"too many stars", "a scale of ten", "stars", "9.5", "the stars is not a number from 0.5 to 5"},
		{"a third of a star", "between the steps", "stars", "3.3", "the stars is not a number from 0.5 to 5"},
		{"no stars", "not a number", "stars", "NaN", "the stars is not a number from 0.5 to 5"},
		{"stars in words", "not a number", "stars", "secret", "the stars is not a number from 0.5 to 5"},
		{"a negative reach", "a count", "reach", "-1", "the reach is not a whole number"},
		{"a huge reach", "more than people", "reach", "99999999999", "the reach is not a whole number"},
		{"a run alone", "whose", "run", "o-1", "the journey and the run belong together"},
		{"a score alone", "on which scale", "score", "3", "the survey and the score belong together"},
		{"a survey alone", "it was asked only", "survey", "nps", "the survey and the score belong together"},
		{"an unknown survey", "no scale", "survey,score", "secret,3", "the survey is not one of the blueprint"},
		{"off the scale", "ten is the end", "survey,score", "nps,11", "the score is not a whole number from 0 to 10"},
		{"half a score", "whole numbers", "survey,score", "nps,9.5", "the score is not a whole number from 0 to 10"},
		{"an answer with stars", "which one", "survey,score,stars", "nps,9,4", "it is an answer to a survey, which has no nature"},
		{"a consent without a text", "it proves nothing", "consent_version", "1", "the consent version and the consent text belong together"},
		{"a consent without a version", "it proves nothing", "consent_text", "secret", "the consent version and the consent text belong together"},
		{"a time of a consent alone", "to what", "consent_time", "2026-03-01", "the consent version and the consent text belong together"},
		{"a strange time of consent", "when", "consent_version,consent_text,consent_time", "1,ok,secret", "the consent time is not a time"},
		{"a long comment", "a part is not what was said", "text", long, "the text is longer than 8192 bytes"},
		{"a long address", "a part is another address", "address", long, "the address is longer than 2048 bytes"},
		{"a long customer", "a part is another customer", "customer", long, "the customer is longer than 128 bytes"},
		{"a control character", "an ID is printable", "customer", "secret\x01", "the customer has a control character"},
		{"a control character in the run", "an ID is printable", "journey,run", "order,secret\x1b", "the run has a control character"},
		{"a long cause", "a comment in the wrong column", "causes", long, "the causes are not at most 32 of at most 64 bytes"},
		{"other bytes", "another encoding", "text", "caf\xe9", "the text is not UTF-8: set --encoding"},
		{"more columns", "a comma in a text", "text", "secret,secret", "it has 3 columns, and the header has 2"},
		{"an open quote", "the file is cut off", "text", `"secret`, "it is no row of CSV"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			header, row := "time,"+c.columns, "2026-03-01T12:00:00Z,"+c.row
			switch c.columns {
			case "time":
				header, row = "time", c.row
			case "":
				header, row = "time,text", ",x"
			}
			text := header + "\n\n" + row + "\n"
			good := 0
			if !strings.Contains(c.want, "no row of CSV") {
				text, good = text+"2026-03-01"+strings.Repeat(",", strings.Count(header, ","))+"\n", 1
			}
			events, told, err := read(t, said.Config{}, text)
			if err != nil || len(events) != good || len(told) != 1 || !strings.HasPrefix(told[0], "3: "+c.want) {
				t.Errorf("%d events, %v, told %q; want %q in line 3: %s", len(events), err, told, c.want, c.reason)
			}
			if strings.Contains(strings.Join(told, ""), "secret") {
				t.Errorf("the message tells what the customer has said: %q", told)
			}
		})
	}
}

// TestBadObjects: a line that is no object, or has a member of another type, is told, and the lines after it are read.
func TestBadObjects(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, line, want string }{
		{"an array", `[{"time":"2026-03-01"}]`, "it is no JSON object"},
		{"null", `null`, "it is no JSON object"},
		{"cut off", `{"time":"2026-03-01"`, "it is no JSON object"},
		{"two objects", `{"time":"2026-03-01"}{"time":"2026-03-01"}`, "more follows its JSON object"},
		{"an object inside", `{"time":"2026-03-01","text":{"secret":1}}`, "the text is neither a text nor a number"},
		{"true", `{"time":"2026-03-01","text":true}`, "the text is neither a text nor a number"},
		{"lists of lists", `{"time":"2026-03-01","causes":[["secret"]]}`, "the causes is neither a text nor a number"},
		{"an event of Cairn", `{"v":1,"kind":"feedback.mentioned","time":"2026-03-01"}`, "it is an event of Cairn: name the file as a LOG"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			events, told, err := read(t, said.Config{}, `{"time":"2026-03-01"}`+"\n"+c.line+"\n"+`{"time":"2026-03-02"}`+"\n")
			if err != nil || len(events) != 2 || len(told) != 1 || !strings.HasPrefix(told[0], "2: "+c.want) || strings.Contains(told[0], "secret") {
				t.Errorf("%d events, %v, told %q; want %q in line 2", len(events), err, told, c.want)
			}
		})
	}
}

// TestUnusedColumns: each column, or key, without a field is told once, where it was found first.
func TestUnusedColumns(t *testing.T) {
	t.Parallel()
	_, told, _ := read(t, said.Config{Columns: columns(t, "text=words")}, "time,words,text,Foo\n2026-03-01,a,b,c\n2026-03-01,a,b,c\n")
	if want := []string{"1: unused text", "1: unused Foo"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q: text is in another column", told, want)
	}
	_, told, _ = read(t, said.Config{}, `{"time":"2026-03-01"}`+"\n"+`{"time":"2026-03-01","b":1,"a":2}`+"\n"+`{"time":"2026-03-01","b":1}`)
	if want := []string{"2: unused a", "2: unused b"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	var many strings.Builder
	for i := range 500 {
		fmt.Fprintf(&many, "{\"time\":\"2026-03-01\",\"k%d\":1}\n", i)
	}
	if _, told, _ = read(t, said.Config{}, many.String()); len(told) != 100 {
		t.Errorf("%d keys are told, want the first 100", len(told))
	}
}

// TestWholeFiles: what is wrong with a file as a whole stops reading.
func TestWholeFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, mapped, want string }{
		{"empty", "", "", "it is empty"},
		{"no time", "when,text\n", "", `the header has no column time: name the one that has it with --feedback-map time=COLUMN: the columns are "when", "text"`},
		{"no such column", "time,text\n", "id=Nr.", `the header has no column "Nr." for id`},
		{"twice", "time,time\n", "", `the header has the column "time" twice`},
		{"a broken header", "time,\"text\n", "", "the header: it is no row of CSV"},
		{"not gzip", "\x1f\x8bxxxxxxxxxxxxxxxx", "", "it begins like gzip"},
		{"a long line", `{"time":"` + strings.Repeat("x", 2<<20), "", "line 1 is longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var cfg said.Config
			if c.mapped != "" {
				cfg.Columns = columns(t, c.mapped)
			}
			if _, _, err := read(t, cfg, c.text); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want %q", err, c.want)
			}
		})
	}
	stop := errors.New("stop")
	err := said.Convert(t.Context(), said.Config{Bad: func(int, error) error { return stop }}, strings.NewReader("time\nsoon\n"), io.Discard)
	if !errors.Is(err, stop) {
		t.Errorf("the error is %v, want that of Bad", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := said.Convert(ctx, said.Config{}, strings.NewReader("time\n2026-03-01\n"), io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want that of the context", err)
	}
}

// TestForms: compressed files, other encodings, other delimiters and other times.
func TestForms(t *testing.T) {
	t.Parallel()
	latin, err := eventlog.ParseEncoding("latin1")
	if err != nil {
		t.Fatal(err)
	}
	dmy, err := eventlog.ParseTimeFormat("dmy")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(z, "time,text\n2026-03-01T12:00:00Z,café\n")
	_ = z.Close()
	for _, c := range []struct {
		name, text string
		cfg        said.Config
	}{
		{"gzip", zipped.String(), said.Config{}},
		{"latin1", "time\ttext\n2026-03-01T12:00:00Z\tcaf\xe9\n", said.Config{Encoding: latin}},
		{"a given delimiter", "text:time\ncafé:1772366400\n", said.Config{Delimiter: ':'}},
		{"a bar", "text|time\ncafé|2026-03-01 13:00:00\n", said.Config{Times: eventlog.Times{Location: berlin}}},
		{"the day first", "text,time\ncafé,01/03/2026 12:00\n", said.Config{Times: eventlog.Times{Format: dmy}}},
		{"Windows", "time,text\r\n2026-03-01T12:00:00Z,café\r\n", said.Config{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			events, told, err := read(t, c.cfg, c.text)
			if e := events[2]; err != nil || len(told) != 0 || e.Feedback == nil || e.Feedback.Comment != "café" || !e.Time.Equal(noon) {
				t.Errorf("%+v, told %q, %v", events, told, err)
			}
		})
	}
}

// TestIDs: the IDs of rows do not depend on the file, and rows that say the same are told apart only if they have no ID.
func TestIDs(t *testing.T) {
	t.Parallel()
	ids := func(text string) (list []event.ID) {
		events, told, err := read(t, said.Config{}, "time,source,id,text\n"+text)
		if err != nil || len(told) > 0 {
			t.Fatal(told, err)
		}
		for _, line := range slices.Sorted(maps.Keys(events)) {
			list = append(list, events[line].ID)
		}
		return list
	}
	first := ids("2026-03-01,a,1,x\n2026-03-01,a,1,edited\n2026-03-01,,,x\n2026-03-01,,,x\n2026-03-01,,,y\n2026-03-01,b,1,x\n")
	if first[0] != first[1] || first[0] != feedback.MentionID("a", "1") {
		t.Errorf("a row with an ID has the IDs %v and %v", first[0], first[1])
	}
	if distinct := len(slices.Compact(slices.SortedFunc(slices.Values(first), func(a, b event.ID) int { return bytes.Compare(a[:], b[:]) }))); distinct != 5 {
		t.Errorf("6 rows have %d IDs, want 5: %v", distinct, first)
	}
	if later := ids("2026-03-01,b,1,x\n2026-03-01,,,y\n2026-03-01,,,x\n2026-02-01,,,new\n2026-03-01,,,x\n"); later[0] != first[5] || later[1] != first[4] || later[2] != first[2] || later[4] != first[3] {
		t.Errorf("in another order the IDs are %v, after %v", later, first)
	}
}

// TestParseColumns: what is wrong with a map is told.
func TestParseColumns(t *testing.T) {
	t.Parallel()
	for pairs, want := range map[string]string{
		"texxt=a": `"texxt" is not one of id, source, time,`, "text": "text= needs the name of a column", "text=": "text= needs the name of a column",
		"text=a,text=b": "text= occurs twice", "text=a,id=a": "have one column", "=a": `"" is not one of`,
	} {
		if _, err := said.ParseColumns(strings.Split(pairs, ",")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", pairs, err, want)
		}
	}
	if _, err := said.ParseColumns([]string{"texxt=a"}); !strings.Contains(err.Error(), `did you mean "text"?`) {
		t.Errorf("the error is %v", err)
	}
}

// FuzzConvert: whatever is in a file, nothing panics, every line is an event that was in that line, and messages tell no value.
func FuzzConvert(f *testing.F) {
	f.Add("time,text,id\n2026-03-01,x,1\n")
	f.Add("time;nature\n2026-03-01;complaint\n\"a\nb\";x\n")
	f.Add(`{"time":"2026-03-01","causes":["a"],"stars":4.5}` + "\n\n[]\n")
	f.Add("\x1f\x8b\x08")
	f.Add("time,survey,score,consent_version,consent_text\n1772366400,nps,9,1,y\n")
	f.Fuzz(func(t *testing.T, text string) {
		events, _, _ := read(t, said.Config{}, text)
		for line, e := range events {
			if line < 1 || line > strings.Count(text, "\n")+1 && !strings.HasPrefix(text, "\x1f\x8b") {
				t.Errorf("an event is in line %d of %d", line, strings.Count(text, "\n")+1)
			}
			if e.Feedback == nil || e.ID.IsZero() || e.Time.IsZero() {
				t.Errorf("the event is %+v", e)
			}
		}
	})
}
