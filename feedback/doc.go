// Package feedback records what customers say: an answer on a scale ([NPS], [CSAT], [CES], [Stars], [Thumbs]), with a
// comment in their own words, during a journey or days after it ended.
package feedback
