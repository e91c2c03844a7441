// Package beacon tests touchpoint/beacon and journey.Cookie in a real Chromium: each signal that the module is to notice and what it is to leave
// alone, a page that is frozen, kept for the way back or open twice, and what is in the archive and in the trace of the run afterwards. The cases are in
// run.mjs. ../browser says what drives Chromium.
package beacon
