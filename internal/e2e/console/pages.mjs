// Every page of every world, at every width, light and dark. A run takes a sample that CAIRN_SEED chooses; with CAIRN_WHOLE it takes all.
import { dark, until } from "../browser/browser.mjs";
import { act, pages as pagesOf, whole, worlds } from "./room.mjs";

const widths = { 320: 640, 360: 740, 768: 1024, 1440: 900, 1920: 1080 };
const schemes = { light: {}, dark };

// random returns numbers from 0 to 1 that follow from the seed (mulberry32).
const random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

const all = Object.keys(widths).flatMap((w) => Object.keys(schemes).map((s) => [w, s]));

// sample is a plan of some of the pages: each of them with everything, narrow or wide, and two of each other world. axe-core sees half of the former.
const sample = (world, list) => {
  const chance = random(Number(process.env.CAIRN_SEED ?? 1) + world.length);
  const pick = (list) => list[Math.floor(chance() * list.length)];
  if (world === "everything" || world === "broken") return list.map(([name, path], i) => [name, path, [pick(all.filter(([w]) => (w < 768) === (i % 2 === 0)))]]);
  return Array.from({ length: 2 }, () => list.splice(Math.floor(chance() * list.length), 1)[0]).filter(Boolean).map(([name, path]) => [name, path, [pick(all)]]);
};

// show looks at the pages of a world.
const show = (world) => async (c) => {
  const list = Object.entries(await pagesOf(world));
  const plan = whole ? list.map(([name, path]) => [name, path, all]) : sample(world, list);
  let judged = Number(process.env.CAIRN_SEED ?? 1);
  for (const scheme of Object.keys(schemes)) {
    let p;
    for (const [name, path, list] of plan) {
      const mine = list.filter(([, s]) => s === scheme);
      if (!mine.length) continue;
      p ??= await c.open("about:blank", schemes[scheme]);
      const began = performance.now();
      await c.go(p, world, name, path);
      if (world === "large" && scheme === "light") c.remark.push(`${name}: ${Math.round(performance.now() - began)} ms, ${Math.round(await (await fetch(`${worlds.control}/memory`)).json() / 2 ** 20)} MiB in use`);
      for (const [width] of mine) {
        await p.setViewportSize({ width: Number(width), height: widths[width] });
        const state = `${world} ${name} ${width} ${scheme}`;
        await c.look(p, state);
        if (whole || world !== "everything" || judged++ % 2 === 0) await c.judge(p, state);
      }
    }
  }
};

export const pages = {
  "pages-everything": show("everything"),
  "pages-broken": show("broken"),
  "pages-empty": show("empty"),
  "pages-days": show("days"),
  "pages-hostile": show("hostile"),
  "pages-large": show("large"),

  async "pages-loading"(c) {
    const p = await c.open("about:blank");
    p.expected = ["status of 503"];
    const answer = await p.goto(worlds.loading);
    c.check("the status", [answer.status(), answer.headers()["retry-after"]], [503, "5"]);
    c.check("it comes again by itself", (await answer.text()).includes('http-equiv="refresh" content="5"')); // there is nothing to read, and the page that the reader wants comes
    const still = await c.open("about:blank");
    still.expected = ["status of 503"];
    await still.route(worlds.loading, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace(/<meta http-equiv="refresh"[^>]*>/, "") });
    });
    await still.goto(worlds.loading);
    c.check("it says why", await still.locator("h1").textContent(), "The events are being loaded.");
    await c.look(still, "loading now");
    await c.judge(still, "loading now");
    await act("loading/load");
    await until(async () => (await p.locator("#parts").count().catch(() => 0)) === 1);
    c.check("the page comes by itself", await p.locator("section").count() > 3);
  },
};
