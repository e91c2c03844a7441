// Package yaml reads and writes the file in which a company keeps its blueprint. A product lead edits the file,
// and services load it. Package blueprint describes its content.
//
// [Load] reads a file and [Save] writes one. Load reads what Save wrote as the same blueprint. Save keeps
// neither comments nor the order of keys, so use it for files that programs make.
//
// A faulty file gives one error that reports all problems. Each problem has its line and column, an excerpt of
// the line, and the word that was probably meant:
//
//	shop.yaml:12:12: touchpoints[0].stage: the journey "checkout" has no stage "paymnet": it has ["cart" "payment"]: did you mean "payment"?
//	    stage: paymnet
//	           ^
//
// The file is plain YAML 1.2: mappings, lists and words, in one document of at most 1 MiB. The package rejects
// anchors, aliases, merge keys and tags. A reader thus finds each promise written out where it applies, and a
// small file cannot expand into a huge one.
//
// [Schema] is the JSON Schema of the file. Editors use it to complete keys and to mark mistakes. Put
// schema.json ("cairn schema" prints it) beside the blueprint, and begin the blueprint with this line:
//
//	# yaml-language-server: $schema=schema.json
package yaml
