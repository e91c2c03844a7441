// Paper.
import { dark } from "../browser/browser.mjs";
import { pages as pagesOf } from "./room.mjs";

const [sheet, width] = [1017, 688]; // px of an A4 sheet with margins of 14 mm

export const print = {
  async "print-pages"(c) {
    const { journey, report, order } = await pagesOf("everything");
    for (const [name, path] of Object.entries({ now: "", journey, order, report })) {
      const p = await c.at("everything", path, { viewport: { width, height: sheet }, ...dark });
      const parts = await p.locator("section:not(#moves)").count();
      await p.emulateMedia({ media: "print", colorScheme: "dark" });
      const light = (e) => {
        for (; e; e = e.parentElement) {
          const colour = getComputedStyle(e).backgroundColor;
          if (colour !== "rgba(0, 0, 0, 0)") return colour;
        }
        return "rgb(255, 255, 255)";
      };
      c.check(`${name}: paper is light`, [...new Set(await p.locator("body, section, table, figure").evaluateAll((list, f) => list.filter((e) => e.checkVisibility()).map(eval(f)), String(light)))], ["rgb(255, 255, 255)"]);
      c.check(`${name}: the ink is dark`, await p.evaluate(() => getComputedStyle(document.body).color.match(/\d+/g).every((n) => n < 60)));
      c.check(`${name}: every part is on paper`, await p.locator("section:not(#moves)").evaluateAll((list) => list.filter((e) => e.checkVisibility() && e.getBoundingClientRect().height > 20).length), parts);
      c.check(`${name}: nothing to click`, await p.locator(".bar, .nav, .filter, .skip, button, input, select, textarea").evaluateAll((list) => list.filter((e) => e.checkVisibility()).map((e) => e.outerHTML.slice(0, 60))), []);
      c.check(`${name}: width beyond the sheet`, await p.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)), 0);
      c.check(`${name}: tables that the sheet cuts`, await p.locator(".scroll").evaluateAll((list) => list.filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map((e) => e.ariaLabel)), []);
      const pdf = await p.pdf({ format: "A4" });
      c.check(`${name}: a file`, [pdf.subarray(0, 5).toString(), pdf.length > 10_000], ["%PDF-", true]);
    }
  },
};
