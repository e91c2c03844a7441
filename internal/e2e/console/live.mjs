// What a page does by itself.
import { until } from "../browser/browser.mjs";
import { act, worlds } from "./room.mjs";

// open is how many orders are open, as the page Now says it.
const open = (p) => p.locator("#running tbody tr", { has: p.getByRole("link", { name: "order", exact: true }) }).locator("td").first().textContent();
const asOf = (p) => p.locator(".asof").textContent();

export const live = {
  async "live-current"(c) {
    const p = await c.at("live", "");
    const was = Number(await open(p));
    await p.locator("#running").getByRole("link", { name: "order", exact: true }).focus();
    await p.locator("#running").evaluate((e) => { e.old = true; });
    await act("live/order?id=first");
    await until(async () => Number(await open(p)) === was + 1);
    c.check("the part was replaced", await p.locator("#running").evaluate((e) => e.old === undefined));
    c.check("the focus is where it was", await p.evaluate(() => document.activeElement.innerText), "order");
    c.check("the moment is newer", (await asOf(p)).includes("15:01"));

    // A tab in the background asks nothing, and catches up when it is seen again.
    await p.evaluate(() => {
      globalThis.away = true;
      Object.defineProperty(document, "hidden", { get: () => globalThis.away });
    });
    let asked = 0;
    p.on("request", (r) => { asked += r.resourceType() === "fetch" ? 1 : 0; });
    const other = await c.at("live", "");
    await act("live/order?id=second");
    await until(async () => Number(await open(other)) === was + 2);
    c.check("nothing is asked in the background", asked, 0);
    await p.evaluate(() => {
      globalThis.away = false;
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await until(async () => Number(await open(p)) === was + 2);
  },

  async "live-form"(c) {
    const page = "runs/complaint/C-AB-1002";
    const [p, other] = [await c.at("moved2", page), await c.at("moved2", page)];
    await p.locator("[name=move]").first().selectOption({ index: 2 });
    await p.locator("h1").click(); // the focus is not in the form
    const chosen = await p.locator("[name=move]").first().inputValue();
    const picked = await c.at("moved2", "journeys/ticket?from=2026-02-28&until=2026-03-28");
    await picked.locator("[name=way]").first().check();
    await picked.locator("h1").click();
    const typed = await c.at("moved2", page);
    await typed.locator("[name=note]").first().fill("half of a sen");
    await typed.locator("h1").click();

    await other.locator("button.main").first().click();
    await other.waitForURL("**done=*");
    await act("moved2/load");
    const story = (q) => q.locator(".story > li").count();
    const before = await story(p);
    await until(async () => (await p.locator(".story").innerText()).includes("assessed"));
    await until(async () => (await typed.locator(".story").innerText()).includes("assessed"));
    c.check("what was chosen stays", await p.locator("[name=move]").first().inputValue(), chosen);
    c.check("what was typed stays", await typed.locator("[name=note]").first().inputValue(), "half of a sen");
    const had = await picked.locator("main").innerText();
    await act("moved2/ticket");
    await until(async () => (await picked.locator("main").innerText()) !== had && (await asOf(picked)).includes("15:02"));
    c.check("what was picked stays", await picked.locator("[name=way]").first().isChecked());
    typed.expected.push("status of 409");
    await typed.locator("button.main").first().click();
    await until(async () => (await typed.locator("h1").textContent()) !== "C-AB-1002");
    c.check("a form of an earlier state is refused, and says why", (await typed.locator("main").innerText()).length > 20 && before > 0);
    await c.look(typed, "moved2 refused");
    await c.judge(typed, "moved2 refused");
  },

  async "live-cut"(c) {
    const p = await c.at("cut", "");
    p.expected.push("ERR_", "status of 502");
    const was = Number(await open(p));
    for (const [n, status] of [[1, ""], [2, "502"]]) { // the connection, or a proxy without the server
      const answered = status && p.waitForResponse((r) => r.status() === Number(status) && r.url().includes("/live"));
      await act(`cut/cut?status=${status}`);
      await answered;
      await until(async () => (await asOf(p)).includes("not connected"));
      await act(`cut/order?id=order-${n}`);
      await act("cut/mend");
      await until(async () => Number(await open(p)) === was + n);
      await until(async () => !(await asOf(p)).includes("not connected"));
    }
    await c.judge(p, "cut now");
    const gone = await c.at("cut", "");
    await gone.goto(worlds.empty);
    await gone.goBack();
    await act("cut/order?id=order-3");
    await until(async () => Number(await open(gone)) === was + 3); // a page that came back keeps itself current
  },
};
