// The demo of a known person's session: what a site would write, charts, and recorded people to play with.

import { session } from "./dist/session.js";
import { chart as draw } from "./dashboard/charts.js";
import { define, tell } from "./parts.js";

const $ = (id) => document.getElementById(id);
const recordings = fetch("people.json").then((response) => response.json());

let current;
let clock = 0;
let playing = false;
let takenOver;
let history;

/** Ends the session before and begins one: of recorded people, which only hears what is played, or of the visitor. */
async function begin(who) {
  await current?.end();
  const recorded = who === "recorded";
  current = await session({
    user: recorded ? "recorded" : "me",
    watch: !recorded,
    sitekey: "demo",
    policy: { idleAfter: recorded ? 0 : 300 },
  });
  if (recorded) await current.forget();
  clock = performance.now();
  takenOver = undefined;
  history = { moves: [0], trust: [current.status.trust] };
  const on = (name, react) => current.addEventListener(name, ({ detail }) => react(detail));
  on("trust", show);
  on("challenge", () => {
    const { moves } = current.status;
    say(takenOver === undefined ? "The session asks who is there." : `Noticed ${moves - takenOver} moves after somebody else took the mouse.`);
    settle();
  });
  on("confirmed", () => settle("Thank you. If that was another mouse, it is learnt now."));
  on("failed", ({ left }) => settle(`That was not it. ${left} more ${left === 1 ? "try" : "tries"}.`));
  on("locked", () => settle("Locked after three failures."));
  on("unlocked", () => settle("Unlocked."));
  on("ended", ({ idle }) => settle(idle ? "Signed out, because nobody was there." : ""));
  on("vault", summarise);
  $("trust").session = current;
  $("recorded").hidden = !recorded;
  $("yourself").hidden = recorded;
  settle(recorded ? "Press the first button to let the page learn somebody." : "");
  show(current.status);
  summarise();
}

function show(status) {
  const { trust, reasons, moves } = status;
  if (moves !== history.moves.at(-1)) {
    history.moves.push(moves);
    history.trust.push(trust);
    // Long-lived pages must not grow.
    if (history.moves.length > 2000) for (const list of Object.values(history)) list.splice(0, 1000);
  } else history.trust[history.trust.length - 1] = trust;
  chart.setData([history.moves, history.trust]);
  const weighed = ({ text, weight }) => `${text} (${weight > 0 ? "+" : "\u2212"}${Math.abs(weight).toFixed(1)})`;
  tell($("reasons"), reasons.slice(0, 5).map(weighed));
  buttons();
}

function buttons() {
  const { state, enrolled } = current.status;
  const open = state === "open" && !playing;
  $("learn").disabled = !open || enrolled === 1;
  $("same").disabled = $("other").disabled = !open || enrolled < 1;
  $("act").disabled = state === "ended";
}

/** What the state asks for. */
function settle(text) {
  const { state } = current.status;
  const asked = state === "challenge" || state === "face";
  if (asked && $("confirm").hidden && !playing) $("code").value = "";
  $("confirm").hidden = !asked;
  $("locked").hidden = state !== "locked";
  if (text) say(text);
  buttons();
}

function say(text) {
  $("said").textContent = text;
}

/** Plays a recording, `speed` times as fast, until it ends or somebody is asked. */
async function play(name, speed) {
  playing = true;
  buttons();
  const recording = (await recordings)[name];
  const [line, dot] = $("pad").children;
  const trail = [];
  let [x, y] = [0, 0];
  for (let i = 0; i < recording.length && current.status.state === "open"; ) {
    const until = clock + 16.7 * speed;
    const batch = [];
    while (i < recording.length && clock < until) {
      clock += recording[i];
      x += recording[i + 1];
      y += recording[i + 2];
      batch.push(clock, x, y, recording[i + 3]);
      trail.push(`${x},${y}`);
      i += 4;
    }
    trail.splice(0, trail.length - 160);
    line.setAttribute("points", trail.join(" "));
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
    current.feed(Float64Array.from(batch));
    await new Promise((next) => requestAnimationFrame(next));
  }
  clock += 400;
  playing = false;
  summarise();
  settle();
}

