// Package breakdown finds what has lastingly become worse for customers, or better: on which day it began, what it is about, and what goes
// with it.
package breakdown
