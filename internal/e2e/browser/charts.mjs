// The charts of reports and of the console: the golden page of cx/insight/chart, whose policy allows its one style sheet and nothing else.
import { dark, phone } from "./browser.mjs";

// Text over a picture has a contrast that axe-core cannot see. The tests of cx/insight/chart compute it from the palette.
const but = ["color-contrast"];

// picture returns what is wrong with the visible pictures: small texts, and texts that are cut off or lie over one another.
export const picture = (p, least = 10) => p.evaluate((least) => {
  const seen = (e) => e.checkVisibility() && e.getBoundingClientRect().width > 0;
  const faults = [];
  const pictures = [...document.querySelectorAll("svg")].filter(seen);
  for (const svg of pictures) {
    const frame = svg.getBoundingClientRect();
    const scale = frame.width / svg.viewBox.baseVal.width;
    const texts = [...svg.querySelectorAll("text")].map((e) => [e.textContent, e.getBoundingClientRect(), parseFloat(getComputedStyle(e).fontSize) * scale]);
    for (const [text, r, size] of texts) {
      if (size < 12) faults.push(`${text}: ${size} px`);
      if (r.left < frame.left - 1 || r.right > frame.right + 1 || r.top < frame.top - 1 || r.bottom > frame.bottom + 1) faults.push(`${text}: beyond the picture`);
    }
    for (let i = 0; i < texts.length; i++) {
      for (let k = i + 1; k < texts.length; k++) {
        const [a, b] = [texts[i][1], texts[k][1]];
        if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4 && b.top < a.bottom - 4) faults.push(`${texts[i][0]} over ${texts[k][0]}`);
      }
    }
  }
  return pictures.length < least ? [`${pictures.length} pictures`] : faults;
}, least);

const states = {
  wide: { viewport: { width: 1200, height: 800 } },
  "phone-dark": { ...phone, ...dark },
  ...(process.env.CAIRN_WHOLE && {
    "wide-dark": { viewport: { width: 1200, height: 800 }, ...dark },
    column: { viewport: { width: 700, height: 800 } },
    phone,
  }),
};

export const charts = {
  async "charts-page"(c) {
    for (const [state, options] of Object.entries(states)) {
      const p = await c.open("/charts/gallery.html", options);
      await c.rules(p, state, but);
      c.check(`${state}: the pictures`, await picture(p), []);
      await p.evaluate(() => { document.documentElement.dir = "rtl"; });
      c.check(`${state}, right to left: the pictures`, await picture(p), []);
    }
  },

  async "charts-print"(c) {
    const p = await c.open("/charts/gallery.html", { viewport: { width: 700, height: 800 }, ...dark });
    const background = () => p.evaluate(() => getComputedStyle(document.querySelector("figure")).backgroundColor);
    const closed = () => p.evaluate(() => [...document.querySelectorAll("table")].filter((e) => !e.checkVisibility({ contentVisibilityAuto: true })).length);
    c.check("on the screen", [await background(), await closed() > 0], ["rgb(20, 23, 28)", true]);
    const scheme = (name) => p.evaluate((c) => { document.body.className = c; }, name);
    await scheme("cx-light");
    c.check("a page that is always light", await background(), "rgb(255, 255, 255)");
    await p.emulateMedia({ colorScheme: "light" });
    await scheme("cx-dark");
    c.check("a page that is always dark", await background(), "rgb(20, 23, 28)");
    await p.emulateMedia({ media: "print", colorScheme: "dark" });
    c.check("paper is light, and all tables are open", [await background(), await closed()], ["rgb(255, 255, 255)", 0]);
    c.check("width beyond the page", await p.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)), 0);
    c.check("the pictures", await picture(p), []);
  },

  async "charts-mail"(c) {
    const p = await c.open("/charts/mail.html", { viewport: { width: 640, height: 800 } });
    await c.rules(p, "mail", but); // a coloured square is no text
    c.check("bars", await p.evaluate(() => [...document.querySelectorAll("td[bgcolor]")].filter((e) => e.getBoundingClientRect().height !== 12).length), 0);
  },
};
