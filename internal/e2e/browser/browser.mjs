// What the cases have in common: pages of Chromium, axe-core, and the rules that hold in every state. ../console has it, too.
import { createRequire } from "node:module";

const packages = createRequire(`${process.env.CAIRN_PACKAGES}/`);
const { chromium } = packages("playwright-core");
const axe = packages("axe-core");

// The address of the test's server, and what else the script is called with: for the widget, another origin whose pages have it.
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

let seen = 0;
let sample; // the states that axe-core sees in each run: see run

export const phone = { viewport: { width: 320, height: 640 }, deviceScaleFactor: 2, hasTouch: true };
export const dark = { colorScheme: "dark" };

export class Case {
  constructor(browser, name) {
    Object.assign(this, { browser, name, faults: [], remark: [], contexts: [] });
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
      if (["error", "warning"].includes(m.type()) && !page.expected.some((e) => `${m.text()} ${m.location().url}`.includes(e))) this.faults.push(`console: ${m.text()} ${m.location().url ?? ""}`);
    });
    await page.goto(/^(http|about):/.test(path) ? path : origin + path);
    return page;
  }

  // rules checks what holds in every state: axe-core finds nothing, nothing is wider than the window, every target is large enough. But
  // are rules that axe-core cannot decide in this state.
  async rules(page, state, but = []) {
    await this.measure(page, state);
    if (!process.env.CAIRN_WHOLE && sample && !sample.includes(`${this.name}-${state}`)) return;
    seen++;
    await this.axe(page, state, (f) => !but.includes(f.id));
  }

  // axe lets axe-core look at the page. What it cannot decide is a fault where undecided says so.
  async axe(page, state, undecided) {
    if (await page.evaluate(() => !globalThis.axe)) await page.evaluate(axe.source);
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations, incomplete, passes } = await page.evaluate(async (values) => {
      const result = await axe.run(document, { runOnly: { type: "tag", values }, elementRef: true });
      for (const n of result.incomplete.flatMap((f) => f.nodes)) n.scrolls = Boolean(n.element?.closest(".scroll, .cx-scroll"));
      return JSON.parse(JSON.stringify(result, (key, value) => (key === "element" || key === "relatedNodes" ? undefined : value)));
    }, tags);
    if (passes.length < 10) this.faults.push(`${state}: axe-core applied only ${passes.length} rules`);
    for (const f of [...violations, ...incomplete.filter(undecided)]) {
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

// run runs the cases, two at a time, and prints a line of JSON for each. Sampled are the states that axe-core sees in each run: with CAIRN_WHOLE it sees all of
// them. Without a list it sees all that cases show it. Of is the class of a case.
export async function run(cases, sampled, Of = Case) {
  sample = sampled;
  const browser = await chromium.launch({ executablePath: process.env.CAIRN_CHROMIUM, args: quiet });
  const left = Object.entries(cases).filter(([name]) => name.startsWith(process.env.CAIRN_BROWSER_CASE ?? ""));
  const work = async () => {
    for (let next; (next = left.shift());) {
      const [name, act] = next;
      const began = performance.now();
      const c = new Of(browser, name);
      try {
        await act(c);
      } catch (err) {
        c.faults.push(err.stack);
      }
      await c.close();
      console.log(JSON.stringify({ name, faults: c.faults, remark: c.remark, seconds: (performance.now() - began) / 1000 }));
    }
  };
  await Promise.all([work(), work()]);
  await browser.close();
  if (!process.env.CAIRN_BROWSER_CASE && sample && seen < sample.length) throw new Error(`axe-core has seen ${seen} states, want ${sample.length}`);
}
