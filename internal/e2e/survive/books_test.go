package survive_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// books has the lines of the files of all workers.
type books struct {
	events  map[event.ID][]emission
	touches map[touched]int
	calls   map[hookCall][]emission
	files   map[string]*position
}

// emission is one line of one worker.
type emission struct {
	by   *member
	line int
	said meaning
	told time.Time // when the worker exported it
}

// String names the worker and the line.
func (e emission) String() string {
	return fmt.Sprintf("%s line %d (killed: %v, acknowledged: %d): %+v", filepath.Base(e.by.order.Events), e.line+1, e.by.killed, e.by.safe.events, e.said)
}

// meaning is the part of an event that is the same in each emission.
type meaning struct {
	kind    event.Kind
	run     string
	place   visited
	outcome event.Outcome
	time    time.Time
	promise settled
}

type touched struct{ run, touchpoint string }

// position is the position up to which a file was read.
type position struct {
	bytes int64
	lines int
}

func newBooks() *books {
	return &books{
		events: map[event.ID][]emission{}, touches: map[touched]int{}, calls: map[hookCall][]emission{},
		files: map[string]*position{},
	}
}

// read reads the lines that the workers have written since the last call. The last line of a killed worker may be
// incomplete, and was then not acknowledged.
func (l *books) read(t *testing.T, all []*member) {
	t.Helper()
	for _, m := range all {
		l.lines(t, m.order.Events, func(line []byte, n int) error {
			told, line, _ := bytes.Cut(line, []byte(" "))
			at, err := strconv.ParseInt(string(told), 10, 64)
			if err != nil {
				return err
			}
			e, err := event.ParseJSON(line)
			if err != nil {
				return err
			}
			if e.Kind == event.TouchpointEnded {
				l.touches[touched{e.Journey.ID, e.Touchpoint}]++
			}
			said := meaning{kind: e.Kind, run: e.Journey.Name + "/" + e.Journey.ID, place: visited{e.Stage, e.Visit}, outcome: e.Outcome, time: e.Time}
			if p := e.Promise; p != nil {
				said.place, said.promise = visited{}, settled{p.Name, p.Number, p.Due.UTC(), e.Late, e.Duration}
			}
			l.events[e.ID] = append(l.events[e.ID], emission{m, n, said, time.Unix(0, at)})
			return nil
		})
		l.lines(t, m.order.Hooks, func(line []byte, n int) error {
			var c hookCall
			if err := json.Unmarshal(line, &c); err != nil {
				return err
			}
			l.calls[c] = append(l.calls[c], emission{by: m, line: n})
			return nil
		})
	}
}

