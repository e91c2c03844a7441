// Package insight answers what customers live through, from the events that a team already has: an archive, files of events, or a log that was
// never instrumented. It needs no platform and no driver.
//
//	table, err := insight.New(blueprint, insight.WithAttributes("impact"), insight.WithLast(90*24*time.Hour))
//	err = table.Load(ctx, source)                       // again and again: it reads on
//	view := table.View(viewer, time.Now())
//	o, err := view.Outcomes(ctx, insight.Which{Journey: "ticket", From: monday, Until: nextMonday})
//	fmt.Println(o.Sentence())
//
// A [Source] has the events. A [Table] keeps a row for each run of a journey, in memory. A [View] is the table as a [Viewer] may see it, at a
// moment. Every question is a method of View, so that it cannot be asked without a viewer. A question reads columns, and its answer has types.
// All answers of one view agree, because a view has the rows of when it was made: make one for each request.
//
// # The questions
//
//	How many, how they ended, how fast     [View.Outcomes]
//	What was not over when it ended        [View.Reopened]
//	Promises kept, broken, about to break  [View.Promises]
//	Open runs that are late                [View.Backlog]
//	One group against the others           [View.Compare]
//	One period against another             [View.ComparePeriods]
//	What changed between two periods       [View.Changes]
//	Where the time goes                    [View.Time]
//	How far runs come                      [View.Funnel]
//	Which paths they take                  [View.Paths]
//	What goes with bad runs                [View.GoesWith]
//	What got worse                         [View.GotWorse]
//	What customers say, and what is done   [View.Voice]
//	Contacts with people, by queue         [View.Support]
//	What happened on each day              [View.Daily]
//	What became worse, and who mends it    [View.Breakdowns]
//	Which single runs                      [View.Runs]
//	The story of one run                   [View.Find], [View.Run]
//	The story of one customer              [View.Customer]
//
// [Which] says which runs a question is about: a journey, a period, and conditions on columns. See [Column] for the columns.
//
// # What the numbers are
//
//   - A share has its count, n, and the interval of Wilson (see [score.Share]). A difference has the interval of Newcombe.
//   - A comparison says whether it is more than chance: its probability is adjusted after Benjamini and Hochberg over all that the question has tested.
//   - A period whose runs have not had the time that those of the other one had is compared at the same age, with a warning.
//   - A time is a median and a 90th percentile by the nearest rank, exact.
//   - What probes did (event.ActorSynthetic) is in no answer.
//   - A delegate (event.ActorDelegate) acts for the customer: its actions count as the customer's, and its answers are in no score and no verdict.
//     See [WithDelegates].
//   - Answers of package paths and package contrast say more about themselves there. Their intervals have a confidence of 95%.
//
// # Whole events
//
// [View.Voice] and [View.Support] read whole events from the source of the last [Table.Load], which has to stay open. Their period is that of the
// answers, requests, mentions and contacts themselves, and the journey and the conditions of [Which] are about the runs to which these belong. What
// belongs to no run counts where neither the question nor the viewer's scope names a journey; it has a value in the column [Segment] alone. The source gives what it has
// at the time of the question, up to the moment of the view: an event that has arrived since the load, with a time before that moment, is in these two answers alone.
//
// # The moment
//
// A view is of one moment. Events from after it do not count: a run that ended later is open, and a promise that was kept later is open, or broken
// when it was due before. The events may also end before the moment: a run that was not heard of for long enough is then silent, and the promises that are open in it
// are broken. Columns that a run gets in its course, such as its team, are as the table knows them last.
//
// # Small groups
//
// A group of fewer than five customers is not shown. Where groups are hidden, so are the next smallest ones, so that the hidden ones do not follow from
// the total: the rule of package feedback/score. Nothing protects the difference of two answers about runs that overlap.
//
// A share, a mean, a median, a percentile and a sum of times or of money are shown if the runs, promises, contacts or answers that they are of, their n, are those of at
// least five customers. Otherwise they are zero: n is then 0, too. Five customers are in n itself: a run that is too young to be compared is not in it.
//
// A count that is a part of a whole may be of fewer customers, because the whole beside it is of at least five: the count of a share, the open promises of those that
// were made, the runs that are too young of those of the question. So may the age of the oldest open run, which is always one, and the number of answers and requests of
// a whole survey.
//
// A question with an answer for each journey, such as [View.Promises] and [View.Reopened], and one for each kind of decision, hides those of few customers alone: it
// has no total of them all. [Basis.Rows] is the whole table, so that the number of runs of a hidden journey may follow from it, and what became of them does not.
// A total of times may tell the time of a hidden stage, if those that are hidden with it took none: see [paths.Time].
//
// # Rights
//
// Single runs and customers need the right [Customers]. Their stories are read as whole events from the source, which the table keeps.
//
// A [Viewer] has rights, and a scope of journeys, owners and segments. A question that needs a right that the viewer does not have returns
// a [*DeniedError] that names it. What is outside of the scope is in no number, and changes none, but
// for the moment of a view that is given none: the latest event is that of the table.
package insight
