// <cairn-feedback survey="checkout" token="…" base="/feedback" lang="de">What you think</cairn-feedback>
//
// Asks the question of a survey and sends the answer. Its content is what browsers without script show, and what stays if the survey
// cannot be loaded: link to the page of the same token. Attributes: survey is the survey's name; token that of a signed link, without
// which the answer is unsolicited; base the address of the handler, by default that of this file; lang the language, by default that of
// the page. It tells what happens by the events cairn-shown, cairn-answered, cairn-dismissed and cairn-failed.

const css = new CSSStyleSheet();
css.replaceSync(`
:host {
  display: block; box-sizing: border-box; inline-size: 100%; max-inline-size: 38rem; line-height: 1.5;
  --card: var(--cairn-card, light-dark(#ffffff, #1b1e24)); --text: var(--cairn-text, light-dark(#15181d, #eef0f3));
  --soft: var(--cairn-soft, light-dark(#515a66, #adb5c0)); --line: var(--cairn-line, light-dark(#79828f, #868f9c));
  --faint: light-dark(#dde1e7, #333943); --accent: var(--cairn-accent, light-dark(#1d5bbf, #8ab6ff));
  --on-accent: var(--cairn-on-accent, light-dark(#ffffff, #0a1c38)); --tint: var(--cairn-tint, light-dark(#e9f0fb, #22304a));
  --wrong: light-dark(#b3261e, #ffb3ab);
}
:host([hidden]), [hidden] { display: none !important }
* { box-sizing: border-box; margin: 0; font: inherit; color: inherit }
section { container-type: inline-size; padding: 1.25rem; border: 1px solid var(--faint); border-radius: .75rem; background: var(--card); color: var(--text); overflow-wrap: anywhere }
fieldset { padding: 0; border: 0; min-inline-size: 0 }
legend, b, .field { padding: 0; font-weight: 600 }
legend { margin-block-end: .75rem }
.question, b { font-size: 1.125em; line-height: 1.35 }
small { font-weight: 400; color: var(--soft) }
.more > *, .buttons { margin-block-start: 1.25rem }
.points { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: .375rem }
.points label, .choices label { position: relative; display: block; cursor: pointer }
.points input { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; opacity: 0; cursor: pointer }
.points span { display: flex; flex-direction: column; align-items: center; justify-content: center; min-block-size: 2.75rem; padding: .25rem; border-radius: .5rem; background: var(--card); font-weight: 600; line-height: 1.1; text-align: center }
.points span, .choices label, textarea { border: 2px solid var(--line) }
.points input:hover + span, .choices label:hover, .choices :has(:checked) { border-color: var(--accent); background: var(--tint) }
.points input:checked + span { border-color: var(--accent); background: var(--accent); color: var(--on-accent) }
.of2 { grid-template-columns: repeat(2, 1fr) }
.of5 { grid-template-columns: repeat(5, 1fr) }
.of7 { grid-template-columns: repeat(7, 1fr) }
.stars span::before { content: "☆"; content: "☆" / ""; font-size: 1.75rem; line-height: 1; color: var(--accent) }
.stars label:has(~ label :checked) span::before, .stars :checked + span::before { content: "★"; content: "★" / "" }
.stars :checked + span::before { color: inherit }
.ends { display: flex; justify-content: space-between; gap: 1rem; margin-block-start: .375rem; font-size: .875em; color: var(--soft) }
.ends :last-child { text-align: end }
.choices { display: flex; flex-wrap: wrap; gap: .5rem }
.choices label { display: flex; align-items: center; min-block-size: 2.5rem; padding: .25rem .875rem; border-radius: 1.25rem }
.choices input, .consent input { flex: none; inline-size: 1.25rem; block-size: 1.25rem; margin-inline-end: .5rem; accent-color: var(--accent) }
.consent { display: flex }
.consent input { inline-size: 1.5rem; block-size: 1.5rem }
textarea { display: block; inline-size: 100%; min-block-size: 5.5rem; margin-block-start: .375rem; padding: .5rem .75rem; border-radius: .5rem; background: none; resize: vertical }
.buttons { display: flex; flex-wrap: wrap; gap: .5rem }
button { min-block-size: 2.75rem; padding: .375rem 1.25rem; border: 2px solid var(--accent); border-radius: .5rem; background: var(--accent); color: var(--on-accent); font-weight: 600; cursor: pointer }
button.quiet { border-color: transparent; background: none; color: var(--accent) }
button:hover { text-decoration: underline }
[aria-disabled=true] { opacity: .75; cursor: progress }
.error:not(:empty) { margin-block-start: .75rem; color: var(--wrong); font-weight: 600 }
.points input:focus-visible + span, .choices label:focus-within:has(:focus-visible), :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.choices :focus-visible, b { outline: 0 }
@container (min-width: 32rem) { .of11 { grid-template-columns: repeat(11, minmax(0, 1fr)) } }
@media (forced-colors: active) { .points :checked + span { forced-color-adjust: none; background: Highlight; color: HighlightText } .choices :has(:checked) { border-color: Highlight } }
@media (prefers-reduced-motion: no-preference) { span, label, button { transition: background-color .12s, border-color .12s } }
`);

