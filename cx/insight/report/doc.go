// Package report says on one page how customers fared in a day, a week, a month, a quarter or a year: whether promises were kept, what is open, where
// the time goes, what goes with bad runs, and what to mend first.
//
//	r, err := report.Make(ctx, table, viewer, report.Settings{Period: report.Week, Zone: berlin, By: []insight.Column{insight.Team}})
//	err = r.HTML(file)            // one file with its pictures; it prints well
//	err = r.Text(os.Stdout, 100)  // fifteen lines
//
// A [Report] is a value. All its numbers have types, their n and their interval, and JSON has them all. The writers are [Report.HTML],
// [Report.MailHTML], [Report.Markdown], [Report.JSON], [Report.CSV] and [Report.Text]. The same table and the same settings give the same bytes.
//
// # What is counted
//
//   - A promise belongs to the period in which it fell due. Kept is its share in those that are settled and due by now, so that no period looks better or
//     worse because it is young.
//   - Runs that ended are those that ended in the period. Runs that began are those that began in it.
//   - Open is as it was at the moment of the report. That is the end of the period, or the latest event if that is earlier, unless the settings say
//     otherwise: the report of a past week is what it was at the end of that week.
//   - A change is against the period before, and a year ago against the same period then; of weeks, 52 weeks earlier. It is said to be more than
//     chance if its probability is at most 5% after Benjamini and Hochberg over all changes of the report. Groups are adjusted over all groups of the report.
//
// # Where something is missing
//
// A report of a period without promises, feedback or runs says so in a sentence, and what to add to the blueprint. It has no empty section.
// Numbers of fewer than five customers are not shown: see package insight.
package report
