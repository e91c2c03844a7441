// <cairn-feedback token="…"> or survey="…" asks a question and sends the answer. Without it, its content stays.

const css = new CSSStyleSheet();
css.replaceSync(`
:host {
  --card: light-dark(#ffffff, #1b1e24); --text: light-dark(#15181d, #eef0f3); --soft: light-dark(#515a66, #adb5c0);
  --line: light-dark(#79828f, #868f9c); --faint: light-dark(#dde1e7, #333943); --accent: light-dark(#1d5bbf, #8ab6ff);
  --on-accent: light-dark(#ffffff, #0a1c38); --tint: light-dark(#e9f0fb, #22304a); --wrong: light-dark(#b3261e, #ffb3ab);
  display: block; inline-size: 100%; max-inline-size: 38rem; line-height: 1.5;
}
:host([hidden]), [hidden] { display: none !important }
* { box-sizing: border-box; margin: 0; padding: 0; border: 0; font: inherit; color: inherit }
section { container-type: inline-size; padding: 1.25rem 1rem; border: 1px solid var(--faint); border-radius: .75rem; background: var(--card); color: var(--text); overflow-wrap: anywhere }
fieldset { min-inline-size: 0 }
legend, b, .field, button, .points { font-weight: 600 }
legend { margin-block-end: .75rem }
#said { font-size: 1.125em; line-height: 1.35 }
small, .ends { font-weight: 400; font-size: .875em; color: var(--soft) }
.more > *, .buttons { margin-block-start: 1.25rem }
.points { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: .375rem }
.of11 { grid-auto-flow: row; grid-template-columns: repeat(6, 1fr) }
label { position: relative }
.points *, .choices label, .more > label { display: flex; align-items: center; cursor: pointer }
.points input { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; opacity: 0; cursor: pointer }
.points span { flex: 1; flex-direction: column; justify-content: center; min-block-size: 2.75rem; border-radius: .5rem; line-height: 1.1; text-align: center }
.points span, .choices label, textarea, button { border: 2px solid var(--line) }
.points :hover + span, .choices :hover, .choices :has(:checked) { border-color: var(--accent); background: var(--tint) }
.points :checked + span, button { border-color: var(--accent); background: var(--accent); color: var(--on-accent) }
.stars span::before { content: "☆"; font-size: min(1.75rem, 9cqi); line-height: 1; color: var(--accent) }
.stars :checked + span::before { color: inherit }
.stars :has(~ label :checked) span::before, .stars :checked + span::before { content: "★" }
.ends { display: flex; justify-content: space-between; gap: 1rem; margin-block-start: .375rem }
.ends :last-child { text-align: end }
.choices, .buttons { display: flex; flex-wrap: wrap; gap: .5rem }
.buttons { column-gap: 1.25rem }
.choices label { min-block-size: 2.5rem; padding: .25rem .875rem; border-radius: 1.25rem }
[type=checkbox] { flex: none; inline-size: 1.5rem; block-size: 1.5rem; margin-inline-end: .5rem; accent-color: var(--accent) }
textarea { display: block; inline-size: 100%; min-block-size: 5.5rem; margin-block-start: .375rem; padding: .5rem .75rem; border-radius: .5rem; background: none; resize: vertical }
button { min-block-size: 2.75rem; padding: .375rem 1.25rem; border-radius: .5rem; cursor: pointer }
.quiet { padding-inline: 0; border-color: transparent; background: none; color: var(--accent) }
[aria-disabled] { opacity: .75 }
.error { margin-block-start: .75rem; color: var(--wrong); font-weight: 600 }
.points :focus-visible + span, .choices :has(:focus-visible), :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.choices input { outline: 0 }
@container (max-width: 12em) { .points { grid-auto-flow: row; grid-template-columns: repeat(3, 1fr) } }
@container (min-width: 32rem) { .of11 { grid-template-columns: repeat(11, 1fr) } }
@media (forced-colors: active) { .points :checked + span { forced-color-adjust: none; background: Highlight; color: HighlightText } }
`);

const type = "application/json";
const home = import.meta.url.replace(/\/[^/]*$/, "");

// make returns an element. Strings become text nodes, never markup.
const make = (tag, props, ...children) => {
  const node = document.createElement(tag);
  for (const key in props) key.includes("-") ? node.setAttribute(key, props[key]) : (node[key] = props[key]);
  node.append(...children);
  return node;
};

