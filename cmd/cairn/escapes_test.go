package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// evil has what a terminal would obey (the title of the window, colours, in both forms of the escape, and a line that is written over), what
// turns text around, and markup.
const evil = "x\x1b]0;t\a\x1b[2Jy\u009b31m\r\u202ez\u2066\u200f<script>alert(1)</script><img src=x onerror=alert(1)>"

// quoted is evil inside a text of JSON or YAML.
func quoted() string {
	var b strings.Builder
	for _, c := range evil {
		fmt.Fprintf(&b, `\u%04x`, c)
	}
	return `"` + b.String() + `"`
}

// obeyed returns what a terminal would obey in the text, or what turns text around.
func obeyed(text string) (list []string) {
	if !utf8.ValidString(text) {
		list = append(list, "bytes that are not UTF-8")
	}
	for i, c := range text {
		if c < ' ' && c != '\n' && c != '\t' || c >= 0x7f && c <= 0x9f || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 || c == 0x200e || c == 0x200f || c == 0x61c {
			list = append(list, fmt.Sprintf("%U in %+.60q", c, text[max(0, i-30):min(len(text), i+30)]))
		}
	}
	return list
}

// evilBlueprint has it in each text that a blueprint may have.
func evilBlueprint() string {
	return strings.ReplaceAll(`version: 1
journeys:
  - {name: order, description: EVIL, owner: shop, abandon_after: 1h, stages: [{name: cart, description: EVIL}]}
touchpoints:
  - {name: pay, description: EVIL, journey: order, stage: cart}
surveys:
  - {name: ease, scale: ces, question: {en: EVIL}, causes: [late], testimonial: {version: "1", text: {en: EVIL}}}
follow_ups:
  - {name: complaint, description: EVIL, owner: care, acknowledge: 24h, open: [{on: complaint}]}
objectives:
  - {name: paid, journey: order, description: EVIL, target: 0.9}
`, "EVIL", quoted())
}

const goodBlueprint = "version: 1\njourneys:\n  - {name: order, stages: [{name: cart}]}\ntouchpoints:\n  - {name: pay, journey: order, stage: cart}\n" +
	"surveys:\n  - {name: ease, scale: ces}\nobjectives:\n  - {name: paid, journey: order, target: 0.9}\n"

// evilEvents are events of Cairn with it in every name and text.
func evilEvents() string {
	var b strings.Builder
	at := "2026-03-01T10:00:00Z"
	for i, line := range []string{
		`"kind":"touchpoint.ended","touchpoint":EVIL,"outcome":"failed","cause":EVIL,"error_type":EVIL,"intent":EVIL,"customer":{"segment":EVIL},"variant":{"release":EVIL},"attributes":{"k":EVIL}`,
		`"kind":"feedback.mentioned","feedback":{"survey":"","score":0,"source":EVIL,"comment":EVIL,"causes":[EVIL],"language":EVIL},"mention":{"nature":"complaint","address":EVIL,"reply_to":EVIL}`,
		`"kind":"feedback.received","feedback":{"survey":"ease","scale":"ces","score":1,"version":EVIL,"causes":[EVIL],"comment":EVIL,"testimonial":{"version":EVIL,"text":EVIL,"language":EVIL}}`,
		`"kind":"feedback.received","feedback":{"survey":EVIL,"scale":"ces","score":1}`,
		`"kind":"journey.stage.entered","journey":{"name":"order","id":EVIL},"stage":EVIL`,
		`"kind":"journey.stage.entered","journey":{"name":EVIL,"id":"1","version":EVIL},"stage":EVIL,"followup":{"id":"1","owner":EVIL,"severity":EVIL,"rule":EVIL,"remedy":EVIL,"note":EVIL}`,
		`"kind":"journey.ended","journey":{"name":"order","id":"7"},"outcome":"failed","cause":EVIL,"action":{"name":EVIL,"owner":EVIL,"cause":EVIL,"note":EVIL}`,
		`"kind":"contact.suppressed","contact":{"purpose":EVIL,"rule":EVIL},"cause":EVIL`,
		`"kind":EVIL`, `"kind":"touchpoint.ended","touchpoint":"pay","outcome":EVIL`, `EVIL:1`, `"kind":"touchpoint.ended","channel":EVIL`,
		`"kind":"touchpoint.ended","touchpoint":"pay","assisted":{"legs":[{"queue":EVIL,"answered":true}],"disposition":EVIL,"unable":EVIL}`,
	} {
		fmt.Fprintf(&b, `{"v":1,"id":"019d9b4f-ea00-7000-8000-%012d","time":"%s",%s}`+"\n", i, at, strings.ReplaceAll(line, "EVIL", quoted()))
	}
	return b.String()
}

