package objectives_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sample is a value that an instance exposed.
type sample struct {
	at    time.Duration // after the beginning of the story
	value string
}

// track has the samples of one series.
type track struct {
	name, labels string // labels are without the braces
	samples      []sample
}

// past is what Prometheus would have scraped.
type past struct{ tracks map[string]*track }

// add keeps the lines of a scrape that are kept.
func (p *past) add(t *testing.T, instance, text string, at time.Duration, kept func(name string) bool) {
	t.Helper()
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " # ") // an exemplar
		space := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || space < 0 {
			continue
		}
		name, labels, _ := strings.Cut(line[:space], "{")
		if !kept(name) {
			continue
		}
		key := instance + line[:space]
		if p.tracks[key] == nil {
			p.tracks[key] = &track{name: name, labels: fmt.Sprintf("%s,instance=%q", strings.TrimSuffix(labels, "}"), instance)}
		}
		p.tracks[key].samples = append(p.tracks[key].samples, sample{at, line[space+1:]})
	}
}

// cut says which part of the past a namespace of the Prometheus has: it ends at a time of the story.
type cut struct {
	namespace string
	until     time.Duration
	kept      func(*track) bool
}

// text writes a part of the past in OpenMetrics, so that it ends at that time of the clock.
func (p *past) text(b *strings.Builder, c cut, end time.Time) {
	for _, key := range p.keys() {
		s := p.tracks[key]
		if !c.kept(s) {
			continue
		}
		for _, x := range s.samples {
			if x.at <= c.until {
				fmt.Fprintf(b, "%s{%s,namespace=%q} %s %d\n", s.name, s.labels, c.namespace, x.value, end.Add(x.at-c.until).Unix())
			}
		}
	}
}

// keys are in the same order each time.
func (p *past) keys() []string {
	list := make([]string, 0, len(p.tracks))
	for key := range p.tracks {
		list = append(list, key)
	}
	slices.Sort(list)
	return list
}

// series writes what the storefront exposed from a time of the story until another, as the input of promtool's unit tests: a sample each tick.
func (p *past) series(b *strings.Builder, from, until time.Duration, kept func(*track) bool) {
	for _, key := range p.keys() {
		s := p.tracks[key]
		if !kept(s) || !strings.Contains(s.labels, `instance="storefront"`) {
			continue
		}
		fmt.Fprintf(b, "      - series: %s\n        values: \"", strconv.Quote(s.name+"{"+s.labels+"}"))
		at := from
		for _, x := range s.samples {
			if x.at < from || x.at > until {
				continue
			}
			for ; at < x.at; at += tick {
				b.WriteString("_ ")
			}
			b.WriteString(x.value + " ")
			at += tick
		}
		b.WriteString("\"\n")
	}
}

// about keeps the counters of objectives, and what says that a client runs.
func about(objectives ...string) func(*track) bool {
	return func(s *track) bool {
		if s.name == "cx_sdk_info" {
			return true
		}
		return s.name == "cx_slo_events_total" && slices.ContainsFunc(objectives, func(name string) bool {
			return strings.Contains(s.labels, fmt.Sprintf("cx_objective_name=%q", name))
		})
	}
}