// make returns an element. Texts become text nodes, never markup.
const make = (tag, { aria = {}, ...props } = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  for (const key in aria) node.setAttribute(`aria-${key}`, aria[key]);
  node.append(...children);
  return node;
};

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class CairnFeedback extends HTMLElement {
  #root = this.attachShadow({ mode: "open" });
  #survey; #texts; #card; #form; #error; #send; #loaded; #sending;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [css];
    this.#root.append(make("slot"));
  }

  connectedCallback() {
    this.#loaded ??= this.#load();
  }

  #tell(what, detail) {
    this.dispatchEvent(new CustomEvent(`cairn-${what}`, { bubbles: true, composed: true, detail }));
  }

  #at(path) {
    const base = new URL(this.getAttribute("base") ?? ".", this.hasAttribute("base") ? document.baseURI : import.meta.url);
    return `${base.href.replace(/\/$/, "")}/${path}`;
  }

  get #token() {
    return this.getAttribute("token") || this.#survey.token;
  }

  async #load() {
    const name = this.getAttribute("survey");
    const lang = this.closest("[lang]")?.lang || document.documentElement.lang || navigator.language;
    try {
      const reply = await fetch(this.#at(`surveys/${encodeURIComponent(name)}?lang=${encodeURIComponent(lang)}`));
      if (!reply.ok) throw new Error(`status ${reply.status}`);
      this.#survey = await reply.json();
    } catch (err) {
      console.warn(`cairn-feedback: survey "${name}" was not loaded from ${this.#at("surveys/")}: ${err.message}`);
      this.#tell("failed", { code: "not_loaded" });
      return;
    }
    this.#texts = this.#survey.texts;
    this.#card = make("section", { lang: this.#texts.language, dir: this.#texts.dir, aria: { labelledby: "question" } });
    this.#ask();
    this.#root.replaceChildren(this.#card);
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((e) => e.isIntersecting)) return;
      seen.disconnect();
      this.#note("shown");
    }, { threshold: 0.5 });
    seen.observe(this.#form.firstChild);
  }

  // note tells the handler what became of the request. Nothing depends on the reply.
  #note(what) {
    if (this.#token) fetch(this.#at(`r/${this.#token}/${what}`), { method: "POST", keepalive: true }).catch(() => {});
    this.#tell(what);
  }

  #ask() {
    const { question, language, scale, choices = [], consent } = this.#survey;
    const t = this.#texts;
    const points = [];
    for (let value = scale.min; value <= scale.max; value++) {
      const words = value === scale.min ? scale.low : value === scale.max ? scale.high : "";
      const face = scale.kind === "thumbs" ? words : String(value);
      points.push(make("label", {}, make("input", {
        type: "radio", name: "score", value, onchange: () => { more.hidden = false; this.#fail(); },
        aria: { describedby: "error", label: words && face !== words ? `${face}, ${words}` : face },
      }), make("span", { aria: { hidden: true } }, face)));
    }
    const ends = make("p", { className: "ends", hidden: scale.kind === "thumbs", aria: { hidden: true } }, make("span", {}, scale.low), make("span", {}, scale.high));
    const more = make("div", { className: "more", hidden: true });
    if (choices.length) {
      more.append(make("fieldset", {}, make("legend", {}, t.causes, " ", make("small", {}, t.optional)), make("div", { className: "choices" },
        ...choices.map((c) => make("label", {}, make("input", { type: "checkbox", name: "causes", value: c.name }), make("span", { dir: "auto" }, c.text))))));
    }
    more.append(make("div", {}, make("label", { className: "field", htmlFor: "comment" }, t.comment, " ", make("small", {}, t.optional)),
      make("p", { id: "hint" }, make("small", {}, t.hint)),
      make("textarea", { id: "comment", name: "comment", maxLength: 2000, dir: "auto", aria: { describedby: "hint" } })));
    if (consent) {
      more.append(make("label", { className: "consent" }, make("input", { type: "checkbox", name: "testimonial" }), make("span", { dir: "auto" }, consent.text)));
    }
    this.#error = make("p", { className: "error", id: "error", role: "alert" });
    this.#send = make("button", {}, t.send);
    this.#form = make("form", { noValidate: true, onsubmit: (e) => { e.preventDefault(); this.#submit(); } },
      make("fieldset", {}, make("legend", { className: "question", id: "question", lang: language, dir: "auto" }, question),
        make("div", { className: `points ${scale.kind} of${points.length}` }, ...points), ends),
      this.#error, more, make("div", { className: "buttons" }, this.#send,
        make("button", { type: "button", className: "quiet", onclick: () => this.#close("dismissed") }, t.no)));
    this.#card.replaceChildren(this.#form);
  }

  #fail(text = "") {
    this.#error.textContent = text;
  }

  async #submit() {
    if (this.#sending) return;
    const data = new FormData(this.#form);
    if (!data.has("score")) {
      this.#fail(this.#texts.choose);
      this.#form.score[0].focus();
      return;
    }
    this.#sending = true;
    this.#send.setAttribute("aria-disabled", "true");
    this.#fail();
    const code = await this.#deliver({
      score: Number(data.get("score")), comment: data.get("comment"), causes: data.getAll("causes"),
      language: this.#survey.language, testimonial: data.has("testimonial"),
    });
    this.#sending = false;
    this.#send.removeAttribute("aria-disabled");
    if (code) {
      this.#tell("failed", { code });
      const text = this.#texts[code];
      if (text) this.#end(text);
      else this.#fail(this.#texts.failed);
      return;
    }
    this.#tell("answered", { score: Number(data.get("score")) });
    this.#send.textContent = this.#texts.change;
    this.#end(this.#texts.thanks, this.#token && make("button", { className: "quiet", onclick: () => {
      this.#card.replaceChildren(this.#form);
      this.#form.querySelector(":checked").focus();
    } }, this.#texts.change));
  }

  // deliver sends the answer and returns the code of the error, or nothing. A token makes it safe to send the answer again.
  async #deliver(answer) {
    const path = this.#token ? `r/${this.#token}` : `surveys/${encodeURIComponent(this.#survey.name)}`;
    for (let wait = 1000; ; wait *= 3) {
      try {
        const reply = await fetch(this.#at(path), {
          method: "POST", keepalive: true, body: JSON.stringify(answer), signal: AbortSignal.timeout(15_000),
          headers: { "content-type": "application/json", accept: "application/json" },
        });
        if (reply.ok) return;
        if (reply.status < 500 && reply.status !== 429) return (await reply.json()).error.code;
      } catch {}
      if (!this.#token || wait > 9000) return "unreachable";
      await pause(wait);
    }
  }

  // end shows what has become of the answer, and moves the focus there: screen readers read it.
  #end(text, button = "") {
    const said = make("b", { id: "question", tabIndex: -1 }, text);
    this.#card.replaceChildren(said, make("div", { className: "buttons" }, button,
      make("button", { className: "quiet", onclick: () => this.#close("closed") }, this.#texts.close)));
    said.focus();
  }

  #close(what) {
    this.hidden = true;
    if (what === "dismissed") this.#note(what);
    else this.#tell(what);
  }
}

customElements.get("cairn-feedback") ?? customElements.define("cairn-feedback", CairnFeedback);
