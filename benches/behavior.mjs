// Programs and people told apart: this engine beside BotD on the same pages, visited by published tools and by people
// played back; then on recorded sessions, which only a judge of behaviour can read. `--sessions N`: visits of each kind.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { attacks, beside } from "../tests/attack/attacks.mjs";
import { root, startServer } from "../tests/e2e/helpers.mjs";

const { values } = parseArgs({ options: { sessions: { type: "string", default: "3" } } });
const sessions = Math.min(50, Math.max(1, Number.parseInt(values.sessions, 10) || 3));
const packages = join(root, "benches/peers");
const version = (name) => JSON.parse(readFileSync(join(packages, "node_modules", name, "package.json"), "utf8")).version;

/** BotD as one expression, because the demo's pages allow no script of others. */
function botd() {
  const entry = join(packages, ".botd-entry.mjs");
  writeFileSync(entry, 'export { load } from "@fingerprintjs/botd";');
  try {
    const options = ["--bundle", "--minify", "--format=iife", "--global-name=BotD", "--log-level=error"];
    return execFileSync(join(root, "www/node_modules/.bin/esbuild"), [entry, ...options], { encoding: "utf8" });
  } finally {
    rmSync(entry);
  }
}

const script = botd();
beside.script = `(async () => {
  ${script}
  const started = performance.now();
  const { bot } = (await BotD.load()).detect();
  return { bot, ms: performance.now() - started };
})()`;

/** Attacks on the camera or on the voucher itself: no page is visited that a detector could look at. */
const ELSEWHERE = /camera|voucher|evidence/;

const table = (heads, rows) => console.log(`\n${[heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")}`);
const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

const server = await startServer({ config: "address_limit = 0\n" });
const [rows, times] = [[], []];
try {
  for (const { name, session } of attacks) {
    if (ELSEWHERE.test(name)) continue;
    const visits = [];
    for (let i = 0; i < sessions; i++) {
      const visit = await session(server.url).catch(() => ({}));
      if (!visit.beside) break;
      visits.push(visit);
      times.push(visit.beside.ms);
    }
    if (visits.length < sessions) continue;
    const count = (what) => `${visits.filter(what).length} of ${sessions}`;
    rows.push([name, count(({ score }) => score < 0.4), count(({ beside }) => beside.bot)]);
    console.log(rows.at(-1).join(": "));
  }
} finally {
  await server.stop();
}
table(["visited by", "Vouchsafe says program", `BotD ${version("@fingerprintjs/botd")} says program`], rows);

const data = [join(root, "../shared/data"), join(root, "tests/corpus")].find(existsSync);
console.log(`\nRecorded sessions of ${data.endsWith("corpus") ? "the committed corpus (the large sets are not here)" : "the large sets"}, whole:`);
const judged = [];
let [events, spent] = [0, 0];
for (const file of readdirSync(data).filter((name) => /traces\.jsonl$|(human|bot)-.*\.jsonl\.gz$/.test(name))) {
  const started = performance.now();
  const out = execFileSync(join(root, "target/release/vouchsafe"), ["score", join(data, file)], { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
  spent += performance.now() - started;
  const records = out.trim().split("\n").map((line) => JSON.parse(line));
  events += records.length;
  const said = (verdict) => records.filter((record) => record.verdict === verdict).length;
  judged.push([file.replace(/\.jsonl(\.gz)?$/, ""), records.length, said("human"), said("uncertain"), said("bot")]);
}
table(["set", "sessions", "person", "not sure", "program"], judged);

const size = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;
const first = ["vouchsafe.js", "vouchsafe.wasm"].map((name) => gzipSync(readFileSync(join(root, "www/dist", name)), { level: 9 }).length);
const model = readFileSync(join(root, "models/behavior.bin"));
table(
  ["", "time", "bytes, gzip"],
  [
    ["Vouchsafe", `${(spent / events).toFixed(2)} ms a recorded session, files read (native)`, `${size(first[0] + first[1])}, the model ${size(gzipSync(model, { level: 9 }).length)} of it`],
    ["BotD", `${median(times).toFixed(1)} ms a page`, size(gzipSync(script, { level: 9 }).length)],
  ],
);
console.log("\n@chrisgdt/delbot-mouse is not in the tables: its package (1.3.3) carries no model, and fetches one from elsewhere when it starts.");
process.exit(0);
