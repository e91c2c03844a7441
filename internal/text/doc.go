// Package text cleans and checks the texts of events: it cuts them at a bound, and it decides whether people can tell
// one name from another by looking at it. It writes shares as percentages.
//
// It is a leaf below cx/event. The tables of Unicode's normal form C are part of it, because golang.org/x/text has
// larger ones, and every service that imports the core would link them.
package text