// lines calls each with every complete new line of the file.
func (l *books) lines(t *testing.T, path string, each func(line []byte, n int) error) {
	t.Helper()
	p := l.files[path]
	if p == nil {
		p = &position{}
		l.files[path] = p
	}
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return // the worker was killed before it made the file
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var text bytes.Buffer
	if _, err := f.Seek(p.bytes, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := text.ReadFrom(f); err != nil {
		t.Fatal(err)
	}
	for {
		line, rest, whole := bytes.Cut(text.Bytes(), []byte("\n"))
		if !whole {
			return
		}
		if err := each(line, p.lines); err != nil {
			t.Fatalf("line %d of %s: %v", p.lines+1, path, err)
		}
		p.bytes += int64(len(line) + 1)
		p.lines++
		text.Next(text.Len() - len(rest))
	}
}

// missing reports how many wanted events are still missing.
func (l *books) missing(wants map[event.ID]want) error {
	n, example := 0, ""
	for id, w := range wants {
		if !w.may && len(l.events[id]) == 0 {
			n++
			example = fmt.Sprintf("%q of %s", w.what, runID(w.run))
		}
	}
	if n > 0 {
		return fmt.Errorf("%d events are missing, such as %s", n, example)
	}
	return nil
}

// check compares the emissions with the wanted events, by event ID. It compares only what does not depend on the delay if a
// run was recorded too late.
func (l *books) check(t *testing.T, wants map[event.ID]want, tooLate map[string]bool) {
	t.Helper()
	fault := limited(t)
	if err := l.missing(wants); err != nil {
		fault("%v", err)
	}
	for id, es := range l.events {
		first := es[0].said
		for _, e := range es[1:] {
			if e.said != first {
				fault("the event %v has two meanings: %+v and %+v", id, first, e.said)
			}
		}
		w, ok := wants[id]
		switch {
		case first.kind == event.TouchpointEnded:
			if len(es) > 1 {
				fault("the touchpoint %v of %s was exported %d times", id, first.run, len(es))
			}
		case tooLate[first.run] && (first.promise.name != "" || first.kind == event.JourneyEnded):
		case !ok:
			fault("unexpected event %+v", first)
		case first.kind != w.kind || first.outcome != w.outcome || w.place != (visited{}) && first.place != w.place:
			fault("%q of %s is %+v, want %+v", w.what, runID(w.run), first, w)
		case first.promise.name != "":
			checkPromise(fault, w, first)
		}
	}
}

// checkCalls compares the calls of the hook with the reported stalls. The client calls the hook while the customer
// is still in the stage. It does not call it for a stall that a process noticed or reported after the customer had
// left.
func (l *books) checkCalls(t *testing.T, wants map[event.ID]want) {
	t.Helper()
	fault := limited(t)
	stalls := map[hookCall]bool{}
	stay, called := 0, 0
	for id, w := range wants {
		if w.kind != event.JourneyStalled {
			continue
		}
		call := hookCall{runID(w.run), w.place}
		stalls[call] = len(l.events[id]) > 0
		if w.stays && stalls[call] {
			stay++
			if len(l.calls[call]) > 0 {
				called++
			}
		}
	}
	for call := range l.calls {
		if !stalls[call] {
			fault("the hook was called for %+v, which is not a stall", call)
		}
	}
	if called < stay/2 {
		fault("the hook was called for %d of %d customers who remained in their stage", called, stay)
	}
	t.Logf("the hook was called for %d of %d customers who remained in their stage", called, stay)
}

// checkTouches looks for lost touchpoints that Flush had acknowledged.
func (l *books) checkTouches(t *testing.T, plans []plan, runs int) {
	t.Helper()
	fault := limited(t)
	for n := range runs {
		for _, step := range plans[n%len(plans)].steps {
			for _, a := range step {
				if a.touch != "" && l.touches[touched{runID(n), a.touch}] == 0 {
					fault("the touchpoint %s of %s was acknowledged and is lost", a.touch, runID(n))
				}
			}
		}
	}
}

// beyond counts repeated emissions. A repetition needs an earlier emission that no Flush had acknowledged when its process was
// killed, or that its process could not note in time because of a stop. beyond checks that, and returns the number of such emissions.
func beyond[K comparable](t *testing.T, told map[K][]emission, file func(lines) int) (extra, inFlight int) {
	t.Helper()
	fault := limited(t)
	for what, es := range told {
		safe := 0
		for _, e := range es {
			if !(e.by.killed && e.line >= file(e.by.safe)) && !e.by.doubts(e.line, file) {
				safe++
			} else {
				inFlight++
			}
		}
		extra += len(es) - 1
		if safe > 1 {
			fault("%v was reported %d times by processes that acknowledged it: %v", what, safe, es)
		}
	}
	if extra > inFlight {
		fault("%d repeated emissions, but only %d were in flight at the kills", extra, inFlight)
	}
	return extra, inFlight
}

// limited returns a t.Errorf that reports only the first faults.
func limited(t *testing.T) func(format string, args ...any) {
	n := 0
	return func(format string, args ...any) {
		t.Helper()
		switch n++; {
		case n <= 10:
			t.Errorf(format, args...)
		case n == 11:
			t.Error("further faults are not shown")
		}
	}
}
