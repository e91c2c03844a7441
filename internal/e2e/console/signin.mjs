// Signing in and out at a provider of OpenID Connect.
import { phone, until } from "../browser/browser.mjs";
import { worlds } from "./room.mjs";

const as = async (p, user) => {
  await p.locator("[name=username]").fill(user);
  await p.locator("[name=password]").fill("right");
  await p.locator("[type=submit]").click();
};

export const signin = {
  async "signin-and-out"(c) {
    const p = await c.at("signin", "voice?last=90d");
    p.expected.push("favicon.ico"); // of the provider
    c.check("the provider asks who it is", p.url().startsWith(worlds.signin), false);
    await as(p, "ada");
    await p.waitForURL(`${worlds.signin}voice?last=90d`);
    c.check("the frame says who", await p.locator(".account").innerText().then((t) => t.includes("ada@example.com")));
    await c.look(p, "signin voice");
    await c.judge(p, "signin voice");
    const cookies = (await p.context().cookies(worlds.signin)).filter((k) => k.name.includes("cairn"));
    c.check("one cookie, which scripts do not see", cookies.map((k) => [k.httpOnly, k.sameSite]), [[true, "Lax"]]);
    c.check("no script sees it", await p.evaluate(() => document.cookie), "");
    await p.goto(worlds.signin);
    await p.getByRole("button", { name: "Sign out" }).click();
    await until(async () => !(await p.context().cookies(worlds.signin)).some((k) => k.name.includes("cairn") && k.value));
    await p.waitForURL((url) => !url.href.startsWith(worlds.signin) || url.pathname.endsWith("/signed-out")); // the provider ends its session, too
    await p.waitForLoadState("networkidle");
    for (let back = 0; back < 3; back++) {
      await p.goBack();
      c.check("the button back asks to sign in", [await p.locator("#parts").count(), await p.locator("[name=username]").count()], [0, 1]);
    }
  },

  async "signin-without-rights"(c) {
    const p = await c.at("signin", "", phone);
    p.expected.push("status of 403", "favicon.ico");
    await as(p, "eve");
    await p.locator("main.alone").waitFor();
    c.check("it says so", await p.locator("h1").textContent(), "You may not see the console.");
    await c.look(p, "signin refused");
    await c.judge(p, "signin refused");
    const forged = await c.open("about:blank");
    forged.expected.push("status of 4");
    await forged.goto(`${worlds.signin}sign-in/callback?state=forged&code=c&error=<script>alert(1)</script>`);
    c.check("a forged answer is refused", await forged.locator("main.alone").count(), 1);
    await c.look(forged, "signin forged");
    await c.judge(forged, "signin forged");
  },
};
