// Package console tests the command centre (cx/console) in a real Chromium, with axe-core: every page over worlds with everything, with nothing, with two days, with
// hostile names and with many runs; by keyboard, without script, on paper, at 320 to 1,920 pixels; and what a page does by itself when something happens.
//
// The cases are in the scripts *.mjs. A run looks at a sample of all pages, worlds, widths and schemes, and at each one with CAIRN_WHOLE=1, which also makes a table of ten
// million events. CAIRN_SEED is a number that chooses another sample. CAIRN_BROWSER_CASE is the beginning of the names of the cases to run, and CAIRN_SCREENSHOTS a folder for
// a picture of each page.
//
// What drives Chromium is that of ../browser, whose ./install installs it.
package console
