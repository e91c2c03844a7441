package console

import (
	"errors"
	"fmt"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// WithDefinitions gives definitions that the blueprint of the table does not have, as cx.WithDefinitions gives them to the client: follow-ups, actions, journeys
// with promises by hand, the contact policy, and the journey of breakdowns (watch.Journey). One of a name that the blueprint has replaces that of the blueprint. Default: those of the blueprint.
func WithDefinitions(list ...event.Definition) Option {
	return option(func(c *config) error {
		for _, d := range list {
			if d == nil {
				return errors.New("console: WithDefinitions: a definition is nil")
			}
			if err := d.Validate(); err != nil {
				return fmt.Errorf("console: WithDefinitions: %w", err)
			}
		}
		c.definitions = append(c.definitions, list...)
		return nil
	})
}

// WithCustomerHash says how an ID of a customer, as the application's systems have it, becomes the pseudonym that events have; "" is no customer. The search of
// pages uses it. Default: cx.Client.CustomerHash of the client, which needs a customer key.
func WithCustomerHash(hash func(customerID string) string) Option {
	return option(func(c *config) error {
		if hash == nil {
			return errors.New("console: WithCustomerHash: the function is nil")
		}
		c.hash = hash
		return nil
	})
}

// definitions are those of what employees move on by hand, by their names.
type definitions struct {
	followUps map[string]*feedback.FollowUp
	actions   map[string]*feedback.Action
	journeys  map[string]*journey.Definition
	policy    *touchpoint.ContactPolicy
	// breakdowns is the journey of breakdowns. Kept reports whether the blueprint or the application names it.
	breakdowns *watch.Journey
	kept       bool
}

func newDefinitions(b *blueprint.Blueprint, own []event.Definition) *definitions {
	d := &definitions{followUps: map[string]*feedback.FollowUp{}, actions: map[string]*feedback.Action{}, journeys: map[string]*journey.Definition{}}
	d.breakdowns, d.kept = breakdownsOf(b)
	for _, of := range append(b.Definitions(), own...) {
		switch of := of.(type) {
		case *feedback.FollowUp:
			d.followUps[of.Name()] = of
		case *feedback.Action:
			d.actions[of.Name()] = of
		case *journey.Definition:
			d.journeys[of.Name()] = of
		case *touchpoint.ContactPolicy:
			d.policy = of
		case *watch.Journey:
			d.breakdowns, d.kept = of, true
		}
	}
	return d
}

// breakdownsOf returns the journey of breakdowns that the blueprint has, and whether it has one. Without one it is the one that a watch has by default.
func breakdownsOf(b *blueprint.Blueprint) (j *watch.Journey, kept bool) {
	if j = watch.FromBlueprint(b); j != nil {
		return j, true
	}
	return watch.Define(""), false
}
