// Package blueprint describes what a company promises its customers: journeys with their stages and promises,
// touchpoints and their target times, surveys, when the company is open, which share of all that is to be good, for what
// the company may contact customers, and how a past log is read. A [Blueprint] is plain data. Write it as a Go value, or keep it in a YAML file that a product lead edits and that package
// cx/blueprint/yaml reads and writes.
// Both forms give the same definitions as journey.Define, touchpoint.Define, touchpoint.DefineContactPolicy and feedback.Define,
// and the same objectives as values of package slo.
//
//	version: 1
//	journeys:
//	  - name: checkout
//	    description: From a filled cart to a confirmed order
//	    owner: team-payments
//	    stages:
//	      - name: cart
//	      - {name: payment, expect: 2m}      # a visit of 2m or longer is a stall
//	      - name: confirmation
//	    abandon_after: 30m
//	    promises:
//	      - {name: confirmed, from: payment, within: 1m, target: 99%}
//	touchpoints:
//	  - {name: submit-payment, journey: checkout, stage: payment, satisfied: 800ms}
//	  - {name: order-confirmed, journey: checkout, stage: confirmation, ends: completed}
//	surveys:
//	  - {name: post-purchase, scale: csat, journey: checkout, causes: [price, delivery]}
//	hours:
//	  office: {zone: Europe/London, open: {mon-fri: 09:00-17:30}, holidays: [2026-12-25, 2026-12-28]}
//	channels: {Internet: web, Desk: in_person}
//	objectives:
//	  - {name: checkout-completes, journey: checkout, good: {within: 3m}, target: 95%, window: 28d}
//	contact:
//	  purposes:
//	    - {name: survey, channels: [email], caps: [{most: 1, within: 30d}]}
//	    - {name: marketing, needs_consent: true, stopped_by: [complaint]}
//
// The README beside this file describes every key.
//
// [Blueprint.Validate] reports all problems at once. Each problem has the path of the faulty value and, where a
// name is nearly right, the name that was probably meant. This package imports neither a YAML parser nor the
// client: a program that builds its blueprint in Go links neither.
package blueprint
