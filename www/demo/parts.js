// What several pages of the demo show in the same way.

/** Fills a list with `texts`, or says that there is nothing to say yet. */
export function tell(list, texts) {
  const item = (text, className) => Object.assign(document.createElement("li"), { textContent: text, className });
  list.replaceChildren(...(texts.length ? texts.map((text) => item(text, "")) : [item("Nothing to say yet.", "empty")]));
}

/** Fills a list of terms with `[name, value, missing?]` each. */
export function define(list, terms) {
  list.replaceChildren(
    ...terms.map(([name, value, missing = false]) => {
      const cell = document.createElement("div");
      cell.classList.toggle("none", missing);
      const [term, data] = [document.createElement("dt"), document.createElement("dd")];
      [term.textContent, data.textContent] = [name, value];
      cell.append(term, data);
      return cell;
    }),
  );
}

/** Says in `box` how something ended: `good`, `bad` or in between; nothing hides it. */
export function announce(box, kind, text) {
  box.hidden = !text;
  box.className = `outcome ${kind}`;
  box.replaceChildren(Object.assign(document.createElement("p"), { textContent: text ?? "" }));
}

/** Shows a judgement in the page's #score, #verdict, #meter, #signals (by `names`) and #reasons. */
export function judge({ score, verdict, signals, reasons }, names) {
  const byId = (id) => document.getElementById(id);
  document.body.dataset.verdict = verdict;
  byId("score").textContent = Math.round(score * 100);
  byId("verdict").textContent = { human: "a person", uncertain: "not sure yet", bot: "a program" }[verdict];
  byId("meter").value = score;
  const shown = (value) => (value == null ? "not enough" : value === 0.5 ? "nothing unusual" : Math.round(value * 100));
  define(byId("signals"), Object.entries(names).map(([family, name]) => [name, shown(signals[family]), signals[family] == null]));
  tell(byId("reasons"), reasons.slice(0, 6).map((reason) => reason.text ?? reason));
}
