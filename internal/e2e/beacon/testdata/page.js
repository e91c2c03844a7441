// What the buttons of the page do. The security policy allows nothing inline.
const out = document.querySelector("output");
const act = {
  works: () => { out.textContent += "."; },
  slow: async () => { out.textContent = await (await fetch("/slow")).text(); },
  quiet: () => { fetch("/slow"); },
  broken: () => { throw new Error("boom"); },
  rejects: () => { Promise.reject(new Error("boom")); },
  late: () => { out.textContent = "soon"; setTimeout(() => { throw new Error("boom"); }, 600); },
  focuses: () => { document.querySelector("input").focus(); },
  next: () => {
    history.pushState(null, "", "/next");
    document.body.dataset.cairnPage = "payment page";
  },
};
addEventListener("popstate", () => { // also of a link to nowhere, which changes nothing
  const name = location.pathname === "/next" ? "payment page" : "cart page";
  if (document.body.dataset.cairnPage !== name) document.body.dataset.cairnPage = name;
});
for (const [id, f] of Object.entries(act)) document.getElementById(id)?.addEventListener("click", f);
document.getElementById("script-form")?.addEventListener("submit", (e) => e.preventDefault());
globalThis.ready = true;
