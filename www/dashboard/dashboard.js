// The dashboard: counts, charts, decisions one by one. All of it comes from /admin/dashboard with the admin token.

import { chart } from "./charts.js";

const $ = (id) => document.getElementById(id);
const [filter, narrow] = ["filter", "narrow"].map($);
const FAMILIES = { pointer: "Pointer", click: "Clicks", typing: "Typing", scroll: "Scrolling", touch: "Touch", attention: "Attention", environment: "Browser" };
const ASKED = ["challenge-required", "score-too-low"];
const number = new Intl.NumberFormat("en");
const percent = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(1)}\u00a0%` : "\u2013");
const time = new Intl.DateTimeFormat("en-GB", { dateStyle: "short", timeStyle: "medium" });

const KEY = "vouchsafe-dashboard";

// An address with the token signs in and forgets it.
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", location.pathname);
}
let token = sessionStorage.getItem(KEY) ?? "";

// Asking

class Refused extends Error {}

async function ask(path, fields = {}, body) {
  const url = new URL(`../admin/dashboard/${path}`, location.href);
  for (const [name, value] of Object.entries(fields)) if (value !== "" && value != null) url.searchParams.set(name, value);
  const headers = { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) };
  let response;
  try {
    response = await fetch(url, { headers, ...(body && { method: "POST", body: JSON.stringify(body) }) });
  } catch {
    throw new Refused("The server could not be reached. Trying again soon.");
  }
  if (response.status === 401) {
    leave("This is not the admin token of this server.");
    throw new Refused("");
  }
  if (!response.ok) throw new Refused((await response.json().catch(() => ({}))).message ?? `The server answered ${response.status}.`);
  return response;
}

const json = async (...asked) => (await ask(...asked)).json();

/** Site and time, as the filter says. */
function looked() {
  const { site, span } = Object.fromEntries(new FormData(filter));
  return { site, ...(Number(span) && { from: Math.floor(Date.now() / 1000) - Number(span) }) };
}

const wanted = () => ({ ...looked(), ...Object.fromEntries(new FormData(narrow)) });

// In and out

$("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  token = $("token").value.trim();
  await enter();
});

$("leave").addEventListener("click", () => leave(""));

async function enter() {
  try {
    const found = await load();
    sessionStorage.setItem(KEY, token);
    $("gate").hidden = true;
    $("board").hidden = filter.hidden = false;
    $("token").value = "";
    await show(found);
  } catch (error) {
    if (error.message) $("gate-said").textContent = error.message;
  }
}

function leave(said) {
  token = "";
  sessionStorage.removeItem(KEY);
  $("board").hidden = filter.hidden = true;
  $("gate").hidden = false;
  $("gate-said").textContent = said;
  if ($("one").open) $("one").close();
  $("token").focus();
}

// Charts, made when they have a width

let timeline, scores, thresholds;

function charts() {
  if (timeline) return;
  timeline = chart($("timeline"), { series: ["--accent", "--doubt", "--bad"], height: 200, x: { time: true }, range: (_u, _low, high) => [0, Math.max(5, high)] });
  scores = chart($("scores"), { series: ["--accent"], height: 160, bars: true, label: "score", range: (_u, _low, high) => [0, Math.max(5, high)], x: { range: [0, 1] } });
  thresholds = chart($("threshold-chart"), { series: ["--accent", "--bad", "--doubt"], height: 180, label: "asked below", range: [0, 100], x: { range: [0, 1] } });
}

// Showing

const load = () => Promise.all([json("overview", looked()), json("thresholds", looked())]);

async function refresh() {
  const found = await load();
  // Signed out meanwhile.
  if (!$("board").hidden) await show(found);
}

async function show([overview, points]) {
  charts();
  sites(overview.sites);
  const counts = (what) => overview.counts.filter((one) => one.what === what);
  const outcomes = counts("outcome").sort((a, b) => b.count - a.count);
  const total = sum(outcomes);
  const accepted = sum(outcomes.filter(({ key }) => key === "ok"));
  const asked = sum(outcomes.filter(({ key }) => ASKED.includes(key)));
  const latency = counts("latency");
  const passes = sum(counts("passed"));
  tiles([
    ["Decisions", number.format(total)],
    ["Accepted", percent(accepted, total)],
    ["Asked or too low", percent(asked, total)],
    ["Refused", percent(total - accepted - asked, total)],
    ["Challenges passed", percent(passes, passes + sum(counts("failed")))],
    ["Time to decide", latency.length ? `${(latency.reduce((all, one) => all + one.sum, 0) / sum(latency) / 1000).toFixed(2)}\u00a0ms` : "\u2013"],
  ]);
  if (overview.lost) say(`${number.format(overview.lost)} notes were lost because the disk was too slow.`);
  over(overview);
  const bins = Array.from({ length: 20 }, (_, bin) => counts("score").find(({ key }) => Number(key) === bin)?.count ?? 0);
  scores.setData([bins.map((_, bin) => bin / 20 + 0.025), bins]);
  table("families", counts("family").map(({ key, count, sum }) => [FAMILIES[key] ?? key, number.format(count), (sum / count).toFixed(2)]));
  table("outcomes", outcomes.map(({ key, count }) => [key, number.format(count), percent(count, total)]));
  table("reasons", counts("reason").sort((a, b) => b.count - a.count).slice(0, 8).map(({ key, count }) => [key, number.format(count)]));
  const kinds = [...new Set(["asked", "passed", "failed"].flatMap((what) => counts(what).map(({ key }) => key)))].sort();
  const of = (what, kind) => number.format(counts(what).find(({ key }) => key === kind)?.count ?? 0);
  table("challenges", kinds.map((kind) => [kind, of("asked", kind), of("passed", kind), of("failed", kind)]));
  table("issued", counts("challenge").map(({ key, count }) => [key, number.format(count)]));
  table("accounts", counts("account").map(({ key, count }) => [key, number.format(count)]));
  options(narrow.elements.outcome, outcomes.map(({ key }) => key));
  draw(points);
  if (!paged) await list();
}

const sum = (counted) => counted.reduce((all, { count }) => all + count, 0);

function tiles(facts) {
  $("tiles").replaceChildren(
    ...facts.map(([name, value]) => {
      const tile = document.createElement("div");
      tile.append(made("dt", name), made("dd", value));
      return tile;
    }),
  );
}

function over({ timeline: steps, step_s, now }) {
  const { from = steps[0]?.[0] ?? now - 3600 } = looked();
  const starts = [];
  for (let at = Math.floor(from / step_s) * step_s; at <= now; at += step_s) starts.push(at);
  const index = new Map(starts.map((at, i) => [at, i]));
  const [ok, asked, refused] = [0, 1, 2].map(() => starts.map(() => 0));
  for (const [at, outcome, count] of steps) {
    const line = outcome === "ok" ? ok : ASKED.includes(outcome) ? asked : refused;
    if (index.has(at)) line[index.get(at)] += count;
  }
  timeline.setData([starts, ok, asked, refused]);
}

let points;

function draw(found) {
  points = found;
  const share = (part, whole) => (whole ? (100 * part) / whole : null);
  thresholds.setData([
    points.points.map(({ threshold }) => threshold),
    points.points.map(({ humans }) => share(humans, points.humans)),
    points.points.map(({ others }) => share(others, points.others)),
    points.points.map(({ all }) => share(all, points.all)),
  ]);
  spell();
}

function spell() {
  const at = points?.points[Number($("threshold").value)];
  if (!at) return;
  $("threshold-value").textContent = at.threshold.toFixed(2);
  const said = points.humans + points.others;
  const labelled = said
    ? ` Of what was labelled: ${percent(at.humans, points.humans)} of ${number.format(points.humans)} people and ${percent(at.others, points.others)} of ${number.format(points.others)} others.`
    : " Nothing has been labelled yet.";
  $("threshold-said").textContent = `At ${at.threshold.toFixed(2)} you would have asked ${percent(at.all, points.all)} of all ${number.format(points.all)} vouchers.${labelled}`;
}

$("threshold").addEventListener("input", spell);

function table(id, rows) {
  const body = $(id).tBodies[0];
  const lines = rows.map((cells) => {
    const row = document.createElement("tr");
    row.append(...cells.map((text, i) => Object.assign(made("td", text), { className: i ? "number" : "" })));
    return row;
  });
  body.replaceChildren(...lines);
  if (!lines.length) body.insertRow().append(Object.assign(made("td", "Nothing yet."), { colSpan: $(id).tHead.rows[0].cells.length }));
}

function made(tag, text) {
  return Object.assign(document.createElement(tag), { textContent: text });
}

/** Adds what is new, so that a choice under somebody's fingers stays. */
function options(select, values) {
  const known = new Set([...select.options].map(({ value }) => value));
  select.append(...values.filter((value) => !known.has(value)).map((value) => new Option(value, value)));
}

const sites = (names) => options(filter.elements.site, names);

// Decisions

let last;
/** Somebody has leafed: live updates must not take the page away. */
let paged = false;

async function list(more = false) {
  const { decisions } = await json("decisions", { ...wanted(), ...(more && { before: last }) });
  paged = more;
  const rows = decisions.map((one) => {
    const row = document.createElement("tr");
    const score = document.createElement("td");
    if (one.score !== null) {
      score.append(Object.assign(document.createElement("meter"), { className: "bar", min: 0, max: 1, low: 0.4, high: 0.6, optimum: 1, value: one.score, ariaLabel: "score" }), one.score.toFixed(2));
    }
    const open = Object.assign(made("button", "Look"), { type: "button", ariaLabel: `Look at decision ${one.id}` });
    open.addEventListener("click", () => void look(one.id));
    const cell = document.createElement("td");
    cell.append(open);
    const said = one.human === null ? "" : one.human ? "a person" : "not a person";
    row.append(made("td", time.format(one.at)), made("td", one.site), made("td", one.outcome), score, made("td", one.action), made("td", one.challenge ?? ""), made("td", (one.took_us / 1000).toFixed(2)), made("td", said), cell);
    return row;
  });
  const body = $("list").tBodies[0];
  if (more) body.append(...rows);
  else body.replaceChildren(...rows);
  last = decisions.at(-1)?.id;
  $("older").hidden = decisions.length < 50;
  $("list-said").textContent = body.rows.length ? "" : "No decision fits. Sign up on the demo, or widen the filter.";
}

$("older").addEventListener("click", () => void attempt(() => list(true)));
narrow.addEventListener("change", () => void attempt(() => list()));
narrow.addEventListener("submit", (event) => event.preventDefault());
filter.addEventListener("change", () => {
  paged = false;
  void attempt(refresh);
});

for (const button of document.querySelectorAll("[data-export]")) {
  button.addEventListener("click", () =>
    void attempt(async () => {
      const response = await ask("export", { ...wanted(), format: button.dataset.export });
      const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(await response.blob()), download: `decisions.${button.dataset.export}` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    }),
  );
}

let opened;

async function look(id) {
  await attempt(async () => {
    const { decision, reasons, evidence } = await json(`decisions/${id}`);
    opened = id;
    $("one-title").textContent = `Decision ${id}`;
    const facts = [
      ["Time", time.format(decision.at)],
      ["Site", decision.site],
      ["Outcome", decision.outcome],
      ["Score", decision.score === null ? "none: the voucher could not be read" : decision.score.toFixed(4)],
      ["Action", decision.action || "none"],
      ["Passed on doubt", decision.challenge ?? "nothing"],
      ["Took", `${(decision.took_us / 1000).toFixed(2)} ms`],
    ];
    $("one-facts").replaceChildren(...facts.flatMap(([name, value]) => [made("dt", name), made("dd", value)]));
    $("one-reasons").replaceChildren(...(reasons.length ? reasons : ["No reasons."]).map((text) => made("li", text)));
    $("one-label").hidden = decision.score === null;
    said(decision.human);
    $("one-evidence").replaceChildren(...(evidence ? families(evidence) : [made("p", "None.")]));
    if (!$("one").open) $("one").showModal();
  });
}

function said(human) {
  $("one-said").textContent = human === null ? "What was it?" : human ? "You said: a person." : "You said: not a person.";
}

function families({ span_ms, families: measured }) {
  const span = made("p", `Measured over ${(span_ms / 1000).toFixed(1)} s. One byte a statistic; what is empty was not known.`);
  return [
    span,
    ...Object.entries(measured).map(([family, values]) => {
      const part = document.createElement("details");
      const facts = document.createElement("table");
      facts.tHead ?? facts.createTHead().insertRow().append(made("th", "Statistic"), made("th", "Value"));
      const body = facts.createTBody();
      for (const [name, value] of Object.entries(values)) body.insertRow().append(made("td", name), Object.assign(made("td", value === null ? "" : String(Number(value.toPrecision(4)))), { className: "number" }));
      part.append(made("summary", `${FAMILIES[family] ?? family} (${Object.keys(values).length})`), facts);
      return part;
    }),
  ];
}

for (const button of document.querySelectorAll("[data-human]")) {
  button.addEventListener("click", () =>
    void attempt(async () => {
      const { human } = await json(`decisions/${opened}/label`, {}, { human: button.dataset.human === "" ? null : button.dataset.human === "true" });
      said(human);
      await refresh();
    }),
  );
}

$("close").addEventListener("click", () => $("one").close());

async function attempt(work) {
  try {
    await work();
    say("");
  } catch (error) {
    if (!(error instanceof Refused)) console.error(error);
    say(error.message);
  }
}

function say(text) {
  $("said").textContent = text;
}

setInterval(() => {
  if (!$("board").hidden && !document.hidden && filter.elements.live.checked && !$("one").open) void attempt(refresh);
}, 5_000);

if (token) await enter();
else leave("");
