// Package chart draws what answers say as pictures with their numbers beside them, in one style: for a report in one HTML file that prints
// well, for the console, and for e-mail.
//
//	page := chart.Figure(chart.Trend{
//		About:  chart.About{Title: "Nine of ten tickets are solved in time", Note: "Share solved within 5 working days, by week, UTC"},
//		Unit:   chart.Share,
//		Points: points,
//		Target: &chart.Line{Value: 0.9, Label: "target 90%"},
//	})
//
// # Kinds
//
//   - [Trend]: a quantity by period, with its interval and a target.
//   - [Panels]: the same for several groups, on one scale. [Spark] is a small trend for the cell of a table.
//   - [Bars]: a quantity by group, with intervals.
//   - [Changes]: a quantity by group, before and after.
//   - [Stack]: what parts a whole has, such as outcomes, by group.
//   - [Funnel]: how many runs reach each step.
//   - [Stages]: where the time goes.
//   - [Histogram]: how durations are distributed, on a logarithmic scale.
//   - [PathMap]: which way runs take through the stages.
//   - [Control]: the share of each day, what is usual, and the limits of chance.
//   - [StageMap]: which way runs take through the touchpoints, with the stages as columns.
//
// # Forms
//
// [Figure] is an HTML figure: the finding as its caption, a picture in SVG, and a table of the same numbers. A page needs [Style] once. The
// picture is drawn for a wide and for a narrow column, because text that is scaled down to a telephone cannot be read; the style shows one of
// them. It has no script, no style attribute and no address, so that the policy "default-src 'none'; style-src 'nonce-…'" allows it.
// [Mail] is for e-mail, where many programs drop SVG and style sheets: the same table with bars of coloured cells.
// [Numbers] is the table as texts, for other forms.
//
// # What a chart never does
//
// Axes of counts, shares and durations begin at zero. A group or a period of fewer than [Least] is not shown, neither in the picture nor in the
// table. Colour never says anything alone: a mark that misses its target has another shape, parts of a stack have a texture, and all have
// labels. A value that is no number is unknown, and is drawn as a gap. If there are more rows or points than a picture can show, some are left out, and
// the figure says how many.
//
// Texts of the caller are escaped. Control characters and the characters that change the direction of text are taken out of them. Each text
// is isolated, so that a name from right to left does not move the numbers beside it. A long name is cut in the picture and whole in the table.
//
// The same input gives the same bytes. Functions may be called concurrently, and keep nothing of what they are given. Numbers are written by
// package [cairncx.dev/cairn/cx/insight/number]. The package imports nothing else but the standard library.
package chart
