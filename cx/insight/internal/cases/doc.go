// Package cases keeps the case table of insight: a row for each run of a journey, in columns of small integers, and the events of each
// run in words of eight bytes. It loads events from a source and gives columns to questions. It knows no question and no viewer.
//
// # Layout
//
//	Table ── index: hash of (journey, ID) → row                    about 8 bytes a run
//	      ├─ dictionaries: text ↔ code, one for each column
//	      ├─ codes: (kind, name, outcome, channel, …) ↔ 16 bits    what a word says beside its time
//	      └─ chunks of 4,096 rows
//	           ├─ columns: fixed arrays, so that no growth copies them
//	           ├─ columns that may be empty: allocated with the first value in the chunk
//	           ├─ words: the events of row 0, of row 1, …, each run in the order of time
//	           └─ tail: events that have arrived since the words were last folded
//
// A word has the microseconds since the beginning of its run in 48 bits, and a code in 16. A run therefore spans at most 8.9 years; a
// later event keeps its code and gets the last time that a word can have. The start and the end of a run are columns and no words. The
// due time of a promise is a word of its own.
//
// # What arrival does not change
//
// The columns and words of a run follow from the set of its events. They depend neither on the order in which the events arrive nor on
// the sizes of the batches:
//
//   - The start is the earliest one that any event knows, and not after any event of the run. The end is the earliest one.
//   - Journey, version, segment, account, release, experiment and arm, intent and the attributes of the caller have the first value that
//     an event of the run has, by whole seconds; of two values in one second the one that is first in the order of bytes.
//   - The value at stake is the last one that an event of the run has, by whole seconds; of two in one second the larger amount.
//   - Stage and cause are those of the end; else, and for queue and team, those of the last event that has one.
//   - Events of one time are in the order of kind and names, never of codes, because codes follow arrival.
//
// # Repeated events
//
// A change of a run's state counts once by what it is. Any other event counts once by its ID as long as [Window] later ones have not
// arrived. An event that repeats a time and a code of its run after more than that counts as a repetition if the source may repeat
// itself: live events have microseconds, so that two of them do not agree in both. Events at whole milliseconds never do: they may be the
// rows of a log, and a row that a log has twice counts twice in each source. A source that says that it does not repeat itself
// (Distinct) needs no window, and none of its events is dropped.
//
// # Folding
//
// Load takes events in batches. It appends them to the tails, and folds a chunk when its tail is long: sorts the tail into the words and
// works out the columns that follow from them. When Load returns, all chunks are folded.
//
// # Snapshots
//
// A Load publishes a snapshot at its end: the chunks, the dictionaries and the codes as they then are. Questions read snapshots alone, so
// that they see whole rows and never wait for a load, nor a load for them.
//
//   - What a snapshot has does not change. The loader copies a published chunk before it changes it, and of the columns behind pointers
//     those alone that change. A first load copies nothing.
//   - Texts, codes, journeys and the texts of IDs are added at the end, beyond what a snapshot has.
//   - The index, and the numbers of texts and journeys, are shared: they may know what came after a snapshot, which then leaves it out.
//   - A load that takes much may be taking everything anew, because the source has erased events. It withdraws the snapshot until it has
//     ended, unless the source says that it has erased none. The chunks that it changes are then there twice until it ends. An emptied table begins with everything anew, and Holds tells a question that its snapshot is of before.
package cases
