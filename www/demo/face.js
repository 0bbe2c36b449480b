// The face page: the check tells what came of it; pictures are looked at and compared.

import { FaceEngine } from "./dist/face.js";

const $ = (id) => document.getElementById(id);
$("check").addEventListener("vouchsafe-face", ({ detail }) => {
  const texts = {
    passed: () => "A live person. Hand it in to see what the server is told.",
    refused: () => `Not this time (${detail.refusal}).`,
    declined: () => "Another way it is: nothing was looked at.",
    trouble: () => `No camera picture (${detail.code}).`,
  };
  const text = texts[detail.state]?.();
  tell(detail.state === "passed" ? "good" : detail.state === "declined" ? "" : "bad", text);
});

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { action } = event.target;
  $("submit").setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(action, { method: "POST", body: new URLSearchParams(new FormData(event.target)) });
    const { verification } = await answer.json();
    tell(verification.success ? "good" : "bad", spoken(verification));
  } catch {
    tell("bad", "The server could not be reached. Nothing is lost; please try again.");
  }
  $("submit").removeAttribute("aria-busy");
  // A voucher is good for one attempt.
  $("widget").reset();
});

/** What the server was told, in words. */
function spoken({ success, face, score, message, "error-codes": codes }) {
  if (score === undefined) return `The server refused it: ${message ?? codes[0]}.`;
  const seconds = face?.responses.map((ms) => (ms / 1000).toFixed(1)).join(", ");
  const seen = face
    ? `The server knows of a live face: answers after ${seconds}\u00a0s, depth ${face.parallax.toFixed(3)}, likeness ${face.similarity.toFixed(2)}.`
    : "The server knows of no face check.";
  const rest = `${success ? "Accepted" : "Not accepted"} with a score of ${Math.round(score * 100)}.`;
  return `${seen} ${rest}`;
}

function tell(kind, text) {
  const result = $("result");
  result.hidden = !text;
  result.className = `outcome ${kind}`;
  result.textContent = text ?? "";
}

let engine;
$("pictures").addEventListener("change", async ({ target }) => {
  const files = [...target.files].slice(0, 2);
  $("seen").replaceChildren();
  $("compared").hidden = true;
  if (files.length === 0) return void say("No picture yet.");
  try {
    say("Getting the engine ready\u2026");
    engine ??= new FaceEngine();
    $("bar").hidden = false;
    const roles = ["detector", "mesh", "expression", "spoof"];
    if (files.length === 2) roles.push("identity");
    await engine.load(roles, (share) => ($("bar").value = share));
    $("bar").hidden = true;
    const largest = [];
    for (const file of files) {
      const picture = await decoded(file);
      if (!picture) return void say(`${file.name} is not a picture this browser can read.`);
      const { canvas, faces, took } = await look(picture, { expression: true, spoof: true, embedding: files.length === 2 });
      $("seen").append(figure(file.name, canvas, faces, took));
      largest.push(faces[0]);
    }
    say(files.length === 1 ? "" : "The largest face of each is compared.");
    if (files.length === 2) await compare(largest);
  } catch (error) {
    $("bar").hidden = true;
    say(`That did not work: ${error.message}`);
  }
});

function say(text) {
  $("said").textContent = text;
}

/** At most two megapixels: more shows no more face. EXIF turns are applied. */
async function decoded(file) {
  try {
    const whole = await createImageBitmap(file);
    const scale = Math.min(1, Math.sqrt(2e6 / (whole.width * whole.height)));
    if (scale === 1) return whole;
    const [resizeWidth, resizeHeight] = [Math.max(1, Math.round(whole.width * scale)), Math.max(1, Math.round(whole.height * scale))];
    return await createImageBitmap(whole, { resizeWidth, resizeHeight, resizeQuality: "high" });
  } catch {
    return undefined;
  }
}

async function look(picture, ask) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height];
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const began = performance.now();
  const faces = await engine.analyze(picture, ask);
  const took = performance.now() - began;
  context.strokeStyle = "#6ed3b6";
  context.fillStyle = "#6ed3b6";
  context.lineWidth = Math.max(2, canvas.width / 300);
  for (const face of faces) {
    context.strokeRect(...face.box);
    const size = Math.max(1, face.box[2] / 120);
    for (const [x, y] of face.landmarks) context.fillRect(x - size / 2, y - size / 2, size, size);
  }
  return { canvas, faces, took };
}

function figure(name, canvas, faces, took) {
  const figure = document.createElement("figure");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${name}, with ${faces.length} faces marked`);
  const caption = document.createElement("figcaption");
  caption.textContent = faces.length === 0 ? `${name}: no face found.` : `${name}: ${faces.length === 1 ? "one face" : `${faces.length} faces`}, ${Math.round(took)} ms.`;
  figure.append(canvas, caption);
  for (const face of faces.slice(0, 5)) {
    const list = document.createElement("dl");
    list.className = "facts";
    const fact = (term, value) => {
      const dt = document.createElement("dt");
      const dd = document.createElement("dd");
      dt.textContent = term;
      dd.textContent = value;
      list.append(dt, dd);
    };
    fact("Sure", `${Math.round(face.confidence * 100)} %`);
    if (face.pose) fact("Turn", `${Math.round(face.pose.yaw)}\u00b0 sideways, ${Math.round(face.pose.pitch)}\u00b0 down`);
    if (face.expression) fact("Shows", face.expression.dominant);
    if (face.spoof !== undefined) fact("Print or screen", `${Math.round(face.spoof * 100)} % (a hint)`);
    if (face.quality.hints.length) fact("Better with", face.quality.hints.map((hint) => hint.text).join("; "));
    figure.append(list);
  }
  return figure;
}

async function compare([a, b]) {
  const compared = $("compared");
  compared.hidden = false;
  if (!a || !b) return void (compared.textContent = "A face is missing in one of them.");
  const cosine = await engine.similarity(a.embedding, b.embedding);
  compared.textContent = `${cosine >= 0.363 ? "The same person" : "Two people"} (likeness ${cosine.toFixed(2)}, same from 0.36)`;
}
