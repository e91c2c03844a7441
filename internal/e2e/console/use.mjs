// What readers do: by keyboard, without script, at 200 %, in forced colours, and the ways that they take.
import { dark, phone } from "../browser/browser.mjs";
import { act, pages as pagesOf, whole, worlds } from "./room.mjs";

const text = (p, of = "main") => p.locator(of).evaluate((e) => e.innerText.replaceAll(/\s+/g, " "));
const heading = (p) => p.locator("h1").textContent();
const focused = (p) => p.evaluate(() => document.activeElement.innerText || document.activeElement.name || document.activeElement.ariaLabel || document.activeElement.tagName);

// tab presses Tab until what has the focus meets the condition, and returns how often.
const tab = async (p, condition) => {
  for (let n = 1; n < 400; n++) {
    await p.keyboard.press("Tab");
    if (await p.evaluate(condition)) return n;
  }
  throw new Error(`no stop meets ${condition}`);
};

// stops goes through the page by Tab and returns what is wrong with a stop: a focus that is not seen, or that lies under the bar.
const stops = async (p) => {
  const faults = new Set();
  let n = 0;
  for (; n < 400; n++) {
    await p.keyboard.press("Tab");
    const [end, fault] = await p.evaluate(() => {
      const e = document.activeElement;
      if (e === document.body) return [true];
      const { outlineStyle, outlineWidth } = getComputedStyle(e);
      const r = e.getClientRects()[0] ?? e.getBoundingClientRect();
      const name = `${e.tagName} ${(e.innerText || e.name || e.ariaLabel || "").slice(0, 40)}`;
      if (outlineStyle === "none" || parseFloat(outlineWidth) < 2) return [false, `${name}: the focus is not seen`];
      if (r.bottom <= 0 || r.top >= innerHeight) return [false, `${name}: the focus is out of sight`];
      const bar = document.querySelector(".bar").getBoundingClientRect();
      if (!e.closest(".bar, .skip") && r.bottom <= bar.bottom) return [false, `${name}: the focus is under the bar`];
      return [false];
    });
    if (end) break;
    if (fault) faults.add(fault);
  }
  const reached = await p.evaluate(() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")].filter((e) => e.checkVisibility()).length);
  // A date is three stops or more, and a group of radio buttons one.
  if (n < reached) faults.add(`${n} stops of ${reached} elements`);
  const ordered = await p.evaluate(() => [...document.querySelectorAll("[tabindex]")].every((e) => e.tabIndex <= 0));
  if (!ordered) faults.add("a tabindex changes the order");
  return [...faults];
};

export const use = {
  async "use-keyboard"(c) {
    const p = await c.at("everything", "");
    await p.keyboard.press("Tab");
    c.check("the first stop", await focused(p), "Skip to the content");
    c.check("it is seen", await p.locator(".skip").evaluate((e) => e.getBoundingClientRect().left >= 0));
    await p.keyboard.press("Enter");
    c.check("it leads to the content", await p.evaluate(() => document.activeElement.id), "main");
    await p.keyboard.press("Tab");
    c.check("the next stop is in the content", await p.evaluate(() => document.querySelector("main").contains(document.activeElement) && document.activeElement.id !== "main"));
    await p.reload();
    c.check("the stops of Now", await stops(p), []);

    await p.goto(worlds.everything);
    await tab(p, () => document.activeElement.id === "find");
    await p.keyboard.type("AB-1001");
    await p.keyboard.press("Enter");
    await p.waitForURL("**/runs/order/AB-1001*");

    const { voice } = await pagesOf("everything");
    await p.goto(worlds.everything + voice);
    await tab(p, () => document.activeElement.name === "from");
    await p.keyboard.type("03152026"); // of an English browser: month, day, year
    await tab(p, () => document.activeElement.matches(".filter button"));
    await p.keyboard.press("Enter");
    await p.waitForURL("**/voice?*from=2026-03-15*");
    await tab(p, () => document.activeElement.tagName === "SUMMARY");
    const open = () => p.evaluate(() => document.activeElement.closest("details").open);
    const was = await open();
    await p.keyboard.press("Enter");
    c.check("a key unfolds it", [was, await open()], [false, true]);
  },

  async "use-keyboard-followup"(c) {
    const p = await c.at("moved", "voice?from=2026-03-01&until=2026-03-28");
    await tab(p, () => document.activeElement.matches("main a") && document.activeElement.href.includes("complaint/C-AB-1002"));
    await p.keyboard.press("Enter");
    await p.waitForURL("**/runs/complaint/C-AB-1002*");
    c.check("the stops of a follow-up", await stops(p), []);
    await p.locator("h1").click();
    await tab(p, () => document.activeElement.name === "move");
    const moves = await p.locator("[name=move] option").allTextContents();
    const last = moves.findIndex((m) => /confirmed/i.test(m));
    c.check("it can be confirmed", last >= 0);
    for (let i = 0; i < last; i++) await p.keyboard.press("ArrowDown");
    await tab(p, () => document.activeElement.name === "note");
    await p.keyboard.type("The customer called and is content.");
    await tab(p, () => document.activeElement.matches("button.main"));
    await p.keyboard.press("Enter");
    await p.locator("[role=status].says").waitFor();
    await act("moved/load");
    await p.getByText(/^completed on/).waitFor(); // the page hears of it by itself
    c.check("the form is gone", await p.locator("[name=move]").count(), 0);
    c.check("the story has the note", (await text(p, ".story")).includes("The customer called and is content."));
  },

  async "use-without-script"(c) {
    const all = Object.entries(await pagesOf("everything")).filter(([name]) => !["report", "not-found", "bad-address"].includes(name));
    const some = whole ? all : all.filter(([name]) => ["now", "journey", "goes-with", "voice", "complaint", "alice", "reports"].includes(name));
    const [plain, full] = [await c.open("about:blank", { javaScriptEnabled: false }), await c.open("about:blank")];
    for (const [name, path] of some) {
      const texts = [];
      for (const p of [plain, full]) {
        await p.goto(worlds.everything + path);
        texts.push(await text(p));
      }
      c.check(`${name}: the texts are equal without a script`, texts[0] === texts[1] && texts[0].length > 100);
    }
    const p = plain;
    await p.goto(worlds.moved);
    await p.locator("#find").fill("C-AB-1001");
    await p.locator("#find").press("Enter");
    await p.waitForURL("**/runs/complaint/C-AB-1001*");
    await p.locator("[name=note]").first().fill("I wrote to the customer.");
    await p.locator("button.main").first().click();
    await p.waitForURL("**done=*");
    c.check("it says so", await p.locator("[role=status].says").count(), 1);
    await act("moved/load");
    await p.reload();
    c.check("the story has it", (await text(p, ".story")).includes("I wrote to the customer."));
  },

  async "use-planted-cause"(c) {
    const p = await c.at("everything", "", phone);
    let clicks = 0;
    for (const name of [/^What goes with it$/, /broke “solved”/, /team = red/, /^T-/]) {
      await p.locator("main").getByRole("link", { name }).first().click({ timeout: 20_000 });
      await p.waitForLoadState();
      clicks++;
    }
    c.check("clicks from Now to a run with the cause, and what happened", [clicks <= 5, /T-/.test(await heading(p)), (await text(p)).includes("What happened")], [true, true, true]);
  },

  async "use-phone"(c) {
    const p = await c.at("everything", "", { viewport: { width: 360, height: 740 } });
    await p.locator("#find").fill("ab 1001"); // as one types it on the phone
    await p.locator("#find").press("Enter");
    await p.waitForURL("**/{runs,hits}**");
    if (p.url().includes("/hits")) await p.locator("main").getByRole("link", { name: "AB-1001", exact: true }).click();
    await p.waitForURL("**/runs/order/AB-1001*");
    for (const name of ["State", "Next", "What to say"]) {
      c.check(`${name} is on the first screen`, await p.getByText(name, { exact: true }).first().evaluate((e) => e.nextElementSibling.getBoundingClientRect().top < innerHeight - 20));
    }
  },

  async "use-colours-and-zoom"(c) {
    const forced = await c.at("everything", "", { forcedColors: "active" });
    c.check("states are seen in forced colours", await forced.locator(".state").evaluateAll((list) => list.filter((e) => e.checkVisibility() && getComputedStyle(e, "::before").backgroundColor === getComputedStyle(document.body).backgroundColor).length), 0);
    await c.look(forced, "everything now forced");
    const still = await c.at("everything", "", { reducedMotion: "reduce" });
    c.check("no motion", await still.locator("a").first().evaluate((e) => getComputedStyle(e).transitionDuration), "0s");
    const { journey, complaint } = await pagesOf("everything");
    for (const path of ["", journey, complaint]) {
      const zoomed = await c.at("everything", path, { viewport: { width: 640, height: 360 }, deviceScaleFactor: 2 }); // 1,280 at 200 %
      await c.look(zoomed, `everything ${path.split("?")[0] || "now"} zoomed`);
      c.check("the bar leaves most of the window", await zoomed.evaluate(() => document.querySelector(".bar").getBoundingClientRect().height < innerHeight / 4));
    }
  },

  async "use-breakdown"(c) {
    const { pay } = await pagesOf("broken");
    const small = await c.at("broken", pay, { viewport: { width: 360, height: 740 } });
    for (const name of ["State", "Next", "Began"]) c.check(`${name} is on the first screen`, await small.getByText(name, { exact: true }).first().evaluate((e) => e.nextElementSibling.getBoundingClientRect().top < innerHeight));
    await c.look(small, "broken pay 360");
    const night = await c.at("broken", pay, { viewport: { width: 1440, height: 900 }, ...dark });
    await c.look(night, "broken pay dark");
    await c.judge(night, "broken pay dark");

    const p = await c.at("broken", "");
    await tab(p, () => document.activeElement.matches("#first a") && document.activeElement.href.includes("/breakdowns/"));
    await p.keyboard.press("Enter");
    await p.waitForURL("**/breakdowns/**");
    c.check("the stops of a breakdown", await stops(p), []);
    await p.locator("h1").click();
    await tab(p, () => document.activeElement.name === "owner");
    await p.keyboard.type("payments");
    await tab(p, () => document.activeElement.matches("button.main"));
    await p.keyboard.press("Enter");
    await p.locator("[role=status].says").waitFor();
    await act("broken/load");
    await p.getByText("Confirmed, no plan yet").waitFor(); // the page hears of it by itself

    const still = await c.at("broken", pay, { javaScriptEnabled: false });
    await still.locator("[name=plan]").first().selectOption({ label: "A new change: improvement" });
    await still.locator("[name=change]").first().fill("ask the bank again");
    await still.locator("button.main").click();
    await still.waitForURL("**done=*");
    c.check("it says so", await still.locator("[role=status].says").count(), 1);
    await act("broken/load");
    await still.reload();
    c.check("the plan has a team", /Change ask the bank again Team payments/.test(await text(still, "#plan")));
    const after = await c.at("broken", pay, { viewport: { width: 768, height: 1024 } });
    await c.look(after, "broken pay planned");
    await c.judge(after, "broken pay planned");
  },

  async "use-hits"(c) {
    const p = await c.at("everything", "");
    await p.locator("#find").fill("carol");
    await p.locator("#find").press("Enter");
    await p.waitForURL("**/hits?**");
    c.check("an order and a customer", await p.locator("main table tbody tr").count(), 2);
    c.check("what was typed is in no address", p.url().includes("q="), false);
    p.expected.push("status of 404");
    await p.locator("#find").fill("no such thing");
    await p.locator("#find").press("Enter");
    await p.getByText("Nothing is found").waitFor();
    await c.look(p, "everything nothing-found");
    await p.locator("#find").fill("AB-1001"); // the page of the fault has the search, too
    await p.locator("#find").press("Enter");
    await p.waitForURL("**/runs/order/AB-1001*");
  },
};
