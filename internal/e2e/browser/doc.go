// Package browser tests the page of a signed link and the widget in a real Chromium, with axe-core: what a customer does with mouse, keyboard
// and a bad network, what a screen reader is given, and what is recorded of it. The cases are in page.mjs and widget.mjs. charts.mjs
// looks at the charts of cx/insight/chart.
//
// axe-core sees a sample of the states, and each one with CAIRN_WHOLE=1, which also adds scales.
//
// ./install installs what drives Chromium. CAIRN_BROWSER_CASE is the beginning of the names of the cases to run, and CAIRN_SCREENSHOTS a
// folder for a picture of each state.
package browser
