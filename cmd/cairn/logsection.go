package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
)

// load reads the blueprint, once.
func (s *replaySettings) load() (*blueprint.Blueprint, error) {
	if !s.loaded {
		s.loaded = true
		if s.bp, s.bpFault = yaml.Load(s.blueprint); s.bpFault == nil {
			s.bpFault = checkLog(s.blueprint, s.bp)
		}
	}
	return s.bp, s.bpFault
}

// checkLog checks what only a reader of the blueprint's log can check. The name is that of the blueprint.
func checkLog(name string, bp *blueprint.Blueprint) error {
	if bp.Log == nil {
		return nil
	}
	_, form := eventlog.ParseTimeFormat(bp.Log.TimeFormat)
	_, encoding := eventlog.ParseEncoding(bp.Log.Encoding)
	for _, e := range []struct {
		key string
		err *error
	}{{"time_format", &form}, {"encoding", &encoding}} {
		if *e.err != nil {
			*e.err = fmt.Errorf("%s: log.%s: %w", name, e.key, *e.err)
		}
	}
	return errors.Join(form, encoding)
}

// isBlueprintName reports whether the name is that of a blueprint, and not that of a log.
func isBlueprintName(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return !isURL(name) && (ext == ".yaml" || ext == ".yml")
}

// takeBlueprint takes the blueprint from the head of the arguments, if no flag names one.
func (s *replaySettings) takeBlueprint() {
	if s.blueprint == "" && len(s.files) > 0 && isBlueprintName(s.files[0]) {
		s.blueprint, s.files = s.files[0], s.files[1:]
	}
}

// takeLog completes what the flags leave open with the log of the blueprint.
func (s *replaySettings) takeLog(l *blueprint.Log, t *replayTexts) error {
	if l == nil {
		return nil
	}
	of := logColumns(&l.Columns)
	for i, c := range columnFields(&s.columns) {
		if *c.field == "" {
			*c.field = *of[i].field
		}
	}
	if err := takeAttributes(&s.columns, l.Attributes); err != nil {
		return err
	}
	if t.delimiter == "" {
		s.delimiter, _ = parseDelimiter(l.Delimiter) // the blueprint is valid
	}
	if w := &s.written; w.timeFormatText == "" {
		w.timeFormat, _ = eventlog.ParseTimeFormat(l.TimeFormat) // checkLog has accepted it
	}
	if w := &s.written; w.encodingText == "" {
		w.encoding, _ = eventlog.ParseEncoding(l.Encoding) // as above
	}
	if t.tz == "" && l.Zone != "" {
		location, err := time.LoadLocation(l.Zone)
		if err != nil {
			return fmt.Errorf("%s: log.zone: %w", s.blueprint, err)
		}
		s.location, s.guessed = location, false
	}
	return nil
}

// takeAttributes adds the attributes whose keys the columns do not have.
func takeAttributes(c *eventlog.Columns, attributes map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		if slices.ContainsFunc(c.Attributes, func(a eventlog.Attribute) bool { return a.Key == key }) {
			continue
		}
		if err := addAttribute(c, key, attributes[key]); err != nil {
			return err
		}
	}
	return nil
}

// columnField is a column of a log: what it is for, and where its name is.
type columnField struct {
	key   string
	field *string
}

// columnFields returns the columns in the order in which --map lists them.
func columnFields(c *eventlog.Columns) []columnField {
	p := &c.People
	return []columnField{
		{"case", &c.Case},
		{"activity", &c.Activity},
		{"time", &c.Time},
		{"channel", &c.Channel},
		{"customer", &c.Customer},
		{"outcome", &c.Outcome},
		{"direction", &c.Direction},
		{"purpose", &c.Purpose},
		{"wait", &p.Wait},
		{"talk", &p.Talk},
		{"hold", &p.Hold},
		{"wrap", &p.Wrap},
		{"group", &p.Group},
		{"resource", &p.Resource},
		{"intent", &p.Intent},
	}
}

// logColumns returns the columns of a blueprint in the same order.
func logColumns(c *blueprint.LogColumns) []columnField {
	return []columnField{
		{"case", &c.Case},
		{"activity", &c.Activity},
		{"time", &c.Time},
		{"channel", &c.Channel},
		{"customer", &c.Customer},
		{"outcome", &c.Outcome},
		{"direction", &c.Direction},
		{"purpose", &c.Purpose},
		{"wait", &c.Wait},
		{"talk", &c.Talk},
		{"hold", &c.Hold},
		{"wrap", &c.Wrap},
		{"group", &c.Group},
		{"resource", &c.Resource},
		{"intent", &c.Intent},
	}
}

// missingColumn returns an error if a required column is not named.
func missingColumn(c *eventlog.Columns) error {
	for _, needed := range columnFields(c)[:3] {
		if *needed.field == "" {
			return fmt.Errorf("--map: %s=COLUMN is missing: add it", needed.key)
		}
	}
	return nil
}

// activityNames returns the names that activities of a log may have: those of the touchpoints, and those that the blueprint's log maps.
func activityNames(bp *blueprint.Blueprint) []string {
	names := touchpointNames(bp)
	if bp.Log == nil {
		return names
	}
	known := setOf(names)
	for _, activity := range slices.Sorted(maps.Keys(bp.Log.Activities)) {
		if !known[activity] {
			names = append(names, activity)
		}
	}
	return names
}

// step is a touchpoint that an activity of a log stands for.
type step struct {
	name    string
	journey string // "" if it is unknown
	known   bool
}

// stepsOf returns what the activity stands for. It is empty if its rows are left out.
func stepsOf(bp *blueprint.Blueprint, activity string) (list []step) {
	for _, name := range bp.Log.Touchpoints(activity) {
		s := step{name: name}
		i := slices.IndexFunc(bp.Touchpoints, func(t blueprint.Touchpoint) bool { return t.Name == name })
		switch s.known = i >= 0; {
		case s.known:
			s.journey = bp.Touchpoints[i].Journey
		case len(bp.Journeys) == 1:
			s.journey = bp.Journeys[0].Name
		}
		list = append(list, s)
	}
	return list
}
