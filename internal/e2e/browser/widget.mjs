// The widget in a page of an application, whose security policy allows neither inline scripts nor inline styles.
import { dark, elsewhere, origin, phone, until } from "./browser.mjs";
import { ask, drop, recorded } from "./shop.mjs";

// host returns the path of an application's page with the widget.
const host = (attributes, query = "") => `/host?${new URLSearchParams(attributes)}${query}`;

const send = (p) => p.getByRole("button", { name: "Send" });
const radio = (p, name) => p.getByRole("radio", { name });

// told returns the widget's events so far.
const told = (p) => p.evaluate(() => globalThis.told);

// eventually waits until what is recorded of the request ends with the line.
const eventually = async (token, line) => {
  let lines = [];
  await until(async () => (lines = await recorded(token)).at(-1)?.startsWith(line));
  return lines;
};

export const widget = {
  async "widget-mouse"(c) {
    const { token } = await ask("recommend");
    const p = await c.open(host({ token }));
    await radio(p, "10, Extremely likely").waitFor();
    await c.rules(p, "asked");
    c.check("nothing more is asked yet", await p.getByRole("textbox").isVisible(), false);
    await radio(p, "9").check();
    await p.getByRole("checkbox", { name: "price" }).check();
    await p.getByRole("textbox").fill("Fine.");
    await c.rules(p, "filled");
    await send(p).click();
    await p.getByText("Thank you").waitFor();
    c.check("the focus is at the text", await p.evaluate(() => document.activeElement.shadowRoot.activeElement.textContent.startsWith("Thank you")));
    await c.rules(p, "thanks");
    c.check("recorded", await recorded(token), ["survey.shown", "feedback.received 9 [price] Fine."]);
    await p.getByRole("button", { name: "Change my answer" }).click();
    c.check("no more a way to refuse", await p.getByRole("button", { name: "I do not want to answer" }).count(), 0);
    c.check("the focus is at the answer", await radio(p, "9").evaluate((e) => e.getRootNode().activeElement === e));
    await radio(p, "8").check();
    await p.getByRole("button", { name: "Change my answer" }).click();
    await p.getByText("Thank you").waitFor();
    c.check("amended", (await recorded(token)).slice(2), ["feedback.amended 8 [price] Fine."]);
    await p.getByRole("button", { name: "Close" }).click();
    c.check("closed", await p.locator("cairn-feedback").isVisible(), false);
    c.check("told", await told(p), ["shown", "answered 9", "answered 8", "closed"]);
  },

  async "widget-keyboard"(c) {
    const { token } = await ask("delivery");
    const p = await c.open(host({ token }));
    await radio(p, "1").waitFor();
    const focus = () => p.evaluate(() => {
      const e = document.activeElement.shadowRoot?.activeElement ?? document.activeElement;
      return e.name || e.textContent;
    });
    await p.locator("#before").focus();
    await p.keyboard.press("Tab");
    c.check("first stop", await focus(), "score");
    await p.keyboard.press("Enter"); // sends the form without a score
    c.check("the mistake is said", await p.getByRole("alert").textContent(), "Choose an answer");
    c.check("and tied to the answers", await radio(p, "1").evaluate((e) => e.getRootNode().getElementById(e.getAttribute("aria-describedby")).textContent), "Choose an answer");
    await c.rules(p, "mistake");
    await p.keyboard.press("Space");
    await p.keyboard.press("ArrowRight");
    c.check("the mistake is gone", await p.getByRole("alert").textContent(), "");
    c.check("the focus is seen", await radio(p, "2").evaluate((e) => getComputedStyle(e.nextElementSibling).outlineStyle), "solid");
    await c.rules(p, "focus");
    const stops = [];
    for (let i = 0; i < 6 && stops.at(-1) !== "Send"; i++) {
      await p.keyboard.press("Tab");
      stops.push(await focus());
      if (stops.at(-1) === "testimonial") await p.keyboard.press("Space");
    }
    c.check("the way through the form", stops, ["causes", "causes", "comment", "testimonial", "Send"]);
    await p.keyboard.press("Enter");
    await p.getByText("Thank you").waitFor();
    c.check("recorded", (await recorded(token)).at(-1), "feedback.received 2 [] testimonial");
  },

  async "widget-shown-when-seen"(c) {
    const { token } = await ask("delivery");
    const p = await c.open(host({ token, below: 1 }));
    await p.waitForFunction(() => document.querySelector("cairn-feedback").shadowRoot?.querySelector("form"));
    await p.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    c.check("below the window it was not shown", await recorded(token), []);
    await p.locator("cairn-feedback").scrollIntoViewIfNeeded();
    c.check("once", await eventually(token, "survey.shown"), ["survey.shown"]);
  },

  async "widget-dismissed"(c) {
    const { token } = await ask("delivery");
    const p = await c.open(host({ token }), { ...phone, ...dark });
    await p.getByRole("button", { name: "I do not want to answer" }).click();
    await eventually(token, "survey.closed dismissed");
    c.check("told", (await told(p)).at(-1), "dismissed");
    p.expected.push("status of 4", "not loaded");
    await p.reload();
    await p.waitForFunction(() => globalThis.told.length);
    c.check("a request that is over is not shown again", await p.locator("cairn-feedback").isVisible(), false);
    c.check("told why", await told(p), ["failed closed"]);
  },

  async "widget-bad-network"(c) {
    const { token, path } = await ask("delivery");
    const p = await c.open(host({ token }));
    p.expected.push("ERR_");
    await p.clock.install();
    await radio(p, "4").check();
    await eventually(token, "survey.shown");
    await drop(path, "before", "after"); // the second time the handler has it, and the browser does not know
    const sends = [];
    p.on("request", (r) => { if (r.method() === "POST") sends.push(r.url()); });
    await send(p).click();
    await p.keyboard.press("Enter"); // an impatient customer
    await until(async () => { await p.clock.runFor(1000); return p.getByText("Thank you").count(); });
    c.check("it was sent three times", sends.length, 3);
    c.check("one response", await recorded(token), ["survey.shown", "feedback.received 4 []"]);
    c.check("told", await told(p), ["shown", "answered 4"]);
  },

  async "widget-no-network"(c) {
    const { token, path } = await ask("delivery");
    const p = await c.open(host({ token }));
    p.expected.push("ERR_");
    await p.clock.install();
    await radio(p, "4").check();
    await p.getByRole("textbox").fill("Do not lose this.");
    await drop(path, "before", "before", "before", "before");
    await send(p).click();
    await until(async () => { await p.clock.runFor(1000); return p.getByRole("alert").textContent(); });
    await c.rules(p, "failed");
    c.check("what was written stays", await p.getByRole("textbox").inputValue(), "Do not lose this.");
    await send(p).click();
    await p.getByText("Thank you").waitFor();
    c.check("recorded", (await recorded(token)).at(-1), "feedback.received 4 [] Do not lose this.");
  },

  async "widget-refused"(c) {
    const { token } = await ask("delivery", "expired=1");
    const p = await c.open("/host");
    p.expected.push("status of 4", "not loaded");
    await p.goto(origin + host({ token }));
    await p.waitForFunction(() => globalThis.told.length);
    c.check("told", await told(p), ["failed expired"]);
    c.check("hidden", await p.locator("cairn-feedback").isVisible(), false);

    const open = await ask("delivery");
    await p.goto(origin + host({ token: open.token }));
    await radio(p, "2").check();
    await fetch(`${origin}${open.path}/dismissed`, { method: "POST" }); // in another window
    await send(p).click();
    await p.getByText("closed").waitFor();
    c.check("no way back", await p.locator("cairn-feedback").getByRole("button").allTextContents(), ["Close"]);
    await c.rules(p, "closed");
  },

  async "widget-fallback"(c) {
    const { path } = await ask("delivery");
    const p = await c.open("/host");
    p.expected.push("status of", "not loaded", "ERR_");
    await p.goto(origin + host({ token: "x", base: "/nowhere", link: path }));
    await p.waitForFunction(() => globalThis.told.length);
    c.check("its content stays", await p.getByRole("link", { name: "Tell us" }).isVisible());
    const plain = await c.open(host({ token: "x", link: path }), { javaScriptEnabled: false });
    await plain.getByRole("link", { name: "Tell us" }).click();
    c.check("which leads to the page", await plain.locator("form").count(), 1);
  },

  async "widget-unsolicited"(c) {
    const p = await c.open(host({ survey: "helpful" }));
    await radio(p, "Yes").check();
    await c.rules(p, "thumbs");
    await send(p).click();
    await p.getByText("Thank you").waitFor();
    c.check("it cannot be changed", await p.locator("cairn-feedback").getByRole("button").allTextContents(), ["Close"]);
    c.check("recorded", (await recorded("")).filter((l) => l.includes("helpful")), ["helpful: feedback.received 1 []"]);
  },

  async "widget-languages"(c) {
    const { token } = await ask("recommend");
    const p = await c.open(host({ token, lang: "ar" }), { ...phone, ...dark });
    await p.getByRole("radio").first().check();
    c.check("1 is left of 0", (await p.getByRole("radio").nth(1).boundingBox()).x < (await p.getByRole("radio").nth(0).boundingBox()).x);
    await c.rules(p, "arabic");
    for (const survey of ["ease", "rating"]) {
      const german = await c.open(host({ token: (await ask(survey)).token, lang: "de" }), phone);
      await radio(german, "4").check();
      await c.rules(german, `${survey}-german`);
      await german.evaluate(() => { document.documentElement.style.fontSize = "200%"; });
      await c.rules(german, `${survey}-large-text`);
    }
  },

  async "widget-colours"(c) {
    const { token } = await ask("rating");
    const colour = (p) => p.locator("section").evaluate((e) => getComputedStyle(e).backgroundColor);
    const light = await c.open(host({ token, scheme: "light" }), dark);
    c.check("a page that is light only stays light", await colour(light), "rgb(255, 255, 255)");
    const both = await c.open(host({ token }), dark);
    c.check("a page that can be dark is dark", await colour(both), "rgb(27, 30, 36)");
    const forced = await c.open(host({ token }), { forcedColors: "active" });
    await radio(forced, "4").check();
    const face = (n) => radio(forced, n).evaluate((e) => getComputedStyle(e.nextElementSibling).backgroundColor);
    c.check("in forced colours the chosen score differs", (await face("4")) !== (await face("3")));
    await c.rules(forced, "forced", ["color-contrast"]); // the colours are those of the system
  },

  async "widget-hostile"(c) {
    const { token } = await ask("hostile");
    const p = await c.open(host({ token }), phone);
    await p.getByRole("radio").last().check();
    c.check("the question is text", (await p.getByRole("group").first().textContent()).includes("<script>alert"));
    c.check("the choice is text", (await p.getByRole("group").nth(1).textContent()).includes("<img"));
    c.check("no element came from a text", await p.locator("cairn-feedback img, cairn-feedback script, cairn-feedback iframe").count(), 0);
    await c.rules(p, "hostile");
    await p.evaluate(() => { // an address that leaves the handler's
      const w = document.createElement("cairn-feedback");
      w.setAttribute("survey", "../../host?");
      document.body.append(w);
    });
    p.expected.push("status of 4", "not loaded");
    await p.waitForFunction(() => globalThis.told.some((t) => t.startsWith("failed")));
  },

  async "widget-on-another-origin"(c) {
    const { token } = await ask("delivery");
    const p = await c.open(elsewhere + host({ token, base: `${origin}/feedback`, script: `${origin}/feedback/widget.js` }));
    await radio(p, "5").check();
    await send(p).click();
    await p.getByText("Thank you").waitFor();
    c.check("recorded", await recorded(token), ["survey.shown", "feedback.received 5 []"]);
  },
};
