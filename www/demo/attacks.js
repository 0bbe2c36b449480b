// The last run of `cargo xtask attack -- --write`, as a table.

const table = document.getElementById("attacks");
const row = (tag, texts) => {
  const made = document.createElement("tr");
  made.append(...texts.map((text) => Object.assign(document.createElement(tag), { textContent: text })));
  return made;
};

try {
  const { sessions, heads, rows } = await (await fetch("attacks.json")).json();
  table.tHead.replaceChildren(row("th", heads));
  table.tBodies[0].replaceChildren(...rows.map((texts) => row("td", texts)));
  document.getElementById("lead").textContent += ` ${rows.length} attacks, ${sessions} sessions each.`;
} catch {
  table.tBodies[0].replaceChildren(row("td", ["The table could not be loaded. It is also in docs/attacks.md."]));
}
