package journey

import "cairncx.dev/cairn/internal/option"

// Details is for package feedback, whose follow-ups and actions are runs with details of their own. Its parameter is a type of Cairn's
// own, so that no other code calls it.
func Details(set option.Option) RecordOption { return recordOption(set) }
