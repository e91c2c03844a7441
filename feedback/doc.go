// Package feedback is the word for what customers say: an answer on a scale ([NPS],
// [CSAT], [CES], [Stars], [Thumbs]), with a comment in their own words, in the middle of
// a journey or days after it ended.
package feedback
