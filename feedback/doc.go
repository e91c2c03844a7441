// Package feedback records what customers say: an answer on a scale ([NPS], [CSAT], [CES], [Stars], [Thumbs]), with a
// comment in their own words, during a journey or days after it ended. It also records what the company does about it: a [FollowUp] is the
// answer to one customer, an [Action] a change for all of them.
package feedback
