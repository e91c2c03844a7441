// Package slo has experience objectives: which share of what customers experience is promised to be good, over which time. An
// [Objective] is a value. It says which events count for it and which of them are good, at the moment when they happen, so that no
// histogram bucket has to match a limit and every backend can do the arithmetic.
//
// Objectives are written in the blueprint, or as values for cx.WithObjectives. The client counts each event that one of them is about in
// the metric cx.slo.events, by objective and by [Result].
//
//	event ──▶ Judge ──▶ good, bad or excluded ──▶ Counter ──┬──▶ cx.slo.events ──▶ rules, dashboards, the state of a fleet
//	                                                        └──▶ Status of this process
//
// The package reads events and nothing else. The generators of rules, dashboards and pages are packages of their own below it.
package slo
