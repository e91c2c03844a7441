// The page of a signed link.
import { dark, origin, phone } from "./browser.mjs";
import { ask, drop, recorded } from "./shop.mjs";

const send = (p) => p.getByRole("button", { name: "Send" });
const heading = (p) => p.getByRole("heading", { level: 1 });

export const page = {
  async "page-mouse"(c) {
    const { token, path } = await ask("delivery");
    const p = await c.open(`${path}?score=2`);
    await c.rules(p, "asked");
    c.check("the score of the link is chosen", await p.getByRole("radio", { name: "2" }).isChecked());
    c.check("nothing but that it was shown", await recorded(token), ["survey.shown"]);
    await p.getByRole("radio", { name: "4" }).check();
    await p.getByRole("checkbox", { name: "late" }).check();
    await p.getByRole("textbox").fill("Came on Tuesday.");
    await p.getByRole("checkbox", { name: "You may publish" }).check();
    await c.rules(p, "filled");
    await send(p).click();
    c.check("the answer", await heading(p).textContent(), "Thank you");
    await c.rules(p, "thanks");
    c.check("recorded", await recorded(token), ["survey.shown", "feedback.received 4 [late] Came on Tuesday. testimonial"]);
    await p.reload(); // sends the form again
    c.check("one response", (await recorded(token)).length, 2);
  },

  async "page-keyboard"(c) {
    const { token, path } = await ask("delivery");
    const p = await c.open(path);
    const focus = () => p.evaluate(() => document.activeElement.name || document.activeElement.textContent);
    await p.keyboard.press("Tab");
    c.check("first stop", await focus(), "score");
    c.check("the focus is seen", await p.evaluate(() => getComputedStyle(document.activeElement.nextElementSibling).outlineStyle), "solid");
    await p.keyboard.press("Space");
    for (let i = 0; i < 2; i++) await p.keyboard.press("ArrowRight");
    const stops = [];
    for (let i = 0; i < 6; i++) {
      await p.keyboard.press("Tab");
      stops.push(await focus());
      if (stops.at(-1) === "comment") await p.keyboard.type("by hand");
      if (stops.at(-1) === "Send") break;
    }
    c.check("the way through the form", stops, ["causes", "causes", "comment", "testimonial", "Send"]);
    await c.rules(p, "focus");
    await p.keyboard.press("Enter");
    await p.waitForURL("**/r/*");
    await heading(p).getByText("Thank you").waitFor();
    c.check("recorded", (await recorded(token)).at(-1), "feedback.received 3 [] by hand");
  },

  async "page-amend"(c) {
    const { token, path } = await ask("delivery");
    const p = await c.open(path);
    await p.getByRole("radio", { name: "1" }).check();
    await send(p).click();
    await p.getByRole("link", { name: "Change my answer" }).click();
    c.check("the earlier score is chosen", await p.getByRole("radio", { name: "1" }).isChecked());
    await c.rules(p, "again");
    await p.getByRole("radio", { name: "5" }).check();
    await p.getByRole("textbox").fill("They called back.");
    await p.getByRole("button", { name: "Change my answer" }).click();
    c.check("said", await p.getByText("changed").count(), 1);
    await c.rules(p, "changed");
    c.check("recorded", await recorded(token), ["survey.shown", "feedback.received 1 []", "feedback.amended 5 [] They called back."]);
  },

  async "page-dismissed"(c) {
    const { token, path } = await ask("delivery");
    const p = await c.open(path);
    await p.getByRole("button", { name: "I do not want to answer" }).click();
    c.check("said", await heading(p).textContent(), "All right");
    await c.rules(p, "dismissed");
    c.check("recorded", (await recorded(token)).at(-1), "survey.closed dismissed");
    p.expected.push("status of 4"); // Chromium logs the status of a page that is refused
    await p.goto(origin + path);
    c.check("afterwards", await heading(p).textContent(), "This question is closed");
    await c.rules(p, "closed");
  },

  async "page-refused"(c) {
    const expired = await ask("delivery", "expired=1");
    const { path } = await ask("delivery");
    for (const [state, at, says] of [["expired", expired.path, "This link has expired"], ["forged", `${path}A`, "This link does not work"]]) {
      const p = await c.open("/host", { ...phone, ...dark });
      p.expected.push("status of 4");
      await p.goto(origin + at);
      c.check(state, await heading(p).textContent(), says);
      c.check("no form", await p.locator("form").count(), 0);
      await c.rules(p, state);
    }
    c.check("recorded", await recorded(expired.token), []);
  },

  async "page-without-script"(c) {
    const { token, path } = await ask("recommend");
    const p = await c.open("/host", { javaScriptEnabled: false, ...phone });
    p.expected.push("status of 4");
    await p.goto(origin + path);
    await p.getByRole("textbox").fill("Do not lose this.");
    await send(p).click();
    c.check("the title says it", (await p.title()).startsWith("Error"));
    c.check("what was written stays", await p.getByRole("textbox").inputValue(), "Do not lose this.");
    await p.getByRole("alert").getByRole("link").click();
    c.check("the link leads to the question", await p.evaluate(() => document.activeElement.id), "first");
    await p.getByRole("radio", { name: "10" }).check();
    await send(p).click();
    c.check("said", await heading(p).textContent(), "Thank you");
    c.check("recorded: nothing was shown by a script", await recorded(token), ["feedback.received 10 [] Do not lose this."]);
  },

  async "page-mistake"(c) {
    const { path } = await ask("recommend");
    const p = await c.open("/host", phone);
    p.expected.push("status of 4");
    await p.goto(origin + path);
    await send(p).click();
    await c.rules(p, "mistake");
    const described = p.getByRole("group", { name: "How likely" });
    c.check("the question says what is wrong", await described.evaluate((e) => document.getElementById(e.getAttribute("aria-describedby")).textContent), "Choose an answer");
  },

  async "page-not-taken"(c) {
    const { path } = await ask("delivery");
    const p = await c.open("/host", phone);
    p.expected.push("status of 4");
    await p.goto(origin + path);
    await p.getByRole("radio", { name: "3" }).check();
    const text = "x".repeat(9000); // a browser without the bound of the field sends it
    await p.getByRole("textbox").evaluate((e, text) => (e.value = text), text);
    await send(p).click();
    c.check("it says what is wrong", await p.getByRole("alert").getByRole("heading").textContent(), "Your text is too long");
    await c.rules(p, "not-taken");
    c.check("the score is kept", await p.getByRole("radio", { name: "3" }).isChecked());
    c.check("the comment is kept", await p.getByRole("textbox").inputValue(), text);
  },

  async "page-right-to-left"(c) {
    const { token, path } = await ask("recommend", "lang=ar");
    const p = await c.open(path, phone);
    c.check("direction", await p.evaluate(() => getComputedStyle(document.querySelector("form")).direction), "rtl");
    c.check("1 is left of 0", (await p.locator("[value='1']").boundingBox()).x < (await p.locator("[value='0']").boundingBox()).x);
    await p.locator("[value='0']").focus();
    await p.keyboard.press("ArrowLeft");
    await c.rules(p, "arabic");
    await p.locator("[type=submit]").first().click();
    await p.locator("h1").waitFor();
    c.check("recorded", (await recorded(token)).at(-1).startsWith("feedback.received"));
  },

  async "page-scales"(c) {
    for (const survey of process.env.CAIRN_WHOLE ? ["recommend", "ease", "rating", "helpful", "delivery"] : ["rating", "helpful"]) {
      const { path } = await ask(survey, "lang=de");
      const p = await c.open(path, dark);
      await p.getByRole("radio").last().check();
      await c.rules(p, `${survey}-wide`);
      await p.setViewportSize(phone.viewport);
      await p.emulateMedia({ colorScheme: "light" });
      await c.rules(p, `${survey}-phone`);
    }
  },

  async "page-colours-and-zoom"(c) {
    const { path } = await ask("rating");
    const forced = await c.open(path, { forcedColors: "active" });
    await forced.getByRole("radio", { name: "4" }).check();
    const colour = (p, n) => p.locator(`[value='${n}'] + span`).evaluate((e) => getComputedStyle(e).backgroundColor);
    c.check("in forced colours the chosen score differs", (await colour(forced, 4)) !== (await colour(forced, 3)));
    await c.rules(forced, "forced", ["color-contrast"]); // the colours are those of the system
    const still = await c.open(path, { reducedMotion: "reduce" });
    c.check("no motion", await still.locator(".points span").first().evaluate((e) => getComputedStyle(e).transitionDuration), "0s");
    const moving = await c.open(path, { reducedMotion: "no-preference" });
    c.check("motion", await moving.locator(".points span").first().evaluate((e) => getComputedStyle(e).transitionDuration) !== "0s");
    const zoomed = await c.open(path, { viewport: { width: 640, height: 360 }, deviceScaleFactor: 2 }); // 1280 at 200 %
    await c.rules(zoomed, "zoomed");
    const large = await c.open(path, phone);
    await large.evaluate(() => { document.documentElement.style.fontSize = "200%"; }); // text alone
    c.check("the text is large", await large.locator("p").first().evaluate((e) => getComputedStyle(e).fontSize), "32px");
    await c.rules(large, "large-text");
  },

  async "page-hostile"(c) {
    const { token, path } = await ask("hostile");
    const p = await c.open("/host", phone);
    p.expected.push("status of 4");
    await p.goto(`${origin}${path}?score="><script>alert(1)</script>&lang="><img src=x onerror=alert(2)>`);
    const hostile = `"><img src=x onerror=alert(3)><script>alert(4)</script>{{.}}`;
    c.check("the question is text", (await p.getByRole("group").first().textContent()).includes("<script>alert"));
    c.check("no element came from a text", await p.locator("img, script:not([src]), b, iframe, svg").count(), 0);
    await p.getByRole("textbox").fill(`</textarea>${hostile}`);
    await send(p).click(); // without a score, so that the page shows the comment again
    c.check("the comment is text", await p.getByRole("textbox").inputValue(), `</textarea>${hostile}`);
    c.check("no element came from the comment", await p.locator("img, script:not([src]), b, iframe, svg").count(), 0);
    await c.rules(p, "hostile");
    await p.getByRole("radio").first().check();
    await send(p).click();
    c.check("recorded as it was written", (await recorded(token)).at(-1), `feedback.received 1 [] </textarea>${hostile}`);
  },

  async "page-cut"(c) {
    const { token, path } = await ask("delivery");
    const p = await c.open(path);
    p.expected.push("Failed to load", "ERR_");
    await p.getByRole("radio", { name: "3" }).check();
    await drop(path, ...Array(9).fill("after")); // Chromium sends it more than once by itself
    const failed = p.waitForEvent("requestfailed");
    await send(p).click({ noWaitAfter: true });
    await failed;
    await drop(path);
    const again = await c.open(path); // the customer opens the link once more
    c.check("the earlier score is chosen", await again.getByRole("radio", { name: "3" }).isChecked());
    await again.getByRole("button", { name: "Change my answer" }).click();
    await heading(again).getByText("Thank you").waitFor();
    c.check("one response", (await recorded(token)).filter((r) => r.startsWith("feedback.")), ["feedback.received 3 []"]);
  },
};
