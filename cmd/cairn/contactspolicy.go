package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

var errStdinBlueprint = errors.New("contacts reads the blueprint from a file: name it by --blueprint")

// declare reads the contact policy of --blueprint, and compares with it what the command line names.
func (s *contactsSettings) declare() error {
	switch s.blueprint {
	case "":
		return nil
	case eventlog.Stdin: // it is for a person's ID, or for a list
		return errStdinBlueprint
	}
	b, err := yaml.Load(s.blueprint)
	if err != nil {
		return err
	}
	if s.declared = b.ContactPolicy(); s.declared == nil {
		return fmt.Errorf("%s has no contact policy: write one under contact:, or leave out --blueprint", s.blueprint)
	}
	return s.compare(b)
}

// compare says which name of the command line the policy of the blueprint does not have.
func (s *contactsSettings) compare(b *blueprint.Blueprint) error {
	if holds := b.Holds(); s.hold != "" && !slices.Contains(holds, s.hold) {
		return fmt.Errorf("--hold: the hold %.80q stops no purpose of the contact policy in %s, which has %q%s", s.hold, s.blueprint, holds, meant(s.hold, holds))
	}
	if s.purpose == "" {
		return nil
	}
	for _, p := range s.declared.Terms() {
		switch {
		case p.Name != s.purpose:
		case s.on != 0 && len(p.Channels) > 0 && !slices.Contains(p.Channels, s.on):
			return fmt.Errorf("--channel: the purpose %.80q of the contact policy in %s is never used on %s, only on %s", s.purpose, s.blueprint, s.on, channelList(p.Channels))
		default:
			return nil
		}
	}
	names := s.declared.Purposes()
	return fmt.Errorf("--purpose: the contact policy in %s has no purpose %.80q: it has %q%s", s.blueprint, s.purpose, names, meant(s.purpose, names))
}

// policy returns the contact policy of the blueprint, or without one a policy with what the command line names.
func (s *contactsSettings) policy() *touchpoint.ContactPolicy {
	if s.declared != nil {
		return s.declared
	}
	var of []touchpoint.PurposeOption
	if s.hold != "" {
		of = append(of, touchpoint.StoppedBy(s.hold))
	}
	names := []string{"(none: name them by --purposes or --blueprint)"}
	switch {
	case s.purpose != "":
		names = []string{s.purpose}
	case s.purposes != "":
		names = strings.Split(s.purposes, ",")
	}
	opts := make([]touchpoint.ContactOption, 0, len(names)+1)
	for _, name := range names {
		opts = append(opts, touchpoint.Purpose(strings.TrimSpace(name), of...))
	}
	return touchpoint.DefineContactPolicy("contacts", append(opts, touchpoint.ContactWait(touchpoint.MaxContactWait))...)
}

func channelList(channels []event.Channel) string {
	names := make([]string, len(channels))
	for i, c := range channels {
		names[i] = c.String()
	}
	return strings.Join(names, ", ")
}
