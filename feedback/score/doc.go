// Package score turns what customers answered into numbers: scores and shares with their intervals and the number of answers behind them,
// response rates, and how often customers are asked. It reads events, and does nothing else.
//
//	t := score.New()
//	for e := range events {
//		t.Add(&e)
//	}
//	for _, s := range t.Surveys() {
//		fmt.Println(s.Name, s.Answers.Score, s.Response.Rate)
//	}
//
// # What the numbers are
//
//	Net Promoter Score   promoters (9, 10) less detractors (0 to 6), in points      adjusted Wald, Rocks 2016
//	CSAT, thumbs         the share of the positive answers; of CSAT 4 and 5         Wilson 1927
//	CES, stars           the mean; the share of the positive answers beside it      adjusted Wald, [stats.ScaleMean]
//	any share            of a verdict, of a cause, of the requests                  Wilson 1927
//	Apdex                (satisfied + tolerating/2) / all                           adjusted Wald, [ApdexOf]
//	a change             the difference of two shares                               Newcombe 1998, method 10
//	                     the difference of two scores or means                      Zou and Donner 2008
//	Response rate        answered / asked: AAPOR's RR1
//
// An interval has the confidence of [WithConfidence]. It says how much chance there is in the number if the answers are a random
// sample of independent customers. It says nothing of those who did not answer: look at [Survey.Segments] for that.
//
// # What counts
//
//   - An event counts once by its ID, and events may come in any order. Probes ([event.ActorSynthetic]) do not count.
//   - Events of a delegate ([event.ActorDelegate]) do not count, unless [WithDelegates] says so: an AI assistant's answer is not the customer's.
//   - An answer that was amended counts with what the customer said last, in [Survey.Answers]. [Survey.First] has the first answers,
//     as the counters of the client's metrics have.
//   - Answers in another version of a survey answer another question. They are another [Survey], and [Survey.Since] refuses to compare them.
//   - An answer without a request was not asked for. It counts in the score and in no response rate.
//
// # Small groups
//
// A group of fewer than [MinGroup] customers is not shown, because its numbers may tell what one customer said: neither a survey
// nor a segment. Where segments are hidden, so are the next smallest ones, until they are two segments of at least MinGroup customers
// together, of whom one who is in both counts once. Otherwise the total less what is shown would be what was hidden. Nothing protects the difference of two evaluations, such as of
// two periods that overlap: do not publish both.
package score
