// <cairn-feedback survey="ease" base="/feedback" token="…" lang="de">: asks the question, and sends the answer.
class CairnFeedback extends HTMLElement {
  async connectedCallback() {
    const base = this.getAttribute("base") || "", name = encodeURIComponent(this.getAttribute("survey") || ""), token = this.getAttribute("token");
    const language = this.lang || document.documentElement.lang;
    const r = await fetch(`${base}/surveys/${name}?lang=${encodeURIComponent(language)}`);
    if (!r.ok) return;
    const s = await r.json();
    const question = document.createElement("p");
    question.textContent = s.question;
    this.append(question);
    for (let score = s.scale.min; score <= s.scale.max; score++) {
      const button = document.createElement("button");
      button.textContent = score;
      button.onclick = () => fetch(token ? `${base}/r/${token}` : `${base}/surveys/${name}`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ score, language: s.language }),
      });
      this.append(button);
    }
    if (token) fetch(`${base}/r/${token}/shown`, { method: "POST" });
  }
}
customElements.define("cairn-feedback", CairnFeedback);
