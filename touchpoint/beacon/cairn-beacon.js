// Tells the beacon what happened in this page: views, clicks that did nothing, forms that were left. See docs/browser.md of Cairn.
const own = import.meta.url;
const to = new URL("./", own);
const tag = [...document.scripts].find((s) => s.src === own);
const option = (name, or) => +(tag?.dataset[name] ?? or);
const rageClicks = option("rageClicks", 4), rageWithin = option("rageWithin", 1000);
const deadAfter = option("deadAfter", 1000), errorWithin = option("errorWithin", 100);

const most = 20, ever = 200; // events of one request, and of one page
const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => (b + 256).toString(16).slice(1)).join("");
const beacon = navigator.sendBeacon.bind(navigator);
const now = () => performance.now();
const on = (type, act, of = window) => of.addEventListener(type, act, { capture: true, passive: true });

let events = [], sent = 0;
const flush = () => {
  const at = now();
  const list = events.map(([kind, name, time, more]) => ({ kind, name, ago: Math.max(0, Math.round(at - time)), ...more })).filter((e) => e.ago < 3600000);
  if (list.length) beacon(to, JSON.stringify({ v: 1, page: hex, first: sent, events: list }));
  sent += events.length;
  events = [];
};
const tell = (kind, name, time, more) => {
  if (!name || new TextEncoder().encode(name).length > 64 || /[\p{C}\p{Zl}\p{Zp}]/u.test(name) || sent + events.length >= ever) return;
  if (events.push([kind, name, time, more]) >= most) flush();
};

// Views: the page's name or its path has changed.
const page = () => document.querySelector("[data-cairn-page]")?.dataset.cairnPage;
let seen, name, timer;
const view = () => {
  clearTimeout(timer);
  const key = `${page()} ${location.pathname}`;
  if (key === seen) return;
  left((f) => !f.isConnected);
  seen = key;
  tell("view", name = page(), now());
};
const later = () => {
  clearTimeout(timer);
  timer = setTimeout(view, 500);
};
const named = (e) => e.closest("[data-cairn]")?.dataset.cairn || page();

// Forms: something was entered and not sent.
const forms = new Map();
const left = (which) => {
  for (const [f, [name, began]] of forms) {
    if (!which(f)) continue;
    forms.delete(f);
    tell("form", name, now(), { took: Math.round(now() - began) });
  }
};
on("input", (e) => {
  const f = e.target.form;
  if (f && e.isTrusted && !forms.has(f) && !f.closest("[data-cairn-ignore]")) forms.set(f, [named(f), now()]);
});
for (const type of ["submit", "formdata"]) on(type, (e) => forms.delete(e.target));

// Clicks. Whatever the page does from the press on makes a click alive.
const interactive = "a[href],button,summary,input[type=submit],input[type=button],input[type=image],[role=button],[role=link],[role=tab],[role=menuitem]";
let active = -1, pressed = 0, clicks = [], last, waiting = new Set();
const alive = () => { active = now(); };
new MutationObserver((list) => {
  alive();
  if (list.some((m) => m.attributeName === "data-cairn-page" || m.type === "childList")) if (page() !== name) later();
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
const wrap = (of, call) => {
  const was = of?.[call];
  if (was) of[call] = function (...args) {
    alive();
    return was.apply(this, args);
  };
};
wrap(window, "fetch");
wrap(window, "open");
wrap(window.XMLHttpRequest?.prototype, "send");
wrap(window.WebSocket?.prototype, "send");
wrap(Navigator.prototype, "sendBeacon");
for (const type of ["input", "change", "submit", "reset", "beforeprint", "invalid", "scroll", "copy", "cut", "toggle", "cancel", "close", "play", "pause", "seeking", "fullscreenchange"]) on(type, alive);
on("focusin", () => { if (!pressed) alive(); }); // a press moves the focus to the button itself
on("blur", (e) => { if (e.target === window) alive(); }); // a file chooser, another window
if (window.navigation) {
  on("navigate", (e) => { if (!e.hashChange) alive(); }, navigation);
  on("currententrychange", later, navigation);
} else {
  on("beforeunload", alive);
}
on("popstate", later);
on("pointerdown", (e) => { if (e.isTrusted) pressed = now(); });

on("click", (e) => {
  const at = now(), element = e.target?.closest?.(interactive) ?? e.target;
  if (!e.isTrusted || !element?.closest || element.closest("[data-cairn-ignore]")) return;
  const name = named(element), began = e.detail && pressed ? pressed : at;
  const mine = last = { name, at };
  pressed = 0;
  if (e.detail && !element.matches("input:not([type=submit],[type=button],[type=image]),textarea,select")) { // a key that is held down clicks, too
    clicks = clicks.filter((c) => c[0] === element && at - c[1] < rageWithin);
    if (clicks.push([element, at]) >= rageClicks) {
      clicks = [];
      tell("rage", name, at);
    }
  }
  if (!element.matches(interactive) || waiting.has(element)) return;
  waiting.add(element);
  setTimeout(() => {
    const bare = (url) => String(url).split("#")[0];
    if (element.matches("a[href]") && !e.defaultPrevented && element.protocol !== "javascript:" && bare(element.href) !== bare(location)) alive(); // the browser goes there
  });
  setTimeout(() => {
    if (waiting.delete(element) && active < began && !mine.error) tell("dead", name, at);
  }, deadAfter);
});
const broke = (e) => {
  if (!last || last.error || now() - last.at > errorWithin || (e.filename && !/^(https?|blob):/.test(e.filename))) return;
  last.error = true;
  tell("error", last.name, last.at);
};
window.addEventListener("error", broke);
window.addEventListener("unhandledrejection", broke);

// Core Web Vitals of the page's load, by the definitions of web.dev.
const vitals = {}, interactions = new Map();
const observe = (type, each, more) => {
  if (!window.PerformanceObserver?.supportedEntryTypes?.includes(type)) return;
  new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true, ...more });
  return 0;
};
let shift = 0, from = 0, until = 0;
observe("largest-contentful-paint", (e) => { vitals.lcp = e.startTime; });
vitals.cls = observe("layout-shift", (e) => {
  if (e.hadRecentInput) return;
  if (e.startTime - until > 1000 || e.startTime - from > 5000) [shift, from] = [0, e.startTime];
  until = e.startTime;
  vitals.cls = Math.max(vitals.cls, shift += e.value);
});
observe("event", (e) => {
  if (!e.interactionId) return;
  interactions.set(e.interactionId, Math.max(interactions.get(e.interactionId) ?? 0, e.duration));
  if (interactions.size > 200) interactions.delete(interactions.keys().next().value);
  const longest = [...interactions.values()].sort((a, b) => b - a);
  vitals.inp = longest[Math.min(longest.length - 1, Math.floor((performance.interactionCount ?? 0) / 50))];
}, { durationThreshold: 40 });
let told = false;
const hide = () => {
  waiting.clear(); // a hidden page is slow, and may be frozen: what it would have done is not known
  if (seen) view();
  for (const vital of told ? [] : ["cls", "inp", "lcp"]) {
    if (vitals[vital] !== undefined) tell("vital", name, now(), { vital, value: Math.min(1e10, Math.round(vitals[vital] * 10000)) });
  }
  told = true;
  flush();
};
on("visibilitychange", () => { if (document.visibilityState === "hidden") hide(); }, document);
on("pagehide", () => {
  left(() => true);
  hide();
});
on("pageshow", (e) => {
  if (!e.persisted) return;
  seen = undefined; // back from the cache: the customer sees the page again
  view();
});
view();
