// What the cases of the console have in common: its worlds, its pages, and the rules that hold for each page at each width.
import { Case } from "../browser/browser.mjs";
import { picture } from "../browser/charts.mjs";

// The addresses of the worlds' consoles by their name, and of what changes them.
export const worlds = JSON.parse(process.argv[3]);

export const whole = Boolean(process.env.CAIRN_WHOLE);

const shots = process.env.CAIRN_SCREENSHOTS;

// act changes a world: "live/order?id=7".
export const act = async (what) => {
  const reply = await fetch(`${worlds.control}/${what}`, { method: "POST" });
  if (!reply.ok) throw new Error(`${what}: ${await reply.text()}`);
};

const week = "from=2026-02-28&until=2026-03-27";

const read = async (world, path) => (await fetch(worlds[world] + path)).text();

// links returns the addresses of a page's links below the console's path, of those that are like this.
const links = async (world, path, like) =>
  [...(await read(world, path)).matchAll(/href="\/cx\/([^"]*)"/g)].map((m) => m[1].replaceAll("&amp;", "&")).filter((a) => like.test(a));

// pages returns the pages of a world by their name, as paths below the console's. Names are read from its pages, so that each world has its own.
export const pages = async (world) => {
  if (world === "broken") {
    const [pay, cart] = await links(world, "breakdowns", /^breakdowns\//);
    const other = (await links(world, "breakdowns", /^breakdowns\//)).filter((a) => a !== pay && a !== cart);
    return { now: "", breakdowns: "breakdowns", oldest: "breakdowns?sort=age", pay, cart, better: other[0], returned: other.at(-2), dismissed: other.at(-1), "same-question": (await links(world, pay, /^goes-with\?.*failed-at/))[0] };
  }
  const all = {
    now: "", breakdowns: "breakdowns", journeys: "journeys", support: "support", voice: `voice?${week}`, "goes-with": `goes-with?${week}`, reports: "reports", report: "reports/week/2026-03-16.html",
    runs: `runs?${week}`, "not-found": "runs/ticket/none", "bad-address": "?last=never",
  };
  const one = {};
  [one.journey] = await links(world, "journeys", /^journeys\/(ticket|%22)/); // the hostile name begins with a quotation mark
  [one.run] = await links(world, all.runs, /^runs\/./);
  [one.found] = await links(world, all["goes-with"], /bad=broken/);
  if (world === "large") delete one.run; // its source has no single runs
  if (one.run) [one.customer] = await links(world, one.run, /^customers\//);
  if (one.found) [one.examples] = await links(world, one.found, /^goes-with\/examples/);
  const way = one.journey && (await read(world, one.journey)).match(/name="way" value="([^"]*)"/);
  if (way) one.ways = `${one.journey}${one.journey.includes("?") ? "&" : "?"}way=${way[1]}`;
  if (world === "everything") {
    Object.assign(one, { order: "runs/order/AB-1001", complaint: "runs/complaint/C-AB-1001", action: "runs/improvement/A-1", propose: "propose?cause=waiting", day: "support?day=2026-03-20" });
    [one.late] = await links(world, "", /^runs\?/);
    [one.alice] = await links(world, one.order, /^customers\//);
    const found = await fetch(`${worlds[world]}find`, { method: "POST", body: new URLSearchParams({ q: "carol" }), redirect: "manual" });
    one.hits = found.headers.get("location")?.replace("/cx/", "");
  }
  return { ...all, ...Object.fromEntries(Object.entries(one).filter(([, path]) => path)) };
};

// expected are the statuses of pages that have another one than 200.
const expected = { "not-found": 404, "bad-address": 400 };

export class Room extends Case {
  // at opens a page of a world.
  at(world, path, options = {}) {
    return this.open(worlds[world] + path, options);
  }

  // go opens a page in a window that is open.
  async go(page, world, name, path) {
    page.expected = expected[name] ? [`status of ${expected[name]}`] : [];
    const answer = await page.goto(worlds[world] + path);
    this.check(`${world} ${name}: the status`, answer.status(), expected[name] ?? 200);
  }

  // look checks what holds for every page at every width.
  async look(page, state) {
    const small = page.viewportSize().width < 360 ? 10 : 11.5; // px: of the texts of pictures
    await page.waitForLoadState(); // with its style
    await page.evaluate(() => Promise.all(document.getAnimations().map((a) => a.finished)));
    if (shots) {
      const { width, height } = await page.evaluate(() => ({ width: innerWidth, height: Math.min(document.documentElement.scrollHeight, 12_000) })); // hostile names make a page very long
      await page.screenshot({ path: `${shots}/${state.replaceAll(/[ /]/g, "-")}.png`, fullPage: true, clip: { x: 0, y: 0, width, height } });
    }
    for (const fault of [...await page.evaluate(faults), ...(await picture(page, 0)).filter((f) => !(parseFloat(f.match(/([\d.]+) px$/)?.[1]) > small))]) this.faults.push(`${state}: ${fault}`);
  }

  // judge lets axe-core look at the page. It cannot tell the contrast of texts of pictures: the tests of cx/insight/chart compute it from the palette. It cannot tell that of a
  // sign alone either, such as an arrow, of a cell that is scrolled out of sight, or of a long name whose hidden lines lie over what follows: other texts have the same style.
  judge(page, state) {
    const told = (n) => n.html.startsWith("<text") || n.any.every((a) => ["nonBmp", "shortTextContent"].includes(a.data?.messageKey) || a.data?.messageKey === "elmPartiallyObscured" && n.scrolls ||
      a.data?.messageKey === "elmPartiallyObscuring" && n.html.startsWith("<bdi title="));
    return this.axe(page, state, (f) => {
      if (f.id === "color-contrast") f.nodes = f.nodes.filter((n) => !told(n));
      return f.nodes.length > 0;
    });
  }
}

// faults runs in the page and returns what is wrong with its layout.
function faults() {
  const found = [];
  const beyond = document.documentElement.scrollWidth - innerWidth;
  const say = (e) => `${e.tagName.toLowerCase()}${typeof e.className === "string" && e.className ? `.${e.className}` : ""} “${e.textContent.trim().slice(0, 60)}”`;
  const hidden = (e) => e.closest(".hidden, .skip");
  if (beyond > 0) {
    const clips = (e) => e.parentElement && (getComputedStyle(e.parentElement).overflowX !== "visible" || clips(e.parentElement));
    const wide = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !hidden(e) && !clips(e)).at(-1);
    found.push(`the page is ${beyond} px wider than the window: ${wide ? say(wide) : "it is not seen by what"}`);
  }
  // Texts that are cut: what is hidden of an element that does not scroll. A name in the bar may end in three points, and so may a long name after
  // three lines, where its title has all of it.
  const titled = (e) => e.matches("bdi[title]") && e.title === e.textContent;
  for (const e of document.body.querySelectorAll("*")) {
    if (e.closest("svg") || hidden(e) || !e.checkVisibility() || e.matches("input, select, textarea, .brand bdi, .account bdi")) continue;
    const { overflowX, overflowY } = getComputedStyle(e);
    if (["hidden", "clip"].includes(overflowX) && e.clientWidth > 1 && e.scrollWidth > e.clientWidth + 1) found.push(`cut: ${say(e)}`);
    if (["hidden", "clip"].includes(overflowY) && e.clientHeight > 1 && e.scrollHeight > e.clientHeight + 1 && !titled(e)) found.push(`cut below: ${say(e)}`);
  }
  // Texts that lie over one another: the boxes of all lines, each within what clips it.
  const boxes = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walk.nextNode());) {
    const e = n.parentElement;
    if (!n.data.trim() || e.closest("svg, option, script, noscript") || hidden(e) || !e.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })) continue;
    let clip = { left: -Infinity, right: Infinity, top: -Infinity, bottom: Infinity };
    for (let p = e; p && p !== document.body; p = p.parentElement) {
      if (getComputedStyle(p).overflowX === "visible" || getComputedStyle(p).display === "inline") continue;
      const r = p.getBoundingClientRect();
      clip = { left: Math.max(clip.left, r.left), right: Math.min(clip.right, r.right), top: Math.max(clip.top, r.top), bottom: Math.min(clip.bottom, r.bottom) };
    }
    const range = document.createRange();
    range.selectNodeContents(n);
    for (const r of range.getClientRects()) {
      const box = { n, e, left: Math.max(r.left, clip.left), right: Math.min(r.right, clip.right), top: Math.max(r.top, clip.top), bottom: Math.min(r.bottom, clip.bottom) };
      if (box.right - box.left < 2 || box.bottom - box.top < 2) continue;
      if (box.right > innerWidth + 1 || box.left < -1) found.push(`beyond the window: ${say(e)}`);
      boxes.push(box);
    }
  }
  boxes.sort((a, b) => a.top - b.top);
  const over = new Set();
  for (let i = 0; i < boxes.length && over.size < 5; i++) {
    for (let k = i + 1; k < boxes.length && boxes[k].top < boxes[i].bottom - 5; k++) {
      const [a, b] = [boxes[i], boxes[k]];
      if (a.n !== b.n && a.left < b.right - 2 && b.left < a.right - 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 5) over.add(`${say(a.e)} over ${say(b.e)}`);
    }
  }
  found.push(...over);
  for (const e of document.querySelectorAll("input:not([type=hidden]), button, select, textarea, summary")) {
    const boxes = [e, e.closest("label") ?? e].map((x) => x.getBoundingClientRect());
    if (e.checkVisibility() && boxes[0].width && (Math.max(...boxes.map((r) => r.width)) < 24 || Math.max(...boxes.map((r) => r.height)) < 24)) found.push(`a target of less than 24 px: ${say(e)}`);
  }
  for (const e of document.querySelectorAll("[tabindex='0']")) if (!e.ariaLabel && !e.matches("a, button, [aria-labelledby]")) found.push(`a stop without a name: ${say(e)}`);
  for (const e of document.querySelectorAll("#parts > section")) if (!e.querySelector(":scope > :not(h2)")) found.push(`a part without anything: ${say(e)}`);
  const levels = document.querySelectorAll("h1").length;
  if (levels !== 1) found.push(`${levels} headings of the first level`);
  const strange = document.querySelector("main img, main script, iframe, object, embed, [onerror], [onload], main style");
  if (strange) found.push(`markup that no page has: ${strange.outerHTML.slice(0, 100)}`);
  return [...new Set(found)].slice(0, 12);
}
