// Drives a real browser through the page of a signed link and the widget: run.mjs ORIGIN ELSEWHERE.
import { run } from "./browser.mjs";
import { page } from "./page.mjs";
import { widget } from "./widget.mjs";

await run({ ...page, ...widget });
