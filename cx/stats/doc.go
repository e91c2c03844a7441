// Package stats computes intervals of shares and scores, sample sizes, exact binomial probabilities, and tests of association.
// It answers one question: how much do the counts say?
//
//	stats.Wilson(9512, 10000, 0.95)          // the share of good events lies in 0.9468 to 0.9553
//	stats.WilsonLower(9512, 10000, 0.95)     // and, with a confidence of 95%, above 0.9475
//	stats.Newcombe(56, 70, 48, 80, 0.95)     // the first share is higher than the second by 0.0524 to 0.3339
//	stats.NPSInterval(60, 15, 100, 0.95)     // a Net Promoter Score of 45 lies in 29.3 to 58.0
//	stats.BinomialCritical(100, 0.0144, 0.05) // 5 bad events of 100 are evidence against a share of 1.44%
//	stats.SharesTest(56, 70, 48, 80)         // if both shares are the same, such a difference has the probability 0.0080
//
// # Users
//
// An objective's status shows its ratio with [Wilson]. A suggestion for the next target compares the target with
// [WilsonLower]. The alert rules ask for evidence when traffic is low, and their tests compare that with [BinomialCritical].
// Package feedback/score has the numbers of surveys with [Wilson], [NPSInterval] and [ScaleMean], compares two periods with [Newcombe], and
// plans a survey with [SampleSize] and [NPSSampleSize]. What goes with failures is found with [SharesTest] for each value of
// each column, [BenjaminiHochberg] over all of them, and [MantelHaenszel] where a split may turn a difference.
//
// # Bad input
//
// No function panics. Input without a meaning is a negative count, more successes than trials, a confidence outside (0, 1), or
// a NaN. A function answers it with the result that claims least, so that a decision that rests on the result is not taken:
//
//   - The interval is the widest one that the quantity can have, such as [0, 1] for a share. Zero trials have the same answer.
//   - The probability of a tail or of a test is 1, which is evidence against nothing.
//   - The number of events that it takes is [math.MaxInt64], which no count reaches.
//
// [NormalQuantile] is an exception: like package math, it answers with NaN. A number that nothing was counted for, such as the
// mean of no answers or the odds ratio of no events, is NaN as well.
//
// # Limits
//
// The formulas hold for independent events of one and the same probability. Events that come in bursts, or several events of
// one customer, say less than their number suggests, and the true interval is wider. The package estimates no model, keeps no
// state and reads no clock. Its functions are pure, and may be called concurrently. It imports the standard library only.
package stats
