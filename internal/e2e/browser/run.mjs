// Drives a real browser through the page of a signed link, the widget, the charts and the report: run.mjs ORIGIN ELSEWHERE.
import { run } from "./browser.mjs";
import { charts } from "./charts.mjs";
import { page } from "./page.mjs";
import { report } from "./report.mjs";
import { widget } from "./widget.mjs";

await run({ ...page, ...widget, ...charts, ...report });
