// Drives a real browser through the page of a signed link, the widget, the charts and the report: run.mjs ORIGIN ELSEWHERE.
import { run } from "./browser.mjs";
import { charts } from "./charts.mjs";
import { page } from "./page.mjs";
import { report } from "./report.mjs";
import { widget } from "./widget.mjs";

// One of each form, text and colour.
const sample = [
  "page-mouse-filled", "page-amend-again", "page-dismissed-dismissed", "page-refused-expired", "page-mistake-mistake", "page-right-to-left-arabic",
  "page-scales-rating-wide", "widget-mouse-filled", "widget-mouse-thanks", "widget-keyboard-mistake", "widget-languages-arabic",
  "charts-page-wide", "charts-page-phone-dark", "charts-mail-mail", "report-page-wide", "report-page-phone-dark", "report-mail-mail",
];

await run({ ...page, ...widget, ...charts, ...report }, sample);
