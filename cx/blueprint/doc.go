// Package blueprint is what a company promises its customers, in one place: the journeys and
// their stages, the touchpoints and how fast they have to be, the surveys and what their answers
// are about. A [Blueprint] is a plain value: write it in Go, or keep it in a YAML file that a
// product lead edits and that cx/blueprint/yaml reads and writes. Both are the same thing, and
// give the same definitions as journey.Define, touchpoint.Define and feedback.Define do.
//
//	version: 1
//	journeys:
//	  - name: checkout
//	    description: From a filled cart to a confirmed order
//	    owner: team-payments
//	    stages:
//	      - name: cart
//	      - {name: payment, expect: 2m}      # longer is a stall
//	      - name: confirmation
//	    abandon_after: 30m
//	touchpoints:
//	  - {name: submit-payment, journey: checkout, stage: payment, satisfied: 800ms}
//	  - {name: order-confirmed, journey: checkout, stage: confirmation, ends: completed}
//	surveys:
//	  - {name: post-purchase, scale: csat, journey: checkout, causes: [price, delivery]}
//	channels: {Internet: web, Desk: in_person}
//
// The README beside this file says key by key what each of them does.
//
// [Blueprint.Validate] names everything that is wrong at once, each with its place and, where a
// name is nearly right, the name that was meant. Nothing of YAML is in this package, nor of the
// machinery that records: a program that builds its blueprint in Go carries neither.
package blueprint
