// Package feedback records what customers say: an answer on a scale ([NPS], [CSAT], [CES], [Stars], [Thumbs]), with a
// comment in their own words, during a journey or days after it ended. It also records what the company does about it: a [FollowUp] is the
// answer to one customer, an [Action] a change for all of them.
//
//	to ask             [Define], [Survey.Ask], which returns a [Request], or a reason not to ask
//	to take an answer  [Survey.Record] with [Answering]; package intake does so for links and a widget
//	without a question [Mention], [Complain]
//	to show words      [Testimonial], [GrantTestimonial], [WithdrawTestimonial]
//	to answer          [DefineFollowUp], opened by a [Rule] or [FollowUp.Open]
//	to change          [DefineAction], [CountActedOn]
//
// Each function records to the client in the context, else to the default client, else nowhere. None blocks, panics or returns an error, except
// that [Survey.Ask] and [Request.Status] wait for a store.
package feedback
