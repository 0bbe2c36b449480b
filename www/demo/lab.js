// The laboratory: what the page's own listeners see, drawn; the widget's opinion; both put together by hand.

import { chart } from "./dashboard/charts.js";
import { tell } from "./parts.js";

const $ = (id) => document.getElementById(id);
const MOST = 600;
const seen = { moves: [], presses: [], held: [], between: [] };
const totals = { moves: 0, presses: 0, keys: 0 };
let face;
let assessment;

// Tabs: arrows move between them, as the pattern has it.
const tabs = [...document.querySelectorAll("[role=tab]")];
function open(tab) {
  for (const one of tabs) {
    const chosen = one === tab;
    one.setAttribute("aria-selected", String(chosen));
    one.tabIndex = chosen ? 0 : -1;
    $(one.getAttribute("aria-controls")).hidden = !chosen;
  }
}
for (const tab of tabs) {
  tab.addEventListener("click", () => open(tab));
  tab.addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -tabs.indexOf(tab), End: tabs.length - 1 - tabs.indexOf(tab) }[key];
    if (step === undefined) return;
    const next = tabs.at((tabs.indexOf(tab) + step) % tabs.length);
    open(next);
    next.focus();
  });
}

function note(list, value) {
  list.push(value);
  // Long-lived pages must not grow.
  if (list.length > MOST) list.splice(0, MOST / 2);
}

let last;
addEventListener("pointermove", ({ timeStamp: t, clientX: x, clientY: y }) => {
  totals.moves += 1;
  if (last && t > last.t) note(seen.moves, [t / 1000, Math.hypot(x - last.x, y - last.y) / (t - last.t)]);
  last = { t, x, y };
});
let pressed;
addEventListener("pointerdown", ({ timeStamp }) => {
  totals.presses += 1;
  if (pressed) note(seen.presses, timeStamp - pressed);
  pressed = timeStamp;
});
const down = new Map();
let lastKey;
addEventListener("keydown", ({ code, repeat, timeStamp }) => {
  if (repeat) return;
  totals.keys += 1;
  if (lastKey && timeStamp - lastKey < 1500) note(seen.between, timeStamp - lastKey);
  lastKey = timeStamp;
  down.set(code, timeStamp);
});
addEventListener("keyup", ({ code, timeStamp }) => {
  if (down.has(code)) note(seen.held, timeStamp - down.get(code));
  down.delete(code);
});

const speed = chart($("speed"));
const clicks = chart($("clicks"), { dots: true });
const keys = chart($("keys"), { series: ["--accent", "--doubt"], dots: true });

function draw() {
  if (document.hidden || $("behavior").hidden) return;
  const now = performance.now() / 1000;
  const recent = seen.moves.filter(([t]) => t > now - 10);
  if (recent.length > 1) speed.setData([recent.map(([t]) => t - now), recent.map(([, v]) => v)]);
  const presses = seen.presses.slice(-30);
  if (presses.length) clicks.setData([presses.map((_, i) => i + 1), presses]);
  const [held, between] = [seen.held.slice(-40), seen.between.slice(-40)];
  const count = Math.max(held.length, between.length);
  if (count) keys.setData([Array.from({ length: count }, (_, i) => i + 1), padded(held, count), padded(between, count)]);
  $("counts").textContent = `${totals.moves} moves, ${totals.presses} presses, ${totals.keys} keys so far. Keys count by how long, never by which.`;
}
const padded = (list, count) => [...list, ...Array(count - list.length).fill(null)];
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

$("check").addEventListener("vouchsafe-face", ({ detail }) => {
  if (detail.state === "passed" || detail.state === "refused") face = detail;
  $("evidence").textContent = JSON.stringify(detail, null, 2);
  fuse();
});

/** Weighted mean of what there is. */
function fuse() {
  if (!assessment) return;
  const value = (id) => Number($(id).value);
  for (const id of ["weight-behavior", "weight-face", "threshold"]) $(`${id}-value`).textContent = value(id).toFixed(2);
  const parts = [[assessment.score, value("weight-behavior")]];
  if (face) parts.push([face.state === "passed" ? 1 : 0, value("weight-face")]);
  const weights = parts.reduce((sum, [, weight]) => sum + weight, 0);
  const score = weights > 0 ? parts.reduce((sum, [part, weight]) => sum + part * weight, 0) / weights : 0.5;
  const person = score >= value("threshold");
  document.body.dataset.verdict = person ? "human" : "bot";
  $("score").textContent = Math.round(score * 100);
  $("meter").value = score;
  $("verdict").textContent = `${person ? "above" : "below"} the threshold${face ? "" : "; no face looked at"}`;
  const reasons = assessment.reasons.slice(0, 6).map(({ text }) => text);
  if (face) reasons.unshift(face.state === "passed" ? "a live face answered the prompts" : `the face check was refused (${face.refusal})`);
  tell($("reasons"), reasons);
  return { score, behavior: assessment.score, face: face?.state };
}
for (const id of ["weight-behavior", "weight-face", "threshold"]) $(id).addEventListener("input", fuse);
$("preset").addEventListener("click", () => {
  for (const [id, value] of [["weight-behavior", 0.6], ["weight-face", 0.4], ["threshold", 0.6]]) $(id).value = value;
  fuse();
});

// Kept sessions: figures only, in this browser.
const STORE = "fernweh-laboratory";
function kept() {
  try {
    const list = JSON.parse(localStorage.getItem(STORE) ?? "[]");
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}
function keep(list) {
  try {
    localStorage.setItem(STORE, JSON.stringify(list));
    return true;
  } catch {
    return false;
  }
}
function table() {
  const list = kept();
  $("kept").hidden = list.length === 0;
  $("kept").tBodies[0].replaceChildren(
    ...list.map((session) => {
      const row = document.createElement("tr");
      const percent = (share) => (typeof share === "number" ? `${Math.round(share * 100)}` : "");
      const number = (value, unit) => (typeof value === "number" ? `${value.toFixed(unit === "px/ms" ? 2 : 0)} ${unit}` : "");
      const cells = [session.at, percent(session.score), percent(session.behavior), session.face ?? "none", session.moves, session.presses, session.keys, number(session.speed, "px/ms"), number(session.hold, "ms")];
      row.append(...cells.map((text) => Object.assign(document.createElement("td"), { textContent: String(text ?? "") })));
      return row;
    }),
  );
  return list.length;
}
$("keep").addEventListener("click", () => {
  const result = fuse();
  if (!result) return;
  const at = new Date().toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const session = { at, ...result, ...totals, speed: median(seen.moves.map(([, v]) => v)), hold: median(seen.held) };
  const stored = keep([session, ...kept()].slice(0, 20));
  $("kept-note").textContent = stored ? `${table()} kept.` : "This browser keeps nothing here.";
});
$("clear").addEventListener("click", () => {
  keep([]);
  table();
  $("kept-note").textContent = "Forgotten.";
});
table();

await customElements.whenDefined("vouchsafe-widget");
async function look() {
  if (document.hidden) return;
  try {
    assessment = await $("widget").assess();
    $("assessment").textContent = JSON.stringify(assessment, null, 2);
    fuse();
  } catch (error) {
    $("assessment").textContent = `This browser cannot look (${error.message}).`;
  }
}
await look();
setInterval(look, 700);
setInterval(draw, 250);
