// Package gogen writes a blueprint as Go code: a package with its journeys, touchpoints, surveys, hours, objectives and contact policy,
// and constants for its stages, promises and causes. Code that uses the package cannot name what the blueprint does not have, because it does not
// compile.
//
//	//go:generate cairn generate go -b shop.yaml -o gen
//	import "example.com/shop/gen/go/experience"
//
//	ctx = experience.JourneyCheckout.Start(ctx, cartID, customer)
//	ctx = experience.JourneyCheckout.Enter(ctx, experience.StageCheckoutPayment)
//	grant := experience.PurposeSurvey.Ask(ctx, customer, event.Email)
//
// The definitions are equal to those of the blueprint. The package that is written needs neither the file nor a YAML parser. It does not
// have the blueprint's other spellings of channels, which serve logs and not code.
//
// An identifier follows from the kind and the name of a thing alone, so that a thing that is added to the blueprint renames no other one.
package gogen
