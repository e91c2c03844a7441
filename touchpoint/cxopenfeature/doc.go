// Package cxopenfeature records which arm of an experiment a customer has seen, from the feature flags that a service evaluates with OpenFeature.
//
//	client := openfeature.NewClient("shop")
//	client.AddHooks(cxopenfeature.NewHook("one-page-checkout", "new-search"))
//
// An evaluation of a named flag in the context of a touchpoint puts the flag's key and its variant into what is recorded afterwards there: see
// touchpoint.SeeArm. Spans then have feature_flag.key and feature_flag.result.variant, the names of OpenTelemetry's conventions, and questions of
// package insight and objectives can be split by arm. No other flag is recorded, because an event has one arm, and because the vocabulary has to
// stay small.
package cxopenfeature
