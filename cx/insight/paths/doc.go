// Package paths answers where the time of customers goes and which paths they take. It reads runs with their steps from a [Log], which is plain
// data, and knows neither events nor a table.
//
//	p, err := paths.New(log)
//	p.Time()                                      // stages by their share of all time, waits, rework
//	f := p.Funnel(stages, p.FunnelAge(stages))    // how far runs come, of those that are old enough
//	f.Since(before)                               // how it differs from an earlier one, with the interval of Newcombe 1998
//	p.Follows(0.8)                                // the map of the most frequent paths of 80% of the runs
//	p.Variants(20)                                // the most frequent paths
//	p.Loops()                                     // what is done again
//	p.Detours(nil, p.EndAge())                    // the paths that cost the most time
//	q.Handovers(); q.PingPong()                   // of a log whose steps are teams or queues
//
// # What the answers are
//
//	a share of runs      Wilson 1927, with n                                        [stats.Wilson]
//	a share of time      a ratio of means over runs, Cochran 1977                   [Portion]
//	a time               median and 90th percentile, exact, by the nearest rank     [Spread]
//	a median's interval  order statistics, exact binomial                           Conover 1999
//	a slower path        a sign test, adjusted after Benjamini and Hochberg 1995    [Paths.Detours]
//
// Intervals have a confidence of 95%. Each answer has a Sentence.
//
// # The order of steps
//
// Steps are in the order of their time. Those of the same microsecond are in the order of [Code.Rank], and then of their names. Neither the order in
// which events arrived nor the numbers of codes and rows change an answer: the same runs give the same bytes. Sums are exact integers for that reason.
//
// # Small groups
//
// A group of fewer than five customers is not shown, and with it the next smallest groups, until those that are not shown are two groups or more
// of at least five customers together. A number about a smaller group inside an answer is its zero value. Nothing protects the
// difference of two answers about overlapping runs.
//
// # Cost
//
// A question is one to three passes over the steps, in as many goroutines as GOMAXPROCS, which end before it returns. Exact quantiles take eight bytes
// for each value while the question is asked. The variants, which several questions share, take four bytes a run, and the steps of each different path.
package paths