// evilSpans is an OTLP document with it in every name and value.
func evilSpans() string {
	var spans []string
	for i, attributes := range []string{
		`{"key":EVIL,"value":{"stringValue":EVIL}}`,
		`{"key":"a","value":{"stringValue":EVIL}},{"key":"k","value":{"stringValue":EVIL}}`,
		`{"key":"a","value":{"stringValue":EVIL}}`,
	} {
		spans = append(spans, fmt.Sprintf(`{"traceId":"0000000000000000000000000000ab%02d","spanId":"00000000000000%02d","name":EVIL,"kind":2,`+
			`"startTimeUnixNano":"1772000001000000000","endTimeUnixNano":"1772000002000000000","attributes":[%s],"status":{"code":2,"message":EVIL}}`, i+10, i+10, attributes))
	}
	doc := `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":EVIL}}]},"scopeSpans":[{"scope":{"name":EVIL},"spans":[` + strings.Join(spans, ",") + `]}]}]}`
	return strings.ReplaceAll(doc, "EVIL", quoted())
}

// evilArchive returns the path of an archive in which open follow-ups have it in every text.
func evilArchive(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "archive.db")
	archive, err := sqlarchive.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, time.March, 1, 10, 0, 0, 0, time.UTC)
	said := event.Event{
		ID: event.NewID(at), Kind: event.FeedbackMentioned, Time: at, Mention: &event.Mention{Nature: event.Complaint, Address: evil, ReplyTo: evil},
		Feedback: &event.Feedback{Source: evil, Comment: evil, Causes: []string{evil}, Language: evil},
	}
	list := []event.Event{said}
	for _, id := range []string{"1", evil} {
		run := event.Run{Name: "complaint", ID: id, Version: evil}
		details := &event.FollowUp{ID: id, Owner: evil, Severity: evil, Rule: evil, Remedy: evil, Note: evil, CausedBy: said.ID, Feedback: said.ID, About: event.RunRef{Name: evil, ID: evil}}
		who := event.Customer{Hash: strings.Repeat("ab", 16), Segment: evil}
		list = append(list,
			event.Event{ID: event.NewID(at), Kind: event.JourneyStarted, Time: at, Journey: run, Customer: who, FollowUp: details},
			event.Event{ID: event.NewID(at), Kind: event.JourneyStageEntered, Time: at, Journey: run, Stage: evil, Customer: who, FollowUp: details, Transition: &event.Transition{From: evil}, Cause: evil},
			event.Event{ID: event.NewID(at), Kind: event.PromiseMade, Time: at, Journey: run, Customer: who, FollowUp: details, Promise: &event.Promise{Name: evil, Due: at}})
	}
	if err := errors.Join(archive.Export(t.Context(), list), archive.Shutdown(t.Context())); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestNothingIsObeyed: no command writes to a terminal what the terminal would obey, or what turns text around, wherever it is in its input.
