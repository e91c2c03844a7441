// What the cases have in common: pages of Chromium, axe-core, what was recorded, and the rules that hold in every state.
import { createRequire } from "node:module";

const packages = createRequire(`${process.env.CAIRN_PACKAGES}/`);
const { chromium } = packages("playwright-core");
const axe = packages("axe-core");

// The addresses of the test's server, and of another origin whose pages have the widget.
export const [origin, elsewhere] = process.argv.slice(2);

const shots = process.env.CAIRN_SCREENSHOTS; // a folder for pictures of each state

const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const patience = 120_000; // ms; only what hangs takes so long

// until waits until the condition is met.
export const until = async (condition) => {
  for (const end = performance.now() + patience; !(await condition());) {
    if (performance.now() > end) throw new Error(`it never came to pass: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

// The states that axe-core sees in each run: one of each form, text and colour. With CAIRN_WHOLE it sees all of them.
const sample = [
  "page-mouse-filled", "page-amend-again", "page-dismissed-dismissed", "page-refused-expired", "page-mistake-mistake", "page-right-to-left-arabic",
  "page-scales-rating-wide", "widget-mouse-filled", "widget-mouse-thanks", "widget-keyboard-mistake", "widget-languages-arabic",
  "charts-page-wide", "charts-page-phone-dark", "charts-mail-mail", "report-page-wide", "report-page-phone-dark", "report-mail-mail",
];
let seen = 0;

export const phone = { viewport: { width: 320, height: 640 }, deviceScaleFactor: 2, hasTouch: true };
export const dark = { colorScheme: "dark" };

export class Case {
  constructor(browser, name) {
    Object.assign(this, { browser, name, faults: [], contexts: [] });
  }

  // check adds a fault unless what is equals what it should be.
  check(what, is, want = true) {
    const [a, b] = [JSON.stringify(is), JSON.stringify(want)];
    if (a !== b) this.faults.push(`${what}: ${a}, want ${b}`);
  }

  async open(path, options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 900, height: 700 }, ...options });
    this.contexts.push(context);
    context.setDefaultTimeout(patience);
    const page = await context.newPage();
    page.expected = []; // messages that the case provokes
    page.on("pageerror", (e) => this.faults.push(`script: ${e.message}`));
    page.on("dialog", (d) => { this.faults.push(`a dialog: ${d.message()}`); d.dismiss(); });
    page.on("console", (m) => {
      if (["error", "warning"].includes(m.type()) && !page.expected.some((e) => m.text().includes(e))) this.faults.push(`console: ${m.text()}`);
    });
    await page.goto(path.startsWith("http") ? path : origin + path);
    return page;
  }

  // rules checks what holds in every state: axe-core finds nothing, nothing is wider than the window, every target is large enough. But
  // are rules that axe-core cannot decide in this state.
  async rules(page, state, but = []) {
    await this.measure(page, state);
    if (!process.env.CAIRN_WHOLE && !sample.includes(`${this.name}-${state}`)) return;
    seen++;
    if (await page.evaluate(() => !globalThis.axe)) await page.evaluate(axe.source);
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations, incomplete, passes } = await page.evaluate((values) => axe.run(document, { runOnly: { type: "tag", values } }), tags);
    if (passes.length < 10) this.faults.push(`${state}: axe-core applied only ${passes.length} rules`);
    for (const f of [...violations, ...incomplete.filter((f) => !but.includes(f.id))]) {
      this.faults.push(`${state}: axe-core: ${f.id}: ${f.help}: ${f.nodes.map((n) => `${n.target}: ${n.failureSummary}`).join("; ")}`);
    }
  }

  async measure(page, state) {
    await page.evaluate(() => Promise.all(document.getAnimations().map((a) => a.finished)));
    if (shots) await page.screenshot({ path: `${shots}/${this.name}-${state}.png`, fullPage: true });
    this.check(`${state}: width beyond the window`, await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)), 0);
    this.check(`${state}: texts beyond their box`, await page.evaluate(() => {
      const all = [...document.querySelectorAll("*")].flatMap((e) => [e, ...(e.shadowRoot?.querySelectorAll("*") ?? [])]);
      return all.filter((e) => e.matches("span, label, legend, button, p") && !e.matches(".aside") && e.clientWidth && e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent);
    }), []);
    this.check(`${state}: targets under 24 px`, await page.evaluate(() => {
      const all = [...document.querySelectorAll("*")].flatMap((e) => [e, ...(e.shadowRoot?.querySelectorAll("*") ?? [])]);
      return all.filter((e) => e.matches("input:not([type=hidden]), button, textarea") && e.checkVisibility())
        .map((e) => [e.name || e.textContent, e.getBoundingClientRect()]).filter(([, r]) => r.width < 24 || r.height < 24).map(([n]) => n);
    }), []);
  }

  async close() {
    for (const context of this.contexts) await context.close();
  }
}

const post = async (path) => {
  const reply = await fetch(origin + path, { method: "POST" });
  if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`);
  return reply.json();
};

// ask asks a customer and returns {token, path}: the token, and the path of its page.
export const ask = (survey, query = "") => post(`/test/ask?survey=${survey}&${query}`);

// recorded returns what is recorded of the token's request, as lines.
export const recorded = async (token) => (await fetch(`${origin}/test/recorded?token=${token}`)).json();

// drop makes the server cut the connections of the next requests to the address, each "before" or "after" it has handled the request.
export const drop = (path, ...when) => post(`/test/drop?when=${when}&path=${encodeURIComponent(path)}`);

// run runs the cases, two at a time, and prints a line of JSON for each.
export async function run(cases) {
  const browser = await chromium.launch({ executablePath: process.env.CAIRN_CHROMIUM, args: quiet });
  const left = Object.entries(cases).filter(([name]) => name.startsWith(process.env.CAIRN_BROWSER_CASE ?? ""));
  const work = async () => {
    for (let next; (next = left.shift());) {
      const [name, act] = next;
      const began = performance.now();
      const c = new Case(browser, name);
      try {
        await act(c);
      } catch (err) {
        c.faults.push(err.stack);
      }
      await c.close();
      console.log(JSON.stringify({ name, faults: c.faults, seconds: (performance.now() - began) / 1000 }));
    }
  };
  await Promise.all([work(), work()]);
  await browser.close();
  if (!process.env.CAIRN_BROWSER_CASE && seen < sample.length) throw new Error(`axe-core has seen ${seen} states, want ${sample.length}`);
}
