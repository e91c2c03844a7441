// Drives a real browser through pages with the beacon: run.mjs ORIGIN SAME-SERVER-UNDER-ANOTHER-HOST.
import { createRequire } from "node:module";
import { elsewhere, origin, run, until } from "../browser/browser.mjs";

const { chromium } = createRequire(`${process.env.CAIRN_PACKAGES}/`)("playwright-core");

// The module with short times, so that a case is short, and a long one for anger, so that it does not depend on the machine.
const quick = "/cart?dead=300&rage=20000";

const runOf = async (page) => (await page.context().cookies(origin)).find((c) => c.name === "__Host-checkout")?.value.split(".")[4];
const recorded = async (run) => (await fetch(`${origin}/test/recorded?run=${run ?? ""}`)).json();
// wait waits in the page, behind what the page itself waits for, so that a case does not depend on the machine's speed.
const wait = (page, ms) => page.evaluate((ms) => new Promise((resolve) => setTimeout(resolve, ms)), ms);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms)); // of a page that is frozen

// leave leaves the page, so that it sends what it has, and returns what is recorded of its run then, without the views of the cart.
const leave = async (page, run = undefined) => {
  run ??= await runOf(page);
  await page.goto("about:blank");
  await until(async () => (await recorded(run)).lines.includes("cart page ok"));
  return (await recorded(run)).lines.filter((l) => l !== "cart page ok");
};

const open = async (c, path = quick, options = {}) => {
  const page = await c.open(path, options);
  await page.waitForFunction(() => globalThis.ready);
  await page.waitForTimeout(0);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
  return page;
};

// errors lets the page break.
const errors = (page) => page.removeAllListeners("pageerror");

// noticed clicks on the element, and says that nothing or this was recorded.
const noticed = (id, ...want) => async (c) => {
  const page = await open(c);
  errors(page);
  await page.locator(`#${id}`).click();
  await wait(page, 700);
  c.check("recorded", await leave(page), want);
};

const dead = "pay failed dead_click";