func TestNothingIsObeyed(t *testing.T) {
	t.Parallel()
	prometheus := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"status":"error","errorType":%s,"error":%[1]s}`, quoted())
	}))
	t.Cleanup(prometheus.Close)
	row := `"` + strings.ReplaceAll(evil, `"`, `""`) + `"`
	f := files(t, map[string]string{
		"good.yaml": goodBlueprint, "evil.yaml": evilBlueprint(), "names.yaml": strings.ReplaceAll(goodBlueprint, "name: pay", "name: "+quoted()),
		"keys.yaml": quoted() + ": 1\n", "broken.yaml": "version: [" + evil, "events.jsonl": evilEvents(), "key": "a key of at least 16 bytes",
		"log.csv":     "case,what,when,on,how," + row + "\n1," + row + ",2026-03-01," + row + ",ok,\n" + row + ",pay,2026-03-01,,ok,\n2,pay,2026-03-01,," + row + ",\n3,pay," + row + ",,ok,\n",
		"said.csv":    "time,nature,text,source,channel,causes,id,survey,score,journey,run," + row + "\n2026-03-01,complaint," + strings.Repeat(row+",", 5) + ",,,,\n2026-03-01," + row + ",,,,,,,,,,\n2026-03-01,,,,,,," + row + ",3,,,\n2026-03-01,,,,,,,,," + row + ",1,\n",
		"said.jsonl":  `{"time":"2026-03-01",` + quoted() + `:1}` + "\n" + `{"time":` + quoted() + `}` + "\n" + `{"time":"2026-03-01","text":{` + quoted() + `:1}}` + "\n",
		"head.csv":    row + ",b\n1,2\n",
		"match.yaml":  "version: 1\njourneys: [{name: order}]\ntouchpoints:\n  - {name: pay, journey: order, match: [{span: " + quoted() + ", case: " + quoted() + "}, {attributes: {a: " + quoted() + "}, case: k}]}\n",
		"spans.json":  evilSpans(),
		"list.csv":    "customer,reason,at,purpose,channel,source\nc-1,opted_out,2026-03-01,,,note\n" + row + ",opted_out,2026-03-01,,,\nc-2," + row + ",2026-03-01,,,\nc-3,opted_out," + row + ",,,\nc-4,opted_out,2026-03-01," + row + ",,\nc-5,opted_out,2026-03-01,," + row + ",\nc-6,opted_out,2026-03-01,,," + row + "\n",
		"openslo.yml": "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: " + quoted() + "}\nspec: {description: " + quoted() + ", service: " + quoted() + "}\n",
	})
	store := "sqlite:" + filepath.Join(t.TempDir(), "store.db")
	archive := evilArchive(t)
	logMap := "--map=case=case,activity=what,time=when,channel=on,outcome=how"
	contact := []string{"--store", store, "--customer-key-file", f["key"]}
	rows := []struct {
		command string
		args    []string
	}{
		{"init", []string{"--out", "-", f["log.csv"]}},
		{"init", []string{"--journey", evil, f["log.csv"]}},
		{"init", []string{"--openslo", f["openslo.yml"], f["log.csv"]}},
		{"init", []string{f["head.csv"]}},
		{"init", []string{f["events.jsonl"]}},
		{"validate", []string{f["evil.yaml"], f["names.yaml"], f["keys.yaml"], f["broken.yaml"], f["good.yaml"]}},
		{"validate", []string{"none " + evil}},
		{"check", []string{f["good.yaml"], logMap, f["log.csv"]}},
		{"check", []string{f["good.yaml"], logMap, "--json", f["log.csv"]}},
		{"check", []string{f["evil.yaml"], f["events.jsonl"]}},
		{"check", []string{f["good.yaml"], "--allow", evil, f["events.jsonl"]}},
		{"check", []string{f["good.yaml"], "--map", "case=case,activity=" + evil + ",time=when", f["log.csv"]}},
		{"match", []string{"-b", f["match.yaml"], f["spans.json"]}},
		{"match", []string{"-b", f["match.yaml"], "--json", f["spans.json"]}},
		{"match", []string{"-b", f["match.yaml"], "--events", f["spans.json"]}},
		{"match", []string{"-b", f["match.yaml"], f["said.jsonl"]}},
		{"match", []string{"-b", f["broken.yaml"], evil}},
		{"replay", []string{"-b", f["good.yaml"], logMap, f["log.csv"]}},
		{"replay", []string{"-b", f["evil.yaml"], logMap, f["log.csv"]}},
		{"replay", []string{"-b", f["good.yaml"], "--strict", logMap, f["log.csv"]}},
		{"replay", []string{"-b", f["good.yaml"], f["events.jsonl"]}},
		{"replay", []string{"-b", f["evil.yaml"], f["events.jsonl"], "--customer-key-file", f["key"]}},
		{"replay", []string{"-b", f["good.yaml"], "--strict", f["events.jsonl"]}},
		{"replay", []string{"-b", f["good.yaml"], "--feedback", f["said.csv"], "--feedback", f["said.jsonl"]}},
		{"replay", []string{"-b", f["good.yaml"], "--strict", "--feedback", f["said.csv"]}},
		{"replay", []string{"-b", f["good.yaml"], "--feedback", f["head.csv"]}},
		{"replay", []string{"-b", f["good.yaml"], "--map", "case=" + evil, "--from", evil, "--feedback-source", evil, "--feedback-map", evil, "--feedback", evil, "--feedback", evil, "--tz", evil, evil}},
		{"replay", []string{"-b", f["names.yaml"], f["events.jsonl"]}},
		{"replay", []string{"-b", f["evil.yaml"], "--json", f["events.jsonl"]}},
		{"generate", []string{"-b", f["evil.yaml"], "--out", t.TempDir(), "--pages", filepath.Join(t.TempDir(), "pages")}},
		{"generate", []string{"-b", f["good.yaml"], "--match", evil, "--scrape", evil, "--package", evil}},
		{"backtest", []string{"-b", f["evil.yaml"], f["events.jsonl"]}},
		{"backtest", []string{"-b", f["good.yaml"], logMap, f["log.csv"]}},
		{"backtest", []string{"-b", f["evil.yaml"], "--json", f["events.jsonl"]}},
		{"suggest", []string{"-b", f["evil.yaml"], f["events.jsonl"]}},
		{"suggest", []string{"-b", f["good.yaml"], logMap, f["log.csv"]}},
		{"suggest", []string{"-b", f["evil.yaml"], "--json", f["events.jsonl"]}},
		{"contacts", append([]string{"import", f["list.csv"], "--partial"}, contact...)},
		{"contacts", append([]string{"import", f["list.csv"]}, contact...)},
		{"contacts", append([]string{"show", "--customer", "c-1"}, contact...)},
		{"contacts", append([]string{"open-hold", "--customer", "c-7", "--hold", evil, "--ref", evil}, contact...)},
		{"contacts", append([]string{"suppress", "--customer", "c-7", "--reason", "opted_out", "--source", evil}, contact...)},
		{"contacts", append([]string{"show", "--customer", "c-7"}, contact...)},
		{"contacts", append([]string{"show", "--customer", evil}, contact...)},
		{"contacts", append([]string{"show", "--json", "--customer", "c-7"}, contact...)},
		{"contacts", []string{evil}},
		{"followups", []string{"list", "--archive", archive}},
		{"followups", []string{"list", "--archive", archive, "--json", "--owner", evil}},
		{"followups", []string{"show", "complaint", evil, "--archive", archive}},
		{"followups", []string{"show", "complaint", "1", "--archive", archive}},
		{"followups", []string{"show", "complaint", "1", "--json", "--archive", archive}},
		{"followups", []string{"show", evil, evil, "--archive", evil}},
		{"followups", []string{"move", "complaint", "1", "--to", evil, "--archive", archive, "--store", store, "-b", f["evil.yaml"]}},
		{"followups", []string{"move", "complaint", "1", "--to", "resolved", "--remedy", evil, "--archive", archive, "--store", store, "-b", f["evil.yaml"]}},
		{"ask", []string{"outcomes", f["evil.yaml"], f["events.jsonl"]}},
		{"ask", []string{"compare", "--by", evil, archive}},
		{"ask", []string{"promises", "--json", "--journey", evil, f["good.yaml"], f["events.jsonl"]}},
		{"ask", []string{evil, "--measure", evil, archive}},
		{"report", []string{f["evil.yaml"], f["events.jsonl"], "--title", evil}},
		{"report", []string{f["evil.yaml"], f["events.jsonl"], "--json", "--title", evil}},
		{"report", []string{f["evil.yaml"], f["events.jsonl"], "--markdown", "-", "--period", "year"}},
		{"report", []string{f["evil.yaml"], f["events.jsonl"], "--csv", "-", "--period", "year"}},
		{"report", []string{f["good.yaml"], f["events.jsonl"], "--by", evil, "--journey", evil}},
		{"report", []string{archive, "--period", evil, "--compare", evil, "--week", evil}},
		{"runs", []string{f["evil.yaml"], f["events.jsonl"]}},
		{"runs", []string{f["evil.yaml"], f["events.jsonl"], "--json", "--top", "5"}},
		{"runs", []string{f["good.yaml"], f["events.jsonl"], "--broke", evil}},
		{"runs", []string{f["good.yaml"], f["events.jsonl"], "--sort", evil}},
		{"runs", []string{archive, "--where", "segment=" + evil}},
		{"show", []string{evil, archive}},
		{"show", []string{evil, f["evil.yaml"], f["events.jsonl"]}},
		{"show", []string{"1", f["evil.yaml"], f["events.jsonl"]}},
		{"show", []string{"1", "--json", archive}},
		{"show", []string{evil, "--journey", evil, "--namespace", evil, archive}},
		{"customer", []string{strings.Repeat("ab", 16), "--pseudonym", archive}},
		{"customer", []string{strings.Repeat("ab", 16), "--pseudonym", "--json", archive}},
		{"customer", append([]string{"c-7", archive}, contact...)},
		{"customer", append([]string{evil, archive}, contact...)},
		{"customer", []string{evil, "--customer-key-file", evil, evil}},
		{"serve", []string{"--addr", evil, archive}},
		{"serve", []string{"--addr", "198.51.100.1:" + evil, f["evil.yaml"], f["events.jsonl"]}},
		{"serve", []string{evil}},
		{"serve", []string{f["broken.yaml"], f["events.jsonl"]}},
		{"serve", []string{"--tz", evil, "--every", "0s", archive}},
		{"breakdowns", []string{"--archive", archive, "--all"}},
		{"breakdowns", []string{"show", evil, "--archive", archive}},
		{"breakdowns", []string{"--archive", evil, "-b", evil, "--sort", evil, "--tz", evil}},
		{"watch", []string{archive, "--store", evil, "-b", f["evil.yaml"], "--once"}},
		{"watch", []string{evil, "--tz", evil, "-b", evil}},
		{"status", []string{"-b", f["good.yaml"], "--prometheus", prometheus.URL}},
		{"status", []string{"-b", f["evil.yaml"], "--prometheus", prometheus.URL + "/" + "%1b%5b"}},
		{"status", []string{"-b", f["good.yaml"], "--prometheus", evil}},
		{"schema", []string{evil}},
		{"help", []string{evil}},
		{"version", []string{evil}},
		{evil, nil},
		{"--" + evil, nil},
	}
	tried := map[string]bool{}
	for i, c := range rows { // in their order, because contacts keep what was entered
		tried[c.command] = true
		code, stdout, stderr := invoke(t, append([]string{c.command}, c.args...)...)
		if stdout+stderr == "" {
			t.Errorf("%d %s says nothing, exit code %d", i, c.command, code)
		}
		for where, text := range map[string]string{"output": stdout, "messages": stderr} {
			if list := obeyed(text); len(list) > 0 {
				t.Errorf("%d %.40q: the %s have %d such characters, such as %s", i, c.command, where, len(list), list[0])
			}
		}
	}
	for _, c := range commands() {
		if !tried[c.name] {
			t.Errorf("the command %s is not tried: add it", c.name)
		}
	}
}

// TestPagesHaveNoMarkup: what is in a blueprint's texts is text in each file that is made of it, and no markup.
func TestPagesHaveNoMarkup(t *testing.T) {
	t.Parallel()
	f := files(t, map[string]string{"evil.yaml": evilBlueprint()})
	dir := t.TempDir()
	if code, _, stderr := invoke(t, "generate", "-b", f["evil.yaml"], "--out", dir); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		markup := strings.ReplaceAll(string(content), `\<`, "") // escaped, it is text
		if strings.HasSuffix(path, ".md") && (strings.Contains(markup, "<script") || strings.Contains(markup, "<img")) {
			t.Errorf("%s has markup", filepath.Base(path))
		}
		if list := obeyed(string(content)); len(list) > 0 {
			t.Errorf("%s has %d such characters, such as %s", filepath.Base(path), len(list), list[0])
		}
		return err
	})
	if err != nil || files < 3 {
		t.Errorf("%d files, %v", files, err)
	}
}