$("learn").addEventListener("click", async () => {
  say("Learning three minutes of somebody's movement\u2026");
  await play("learnt", 40);
  say("Learnt. Now let the same person go on, or somebody else.");
});
$("same").addEventListener("click", async () => {
  say("The same person, a minute of another session\u2026");
  await play("same", 12);
  if (current.status.state === "open") say("The same person went on, and nothing was asked.");
});
$("other").addEventListener("click", async () => {
  say("Somebody else has the mouse\u2026");
  takenOver = current.status.moves;
  await play("other", 8);
  if (current.status.state === "open") say("Not noticed within this recording.");
  takenOver = undefined;
});

$("confirm").addEventListener("submit", (event) => {
  event.preventDefault();
  const right = $("code").value.trim().toLowerCase() === "fernweh";
  $("code").value = "";
  if (right) current.passed();
  else current.failed();
});
$("unlock").addEventListener("click", () => current.unlock());

$("act").addEventListener("click", async () => {
  const acted = $("acted");
  acted.textContent = "Making a voucher\u2026";
  try {
    const body = new URLSearchParams({ "vouchsafe-response": await current.voucher("change-email") });
    const { verification } = await (await fetch("demo/signup", { method: "POST", body })).json();
    const { success, score, action, message } = verification;
    acted.textContent =
      score === undefined
        ? `Refused: ${message}.`
        : `The server ${success ? "accepted" : "did not accept"} a voucher for \u201c${action}\u201d with a score of ${Math.round(score * 100)}.`;
  } catch (error) {
    const doubt = current.status.state !== "open";
    acted.textContent = doubt ? "Not while the session is in doubt: please confirm first." : `That did not work (${error.message}).`;
  }
});

function summarise() {
  const { mice, keys, presses, turns, face, home, bytes } = current.summary;
  const vaults = { stored: "encrypted, here", memory: "not kept: no storage", full: "not kept: no room", newer: "left to a newer version", damaged: "began anew" };
  const facts = {
    Movement: mice.length === 0 ? "nothing yet" : mice.map((blocks) => `${(blocks * 128).toLocaleString("en")} moves`).join(", "),
    Typing: keys === 0 ? "nothing yet" : `${keys} times`,
    Clicks: presses === 0 ? "nothing yet" : `${presses} times`,
    Scrolling: turns === 0 ? "nothing yet" : `${turns} times`,
    Face: face ? "a template" : "none",
    "Time zone": home.zone ?? "unknown",
    Size: `${(bytes / 1024).toFixed(1)} KB`,
    Vault: vaults[current.vault],
  };
  define($("summary"), Object.entries(facts));
  $("forget-face").hidden = !face;
}

/** Says what came of an act under "What is known of you". */
const answer = (text) => ($("told").textContent = text);

$("export").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("export-button").setAttribute("aria-busy", "true");
  answer("Encrypting\u2026");
  const parcel = await current.export($("passphrase").value);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([parcel]));
  link.download = "me.vouchsafe";
  link.click();
  URL.revokeObjectURL(link.href);
  answer(`Saved, ${parcel.length} bytes. Any server may keep it; only your passphrase opens it.`);
  $("export-button").removeAttribute("aria-busy");
});
$("import").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  answer("Opening\u2026");
  try {
    await current.import(new Uint8Array(await file.arrayBuffer()), $("passphrase").value);
    answer("Welcome back.");
    summarise();
  } catch ({ code, message }) {
    const texts = { "wrong-passphrase": "The passphrase does not open this file, or the file was changed.", "not-a-parcel": "This file is not a profile." };
    answer(texts[code] ?? message);
  }
  target.value = "";
});
$("forget").addEventListener("click", async () => {
  await current.forget();
  history = { moves: [0], trust: [current.status.trust] };
  show(current.status);
  summarise();
  answer("Forgotten, here and in the vault.");
});
$("face").addEventListener("vouchsafe-face", ({ detail }) => {
  if (detail.state !== "passed" || !detail.embedding) return;
  if (current.summary.face) current.face(detail.embedding);
  else {
    current.registerFace(detail.embedding);
    answer("Your face is registered: a template that can be revoked, no picture.");
  }
  summarise();
  settle();
});
$("forget-face").addEventListener("click", () => {
  current.forgetFace();
  summarise();
});

const chart = draw($("chart"), { height: 200, range: [0, 100], splits: [0, 60, 100], label: "moves", line: 60 });

document.querySelectorAll('[name="who"]').forEach((choice) => choice.addEventListener("change", () => void begin(choice.value)));
try {
  await begin("recorded");
} catch (error) {
  say(`The session could not begin (${error.message}).`);
}
