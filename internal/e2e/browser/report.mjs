// The report: the golden page of cx/insight/report, which brings its own policy, and its e-mail.
import { dark, phone } from "./browser.mjs";
import { picture } from "./charts.mjs";

// Text over a picture has a contrast that axe-core cannot see. The tests of cx/insight/chart compute it from the palette, which is also that of the page.
const but = ["color-contrast"];

// sheet is the height of what an A4 sheet with margins of 14 mm has room for, and width is its width.
const [sheet, width] = [1017, 688];

const states = {
  wide: { viewport: { width: 1200, height: 800 } },
  "phone-dark": { ...phone, ...dark },
  ...(process.env.CAIRN_WHOLE && { "wide-dark": { viewport: { width: 1200, height: 800 }, ...dark }, tablet: { viewport: { width: 800, height: 1000 } }, phone }),
};

export const report = {
  async "report-page"(c) {
    for (const [state, options] of Object.entries(states)) {
      const p = await c.open("/report/week.html", options);
      await c.rules(p, state, but);
      c.check(`${state}: the pictures`, await picture(p, 5), []);
      c.check(`${state}: headings`, await p.evaluate(() => document.querySelectorAll("h1").length), 1);
    }
  },

  async "report-print"(c) {
    const p = await c.open("/report/week.html", { viewport: { width, height: sheet }, ...dark });
    await p.emulateMedia({ media: "print", colorScheme: "dark" });
    c.check("paper is light", await p.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
    c.check("the first page fits a sheet", await p.evaluate((sheet) => Math.max(0, document.querySelector(".details").getBoundingClientRect().top - sheet), sheet), 0);
    c.check("width beyond the page", await p.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)), 0);
  },

  async "report-mail"(c) {
    const p = await c.open("/report/mail.html", { viewport: { width: 640, height: 800 } });
    await c.rules(p, "mail", but);
  },
};
