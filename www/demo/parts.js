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