class CairnFeedback extends HTMLElement {
  #root = this.attachShadow({ mode: "open" });
  #path; #token; #answered; #survey; #card; #form; #error; #send; #loaded;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [css];
    this.#root.append(make("slot"));
  }

  connectedCallback() {
    this.#loaded ??= this.#load();
  }

  #tell(what, detail) {
    this.dispatchEvent(new CustomEvent(`cairn-${what}`, { bubbles: true, detail }));
  }

  #fetch(what, options) {
    return fetch(`${this.getAttribute("base") || home}/${this.#path}${what}`, { signal: AbortSignal.timeout(2e4), ...options });
  }

  async #load() {
    const token = this.getAttribute("token");
    const lang = this.closest("[lang]")?.lang || navigator.language;
    this.#path = token ? `r/${encodeURIComponent(token)}` : `surveys/${encodeURIComponent(this.getAttribute("survey"))}`;
    try {
      const reply = await this.#fetch(`?lang=${encodeURIComponent(lang)}`, { headers: { accept: type } });
      this.#survey = await reply.json();
      if (!reply.ok) throw this.#survey.error.code;
    } catch (err) {
      console.warn("cairn-feedback: not loaded:", err);
      this.hidden = !!this.#survey; // the handler has refused
      return this.#tell("failed", { code: String(err) });
    }
    const { texts, answered } = this.#survey;
    if (answered) return this.#close("closed");
    this.#token = !!token;
    this.#card = make("section", { lang: texts.language, dir: texts.dir, "aria-labelledby": "said" });
    this.#ask();
    this.#root.replaceChildren(this.#card);
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((e) => e.isIntersecting)) return;
      seen.disconnect();
      this.#became("shown");
    }, { threshold: 0.5 });
    seen.observe(this.#form.firstChild);
  }

  #became(what) {
    if (this.#token && what !== "closed") this.#fetch(`/${what}`, { method: "POST", keepalive: true }).catch(() => {});
    this.#tell(what);
  }

  #ask() {
    const { question, language, scale: { kind, min, max, low, high }, choices, consent, texts } = this.#survey;
    const small = (text) => make("small", {}, text);
    const box = (props, text) => make("label", {}, make("input", { type: "checkbox", ...props }), make("span", { dir: "auto" }, text));
    const more = make("div", { className: "more", hidden: true });
    const points = [];
    for (let value = min; value <= max; value++) {
      const words = { [min]: low, [max]: high }[value];
      const face = max > 1 ? value : words;
      points.push(make("label", {}, make("input", {
        type: "radio", name: "score", value, "aria-describedby": "error", "aria-label": words && max > 1 ? `${face}, ${words}` : face,
        onchange: () => { more.hidden = false; this.#error.textContent = ""; },
      }), make("span", { "aria-hidden": true }, face)));
    }
    if (choices?.length) {
      more.append(make("fieldset", {}, make("legend", {}, texts.causes, " ", small(texts.optional)),
        make("div", { className: "choices" }, ...choices.map((c) => box({ name: "causes", value: c.name }, c.text)))));
    }
    more.append(make("div", {}, make("label", { className: "field", htmlFor: "comment" }, texts.comment, " ", small(texts.optional)),
      make("p", { id: "hint" }, small(texts.hint)),
      make("textarea", { id: "comment", name: "comment", maxLength: 2000, dir: "auto", "aria-describedby": "hint" })));
    if (consent) more.append(box({ name: "testimonial" }, consent.text));
    this.#error = make("p", { className: "error", id: "error", role: "alert" });
    this.#send = make("button", {}, texts.send);
    this.#form = make("form", { noValidate: true, onsubmit: (e) => { e.preventDefault(); this.#submit(); } },
      make("fieldset", {}, make("legend", { id: "said", lang: language, dir: "auto" }, question),
        make("div", { className: `points ${kind} of${points.length}` }, ...points),
        make("p", { className: "ends", hidden: max < 2, "aria-hidden": true }, make("span", {}, low), make("span", {}, high))),
      more, this.#error, make("div", { className: "buttons" }, this.#send, this.#quiet(texts.no, () => this.#close(this.#answered ? "closed" : "dismissed"))));
    this.#card.append(this.#form);
  }

  #quiet(text, onclick) {
    return make("button", { type: "button", className: "quiet", onclick }, text);
  }

  async #submit() {
    const { language, version, consent, texts } = this.#survey;
    const send = this.#send;
    const data = new FormData(this.#form);
    const score = data.get("score");
    if (send.ariaDisabled) return;
    if (!score) {
      this.#error.textContent = texts.choose;
      return this.#form.score[0].focus();
    }
    this.#error.textContent = "";
    send.ariaDisabled = "true";
    const code = await this.#deliver(JSON.stringify({
      score: +score, comment: data.get("comment"), causes: data.getAll("causes"), language, version, testimonial: data.has("testimonial"), consent: consent?.version,
    }));
    send.ariaDisabled = null;
    if (code) {
      this.#tell("failed", { code });
      if (/expired|closed|forged/.test(code)) return this.#end(texts[code]);
      return this.#error.textContent = texts[code] ?? texts.failed;
    }
    this.#tell("answered", { score: +score });
    this.#answered = true;
    send.textContent = texts.change;
    send.nextSibling.textContent = texts.close;
    this.#end(texts.thanks, this.#token && this.#quiet(texts.change, () => {
      this.#card.replaceChildren(this.#form);
      this.#form.querySelector(":checked").focus();
    }));
  }

  // Returns the code of an error. It sends again only with a token: then it is one answer.
  async #deliver(body) {
    for (let wait = 1000; ; wait *= 3) {
      try {
        const reply = await this.#fetch("", { method: "POST", keepalive: true, headers: { accept: type, "content-type": type }, body });
        if (reply.ok) return;
        if (reply.status < 500 && reply.status !== 429) return (await reply.json()).error.code;
      } catch {}
      if (!this.#token || wait > 9000) return "unavailable";
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  // The focus moves to the text, so that screen readers read it.
  #end(text, button = "") {
    const said = make("b", { id: "said", tabIndex: -1 }, text);
    this.#card.replaceChildren(said, make("div", { className: "buttons" }, button, this.#quiet(this.#survey.texts.close, () => this.#close("closed"))));
    said.focus();
  }

  #close(what) {
    this.hidden = true;
    this.#became(what);
  }
}

customElements.get("cairn-feedback") ?? customElements.define("cairn-feedback", CairnFeedback);
