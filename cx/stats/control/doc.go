// Package control has control charts: it finds on which day a daily share became worse, or better, for good. It answers one question: is what
// these days show more than their usual noise?
//
//	b, ok := control.NewBaseline(series, 0, 56)     // what is usual, from eight weeks
//	a := control.Assess(series, b, 56)              // the days since
//	a.Worse.P                                       // how often chance alone goes so far in 90 days: small is news
//	a.Worse.Began                                   // the day on which it began
//
// The chart is made for shares of customers, which break the assumptions of the textbook's p-chart: a share has its weekdays, its days differ by
// more than the binomial distribution says, and hundreds of charts are looked at each day. Therefore
//
//   - a day is compared with the usual share of its weekday ([Baseline.Weekdays]);
//   - the noise of the days is measured and not assumed ([Baseline.Sigma], after Laney 2002);
//   - small excesses are added up (a CUSUM: Page 1954), so that a lasting one is found that no single day shows;
//   - one day alone is never a finding, however bad it is;
//   - a finding comes with the probability of its like ([Sum.P]), for [cairncx.dev/cairn/cx/stats.BenjaminiHochberg] over all charts.
//
// # Bad input
//
// No function panics. A day with a negative count, with more bad events than events, or with more than 2⁴⁴ events, counts as a day without data. Input without a meaning
// gets the answer that claims least: no baseline, no finding, and the probability 1.
//
// # Limits
//
// The probability is an approximation for independent days. A share that moves for weeks without a cause (a random walk) looks like one change
// after another. The package reads no clock and keeps no state. Its functions are pure, and may be called concurrently.
package control
