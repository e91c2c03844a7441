// Package logcheck finds out whether a past event log fits a blueprint: activities that are no touchpoints, runs that never end, or go on
// after their end, and times that cannot be right. Its caller reads the log and gives it the rows in the order of time. It knows neither
// files nor flags.
//
// A finding counts what is wrong, out of how many, says on which line an example is, and what to do. It never has a value of the log
// except for the names of activities and channels.
package logcheck
