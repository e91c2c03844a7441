// Package yaml reads and writes the file that a blueprint is kept in: what a product lead promises
// customers, in words that services hold themselves to. See package blueprint for what is in it.
//
// [Load] reads a file, [Save] writes one. What Save writes, Load reads as the same blueprint;
// comments and the order of keys are not part of it, so Save is for files that programs make.
//
// When something is wrong with the file, everything that is wrong is said at once, each with its
// line and column, the line itself, and the word that was probably meant:
//
//	shop.yaml:12:12: touchpoints[0].stage: the journey "checkout" has no stage "paymnet": it has ["cart" "payment"]: did you mean "payment"?
//	    stage: paymnet
//	           ^
//
// The file is plain YAML 1.2: mappings, lists and words, in one document of at most 1 MiB. Anchors,
// aliases, merge keys and tags are refused: a promise is written out where it is made, and a file
// that cannot refer to itself cannot blow up either.
//
// [Schema] is the JSON Schema of the file, which editors complete and check by. With the file
// schema.json beside the blueprint ("cairn schema" prints it), its first line is
//
//	# yaml-language-server: $schema=schema.json
package yaml
