// cargo xtask attack: every attack, some sessions each, against the demo on this machine; a table of what came of it.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root, startServer } from "../e2e/helpers.mjs";
import { attacks } from "./attacks.mjs";

const HELP = `cargo xtask attack -- [--sessions N] [--only TEXT] [--write]

  --sessions N   how many of each attack, 1 to 100 (5)
  --only TEXT    attacks whose name contains it
  --write        puts the table into docs/attacks.md and the demo's page "Attacks"; with --only, those rows of it`;
const { help, ...values } = options();
if (help) {
  console.log(HELP);
  process.exit(0);
}
const sessions = Number(values.sessions);
const chosen = attacks.filter(({ name }) => name.toLowerCase().includes(values.only.toLowerCase()));
if (chosen.length === 0) {
  console.error(`No attack is called ${JSON.stringify(values.only)}. There are:\n${attacks.map(({ name }) => `  ${name}`).join("\n")}`);
  process.exit(2);
}

// The table as the demo's page shows it; where only some rows are measured again, the others stay.
const stored = join(root, "www/demo/attacks.json");
const kept = values.only && values.write ? JSON.parse(readFileSync(stored, "utf8")) : { sessions, rows: [] };
if (kept.sessions !== sessions) {
  console.error(`The table has ${kept.sessions} sessions of each attack: rows of it are measured with --sessions ${kept.sessions}.`);
  process.exit(2);
}

/** What was asked for; ends with what is wrong and how it is said otherwise. */
function options() {
  try {
    const { values } = parseArgs({
      options: {
        sessions: { type: "string", default: "5" },
        only: { type: "string", default: "" },
        write: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (!/^([1-9]\d?|100)$/.test(values.sessions)) throw new RangeError(`--sessions is a number from 1 to 100, not ${JSON.stringify(values.sessions)}`);
    return values;
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    process.exit(2);
  }
}

const there = (program) => {
  try {
    execFileSync("which", [program], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

const server = await startServer({ config: "address_limit = 0\n" });
const rows = [];
try {
  for (const { name, needs = [], missing: lacks = () => undefined, session } of chosen) {
    const missing = lacks() ?? needs.filter((program) => !there(program)).map((program) => `${program} is missing`).join(", ");
    if (missing) {
      console.log(`${name}: not tried, ${missing}`);
      rows.push([name, "not tried", "", "", "", missing, ""]);
      continue;
    }
    const ended = [];
    const started = performance.now();
    let spent = 0;
    for (let i = 0; i < sessions; i++) {
      const before = performance.now();
      let one;
      try {
        one = await session(server.url);
      } catch (error) {
        one = { accepted: false, asked: false, reason: `failed: ${String(error.message).split("\n")[0]}` };
      }
      spent += one.seconds ?? (performance.now() - before) / 1000;
      ended.push(one);
    }
    const count = (what) => ended.filter(what).length;
    const let_in = count(({ accepted }) => accepted);
    const asked = count((one) => one.asked && !one.accepted);
    const scores = ended.map(({ score }) => score).filter((score) => score !== undefined).sort((a, b) => a - b);
    const median = scores.length ? scores[scores.length >> 1].toFixed(2) : "none";
    const strict = count(({ accepted, score }) => accepted && score >= 0.6);
    const reasons = new Map();
    for (const { reason } of ended) if (reason) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    const [why = "nothing"] = [...reasons].sort((a, b) => b[1] - a[1]).map(([reason]) => reason);
    const price = let_in ? (spent / let_in).toFixed(1) : "none got in";
    rows.push([name, `${let_in} of ${sessions}`, `${asked}`, `${strict}`, median, why, price]);
    console.log(`${name}: ${let_in} of ${sessions} let in, ${asked} asked, median score ${median}; ${why} (${((performance.now() - started) / 1000).toFixed(0)} s)`);
  }
} finally {
  await server.stop();
}

const heads = ["attack", "let in", "asked for more", "let in unasked at 0.6", "median score", "what spoke against it most", "seconds a success"];
const tabulated = (rows) => [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
console.log(`\n${tabulated(rows)}`);
if (values.write) {
  const known = new Map([...kept.rows, ...rows].map((row) => [row[0], row]));
  const all = attacks.map(({ name }) => known.get(name)).filter(Boolean);
  const file = join(root, "docs/attacks.md");
  const text = readFileSync(file, "utf8");
  const [begin, end] = ["<!-- table: cargo xtask attack -- --write -->", "<!-- end -->"];
  const [before, rest] = text.split(begin);
  if (!rest?.includes(end)) throw new Error(`${file} has no place for the table`);
  writeFileSync(file, `${before}${begin}\n\n${tabulated(all)}\n\n${end}${rest.split(end)[1]}`);
  writeFileSync(stored, `${JSON.stringify({ sessions, heads, rows: all }, null, 1)}\n`);
  console.log(`\nwritten to ${file} and ${stored}`);
}
process.exit(0);