const cases = {
  "dead": noticed("dead", dead),
  "dead link to nowhere": noticed("nowhere", dead),
  "alive: the page changes": noticed("works"),
  "alive: a slow answer is shown": noticed("slow"),
  "alive: a request without a sign": noticed("quiet"),
  "alive: the focus moves": noticed("focuses"),
  "alive: a checkbox": noticed("box"),
  "not dead: a text": noticed("text"),
  "not dead: ignored": noticed("ignored"),
  "error": noticed("broken", "pay failed error_click"),
  "error of a promise": noticed("rejects", "pay failed error_click"),
  "not error: long after the click": noticed("late"),
  "unknown name": noticed("unknown", "_other failed dead_click"),

  async "alive: a slow page"(c) {
    const page = await open(c);
    const run = await runOf(page);
    await page.locator("#away").click();
    await page.getByText("done").waitFor();
    c.check("recorded", await leave(page, run), []);
  },

  async "dead by the default time"(c) {
    const page = await open(c, "/cart");
    await page.locator("#dead").click();
    await wait(page, 1500);
    c.check("recorded", await leave(page), [dead]);
  },

  async "dead by key"(c) {
    const page = await open(c);
    await page.locator("#dead").focus();
    await page.keyboard.press("Enter");
    await wait(page, 700);
    c.check("recorded", await leave(page), [dead]);
  },

  async "dead, twice in a second"(c) {
    const page = await open(c);
    await page.locator("#dead").dblclick();
    await wait(page, 700);
    c.check("one click is waited for at a time", await leave(page), [dead]);
  },

  async "not dead: the page is hidden before it can answer"(c) {
    const page = await open(c, "/cart?dead=60000&rage=300");
    await page.locator("#dead").click();
    c.check("recorded", await leave(page), []);
  },

  async "rage"(c) {
    const page = await open(c);
    for (let i = 0; i < 4; i++) await page.locator("#works").click();
    c.check("recorded", await leave(page), ["pay degraded rage_click"]);
  },

  async "rage, twice"(c) {
    const page = await open(c);
    for (let i = 0; i < 9; i++) await page.locator("#works").click();
    c.check("recorded", await leave(page), ["pay degraded rage_click", "pay degraded rage_click"]);
  },

  async "not rage: three"(c) {
    const page = await open(c);
    for (let i = 0; i < 3; i++) await page.locator("#works").click();
    c.check("recorded", await leave(page), []);
  },

  async "not rage: two elements"(c) {
    const page = await open(c);
    for (let i = 0; i < 3; i++) for (const id of ["works", "focuses"]) await page.locator(`#${id}`).click();
    c.check("recorded", await leave(page), []);
  },

  async "not rage: slowly"(c) {
    const page = await open(c, "/cart?dead=300&rage=300");
    for (let i = 0; i < 5; i++) {
      await page.locator("#works").click();
      await wait(page, 200);
    }
    c.check("recorded", await leave(page), []);
  },

  async "not rage: a key that is held down"(c) {
    const page = await open(c);
    await page.locator("#works").focus();
    for (let i = 0; i < 8; i++) await page.keyboard.press("Enter");
    c.check("the key has clicked", await page.locator("output").textContent(), "........");
    c.check("recorded", await leave(page), []);
  },

  async "not rage: a script clicks"(c) {
    const page = await open(c);
    await page.evaluate(() => { for (let i = 0; i < 8; i++) document.querySelector("#dead").click(); });
    await wait(page, 700);
    c.check("recorded", await leave(page), []);
  },

  async "not rage: a text is selected"(c) {
    const page = await open(c);
    await page.locator("#form input").click({ clickCount: 3 });
    await page.locator("#form input").click({ clickCount: 3 });
    c.check("recorded", await leave(page), []);
  },

  async "form abandoned"(c) {
    const page = await open(c);
    await page.locator("#form input").fill("alice");
    c.check("recorded", await leave(page), ["address abandoned form_abandoned"]);
  },

  async "form abandoned: it was not valid"(c) {
    const page = await open(c);
    await page.locator("#form input").fill("alice");
    await page.locator("#form input").fill("");
    await page.locator("#send").click();
    await wait(page, 700);
    c.check("recorded", await leave(page), ["address abandoned form_abandoned"]);
  },

  async "form sent"(c) {
    const page = await open(c);
    const run = await runOf(page);
    await page.locator("#form input").fill("alice");
    await page.locator("#send").click();
    await page.getByText("thanks").waitFor();
    c.check("recorded", await leave(page, run), []);
  },

  async "form sent by a script"(c) {
    const page = await open(c);
    await page.locator("#script-form input").fill("Oslo");
    await page.evaluate(() => new FormData(document.querySelector("#script-form")));
    c.check("recorded", await leave(page), []);
  },

  async "form looked at"(c) {
    const page = await open(c);
    await page.locator("#form input").focus();
    c.check("recorded", await leave(page), []);
  },

  async "history"(c) {
    const page = await open(c);
    const run = await runOf(page);
    await page.locator("#next").click();
    await wait(page, 900); // longer than the module waits for the name
    await page.goBack(); // the page changes its name, as it did before
    await wait(page, 900);
    await page.goto("about:blank");
    await until(async () => (await recorded(run)).lines.length >= 3);
    c.check("recorded", (await recorded(run)).lines, ["cart page ok", "payment page ok", "cart page ok"]);
  },

  async "vitals"(c) {
    const page = await open(c);
    const run = await runOf(page);
    await page.locator("#works").click();
    await leave(page);
    const { vitals } = await recorded(run);
    c.check("names", vitals.map((v) => v.split(" ").slice(0, 2).join(" ")).filter((v) => !v.includes("inp")), ["browser.web_vital cls", "browser.web_vital lcp"]);
    const lcp = Number(vitals.find((v) => v.includes("lcp"))?.split(" ")[2]);
    c.check(`the largest paint is after ${lcp} ms`, lcp > 0 && lcp < 120_000);
  },

  async "hidden and frozen"(c) {
    const page = await open(c);
    const run = await runOf(page);
    await page.locator("#form input").fill("alice");
    await page.locator("#dead").click();
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Emulation.setFocusEmulationEnabled", { enabled: false });
    await page.evaluate(() => {
      Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
    await until(async () => (await recorded(run)).lines.length > 0); // sent before it was frozen
    await pause(700);
    c.check("while it is frozen", (await recorded(run)).lines, ["cart page ok"]);
    await cdp.send("Page.setWebLifecycleState", { state: "active" });
    await page.evaluate(() => { delete document.visibilityState; });
    await page.locator("#send").click();
    await page.getByText("thanks").waitFor();
    c.check("the form was sent after all", await leave(page, run), []);
  },

  async "back from the cache"(c) {
    const browser = await chromium.launch({ executablePath: process.env.CAIRN_CHROMIUM, args: ["--disable-gpu"], ignoreDefaultArgs: ["--disable-back-forward-cache"] });
    try {
      const page = await (await browser.newContext()).newPage();
      await page.goto(origin + quick);
      await page.evaluate(() => { globalThis.kept = true; });
      const run = await runOf(page);
      await page.goto(`${origin}/static/page.js`);
      await page.goBack({ waitUntil: "commit" }); // a page from the cache is not loaded
      if (!(await page.evaluate(() => globalThis.kept))) c.remark.push("the browser has not kept the page");
      await page.goto("about:blank");
      await until(async () => (await recorded(run)).lines.length >= 2);
      c.check("recorded", (await recorded(run)).lines, ["cart page ok", "cart page ok"]);
    } finally {
      await browser.close();
    }
  },

  async "the script is blocked"(c) {
    const page = await c.open("about:blank");
    page.expected = ["beacon.js"];
    await page.route("**/cairn/**", (route) => route.abort());
    await page.goto(origin + quick);
    await page.waitForFunction(() => globalThis.ready);
    await page.locator("#works").click();
    c.check("the page works", await page.locator("output").textContent(), ".");
    const run = await runOf(page);
    await page.goto("about:blank");
    c.check("recorded", (await recorded(run)).lines, []);
  },

  async "two tabs"(c) {
    const page = await open(c);
    const run = await runOf(page);
    const second = await page.context().newPage();
    await second.goto(origin + quick);
    c.check("the same run", await runOf(second), run);
    await second.locator("#dead").click();
    await wait(second, 700);
    await second.close({ runBeforeUnload: true });
    await until(async () => (await recorded(run)).lines.includes(dead));
    c.check("recorded", await leave(page), [dead]);
    c.check("both views", (await recorded(run)).lines.filter((l) => l === "cart page ok").length, 2);
  },

  async "another person"(c) {
    const [one, two] = [await open(c), await open(c)];
    const [first, second] = [await runOf(one), await runOf(two)];
    c.check("two runs", first !== second);
    await one.locator("#dead").click();
    await wait(one, 700);
    const [a, b] = [await leave(one), await leave(two)];
    c.check("of the one", a, [dead]);
    c.check("of the other", b, []);
  },

  async "the run has ended"(c) {
    const page = await open(c);
    const run = await runOf(page);
    await page.goto(`${origin}/cart?dead=300&rage=300&end=1`);
    c.check("the cookie is gone", (await runOf(page)) === undefined);
    const before = (await recorded(run)).lines.length;
    await page.goto(origin + quick);
    c.check("the next run is another one", (await runOf(page)) !== run);
    await leave(page);
    c.check("nothing more of the first", (await recorded(run)).lines.length, before);
  },

  async "another host"(c) {
    const page = await open(c);
    const run = await runOf(page);
    page.expected = ["Content Security Policy"];
    const reply = await page.evaluate(async (to) => {
      try {
        await fetch(to, { method: "POST", mode: "no-cors", body: "{}" });
      } catch (e) {
        return e.name;
      }
      return "sent";
    }, `${elsewhere}/cairn/`);
    c.check("the page's own policy", reply, "TypeError");
    const answer = await fetch(`${origin}/cairn/`, { method: "POST", headers: { Origin: elsewhere, "Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain" }, body: "{}" });
    c.check("the handler refuses", answer.status, 403);
    c.check("recorded", await leave(page, run), []);
  },

  async "zz: nothing of the page leaves the browser"(c) {
    const page = await open(c);
    await page.locator("#form input").fill("alice");
    await page.locator("#dead").click();
    await wait(page, 700);
    await leave(page);
    const bodies = (await (await fetch(`${origin}/test/sent`)).json()).join("\n").replaceAll("alice@example.com", ""); // which the page gives as a name
    for (const secret of ["alice", "49.90", "Oslo", "secret", "?", "http"]) c.check(`"${secret}" was sent`, bodies.includes(secret), false);
  },
};

// What runs without CAIRN_WHOLE: one of each signal and of each state of a page.
const sample = [
  "dead", "alive: the page changes", "alive: a slow page", "error", "rage", "not rage: a key that is held down", "form abandoned", "form sent", "history", "hidden and frozen",
  "back from the cache", "another person", "zz: nothing of the page leaves the browser",
];
const all = process.env.CAIRN_WHOLE || process.env.CAIRN_BROWSER_CASE;
await run(all ? cases : Object.fromEntries(sample.map((name) => [name, cases[name]])));
