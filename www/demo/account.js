// Accounts: what a site's own script does around the widget.

import { announce as say, judge } from "./parts.js";

const $ = (id) => document.getElementById(id);
const widget = $("widget");
const PARTS = { mouse: "Mouse", keyboard: "Keyboard", clicks: "Clicks", time: "Time", scroll: "Scrolling", focus: "Focus" };
const announce = (kind, text) => say($("outcome"), kind, text);
let account;
let idleAt = Infinity;

// Signing in, signing up, passwords

for (const button of document.querySelectorAll("[data-form]")) button.addEventListener("click", () => showForm(button.dataset.form));

function showForm(name) {
  for (const form of ["sign-in", "sign-up", "reset", "new-password"]) $(form).hidden = form !== name;
  for (const button of document.querySelectorAll("[data-form]")) button.ariaPressed = String(button.dataset.form === name);
  const titles = { "sign-in": "Sign in", "sign-up": "New account", reset: "Forgot password", "new-password": "New password" };
  $("out-title").textContent = titles[name];
}

for (const name of ["sign-in", "sign-up"]) {
  $(name).addEventListener("submit", (event) =>
    handle(event, async (form) => {
      announce("");
      enter(await post(form.dataset.path, { ...entries(form), ...(await vouched()) }));
      form.reset();
      $("code-row").hidden = true;
    }),
  );
}

$("reset").addEventListener("submit", (event) =>
  handle(event, async (form) => {
    await post("reset", entries(form));
    announce("good", "If there is an account with this address, a link is on its way.");
  }),
);

$("new-password").addEventListener("submit", (event) =>
  handle(event, async (form) => {
    await post("reset/finish", { ...entries(form), token: resetToken() });
    history.replaceState(null, "", location.pathname);
    form.reset();
    showForm("sign-in");
    announce("good", "The new password is set. Please sign in.");
  }),
);

const resetToken = () => new URLSearchParams(location.hash.slice(1)).get("reset");

// The account

function enter(me) {
  account = me;
  $("out").hidden = true;
  $("in").hidden = false;
  refresh();
  $("in-title").focus();
  // Once what led here is over.
  setTimeout(notice);
}

function leave(said) {
  account = undefined;
  idleAt = Infinity;
  if ($("idle").open) $("idle").close();
  $("in").hidden = true;
  $("out").hidden = false;
  $("judged").hidden = true;
  $("pending").hidden = true;
  $("face-room").hidden = true;
  $("face-room").replaceChildren();
  showForm(resetToken() ? "new-password" : "sign-in");
  if (said) announce("bad", said);
  void mails().catch(() => undefined);
}

function refresh() {
  const { name, email, second_factor, face, behavior, idle_in_s } = account;
  $("who").textContent = `${name}, ${email}`;
  $("factor-said").textContent = second_factor ? "Signing in asks for a code." : "Signing in asks for the password alone.";
  $("factor-begin").hidden = second_factor || !$("factor").hidden;
  $("factor-remove").hidden = !second_factor;
  $("face-said").textContent = face ? "A new e-mail address needs your face before the camera." : "Nothing asks for your face.";
  $("face-toggle").textContent = face ? "No longer ask for my face" : "Ask for my face";
  idleAt = Date.now() + idle_in_s * 1000;
  if (behavior) judged(behavior);
}

for (const button of document.querySelectorAll("[data-part]")) {
  button.addEventListener("click", () => {
    for (const other of document.querySelectorAll("[data-part]")) {
      other.ariaPressed = String(other === button);
      $(other.dataset.part).hidden = other !== button;
    }
    // Going somewhere within the page is a moment to look, unless something is asked already.
    if ($("pending").hidden) notice();
  });
}

$("sign-out").addEventListener("click", () => attempt(async () => {
  await post("sign-out");
  leave();
  announce("good", "You are signed out.");
}));

$("email").addEventListener("submit", (event) =>
  handle(event, async (form) => {
    const wanted = entries(form);
    if (account.face) await confirmFace();
    await post("email", { ...wanted, ...(await vouched()) });
    form.reset();
    await me();
    announce("good", "The address is changed; both addresses were told.");
  }),
);

$("factor-begin").addEventListener("click", () => attempt(async () => {
  const { secret, link } = await post("second-factor");
  $("factor-secret").textContent = secret.match(/.{1,4}/g).join(" ");
  $("factor-link").href = link;
  $("factor").hidden = false;
  $("factor-begin").hidden = true;
  $("factor-code").focus();
}));

for (const name of ["factor", "factor-remove"]) {
  $(name).addEventListener("submit", (event) =>
    handle(event, async (form) => {
      await post(form.dataset.path, entries(form));
      form.reset();
      $("factor").hidden = true;
      await me();
      announce("good", account.second_factor ? "Signing in asks for a code from now on." : "The second factor is off.");
    }),
  );
}

$("face-toggle").addEventListener("click", () => attempt(async () => {
  if (account.face) await confirmFace();
  else await registerFace();
  await post("face", { wanted: !account.face, ...(await vouched()) });
  await me();
  announce("good", account.face ? "A new e-mail address asks for your face from now on." : "Nothing asks for your face any more.");
}));

/** What this device knows of the person; whose face it is never leaves it. */
async function known() {
  const { session } = await import("./dist/session.js");
  return session({ user: `fernweh-${account.id}`, watch: false });
}

async function registerFace() {
  const embedding = await lookAtFace();
  const device = await known();
  device.registerFace(embedding);
  await device.end();
}

/** The server asks that a living face was there; this device, that it is the registered one. */
async function confirmFace() {
  const embedding = await lookAtFace();
  const device = await known();
  const same = device.face(embedding);
  await device.end();
  if (same === undefined) throw new Refusal("Your face was registered in another browser. Please go on there, or ask for a new password by mail: that takes the wish back.");
  if (!same) throw new Refusal("This is not the face that was registered. Nothing was changed.");
}

/** Shows the face check until it has passed, and gives the face; the check itself goes into the widget's next voucher. */
async function lookAtFace() {
  const room = $("face-room");
  await import("./dist/face.js");
  const check = document.createElement("vouchsafe-face");
  check.setAttribute("for", "widget");
  check.dataset.identify = "";
  room.replaceChildren(check);
  room.hidden = false;
  try {
    return await new Promise((passed, failed) => {
      check.addEventListener("vouchsafe-face", ({ detail }) => {
        if (detail.state === "passed") passed(detail.embedding);
        if (detail.state === "declined") failed(new Refusal("Nothing was changed: that needs a face before the camera."));
      });
    });
  } finally {
    room.hidden = true;
    room.replaceChildren();
  }
}

// Behaviour

let noticing = Promise.resolve();
/** What the visitor is doing uses the widget: its voucher, and a face check's, must not be spent meanwhile. */
let busy = 0;

/** Shows the server how this session has gone since the last time. */
function notice(how) {
  if (account && !busy) noticing = observe(how);
}

async function observe({ asked = false } = {}) {
  try {
    if (asked) await widget.assure();
    else if (widget.state !== "verified") await widget.execute();
    const { behavior, said } = await post("behavior", { "vouchsafe-response": widget.voucher });
    // Signed out meanwhile.
    if (!account) return;
    judged(behavior);
    $("pending").hidden = said.next === "go";
    if (said.next === "challenge") {
      const times = said.left === 1 ? "Once more without, and the account is locked." : `${said.left} times without, and the account is locked.`;
      $("pending-said").textContent = `This does not look like you. Please show that it is. ${times}`;
    }
    idleAt = Date.now() + account.policy.idle_s * 1000;
  } catch (error) {
    said(error);
  }
  if (account) await widget.execute();
}

$("pending-go").addEventListener("click", () => notice({ asked: true }));

setInterval(() => {
  if (account && !document.hidden && moved && $("pending").hidden && widget.state === "verified") {
    moved = false;
    notice();
  }
}, 20_000);

function judged(judgement) {
  if (judgement.score === undefined) return;
  $("judged").hidden = false;
  judge({ ...judgement, signals: judgement.parts }, PARTS);
}

/** A voucher the site takes, after whatever it asks; good for one request. */
async function vouched() {
  if (!(await widget.assure())) throw new Refusal("The check was not finished. Your entries are still here.");
  return { "vouchsafe-response": widget.voucher };
}

// Idleness

let moved = false;
let told = 0;
for (const name of ["pointermove", "keydown", "wheel", "touchstart"]) {
  addEventListener(name, () => {
    moved = true;
    if (!account || $("idle").open || Date.now() - told < 20_000) return;
    told = Date.now();
    void stay();
  }, { passive: true });
}

async function stay() {
  try {
    await post("stay");
    if (account) idleAt = Date.now() + account.policy.idle_s * 1000;
  } catch (error) {
    said(error);
  }
}

setInterval(() => {
  if (!account) return;
  const left = Math.ceil((idleAt - Date.now()) / 1000);
  const dialog = $("idle");
  if (left > account.policy.warn_s) return;
  if (!dialog.open) dialog.showModal();
  // Spoken every ten seconds, not every second.
  if (left % 10 === 0 || !$("idle-said").textContent) $("idle-said").textContent = `You will be signed out in ${Math.max(0, left)} seconds.`;
  if (left < 0) void me().catch(said);
}, 1000);

$("idle").addEventListener("cancel", (event) => event.preventDefault());
$("idle-stay").addEventListener("click", () => {
  $("idle").close();
  $("idle-said").textContent = "";
  void stay();
});
$("idle-leave").addEventListener("click", () => $("sign-out").click());

// The server

/** What the server refuses, in its words. */
class Refusal extends Error {}

/** The session is over, which has been said. */
class Over extends Error {}

async function post(path, fields = {}) {
  const headers = { "content-type": "application/json", "x-csrf": account?.csrf ?? "" };
  const sent = answered(() => fetch(`account/${path}`, { method: "POST", headers, body: JSON.stringify(fields) }));
  // A voucher is good for once.
  if ("vouchsafe-response" in fields) widget.reset();
  return sent;
}

async function answered(ask) {
  let response, body;
  try {
    response = await ask();
    body = await response.json();
  } catch {
    throw new Refusal("The server could not be reached. Your entries are still here.");
  }
  if (response.ok) return body;
  if (body.error === "code-needed") {
    $("code-row").hidden = false;
    $("in-code").focus();
  }
  const over = response.status === 401 || (account && body.error === "locked");
  // Signed out on the other side; an answer that comes after signing out on this one says nothing new.
  if (over && account) leave(body.message);
  if (over) throw new Over();
  throw new Refusal(body.message ?? "Something went wrong here.");
}

async function me() {
  const found = await answered(() => fetch("account/me"));
  if (!found.signed_in) return leave(found.error === "signed-out" ? undefined : found.message);
  if (!account) return enter(found);
  account = found;
  refresh();
}

async function mails() {
  const list = $("mail-list");
  const { mails } = await answered(() => fetch("account/outbox"));
  if (mails.length === 0) return;
  list.replaceChildren(
    ...mails.map(({ to, subject, text, link }) => {
      const item = document.createElement("li");
      item.append(`${subject} (to ${to}). ${text} `);
      if (link) item.append(Object.assign(document.createElement("a"), { href: link, textContent: "Open the link" }));
      return item;
    }),
  );
}

const entries = (form) => Object.fromEntries(new FormData(form));

async function handle(event, work) {
  event.preventDefault();
  const form = event.currentTarget;
  const button = form.querySelector("button");
  button.setAttribute("aria-busy", "true");
  await attempt(() => work(form));
  button.removeAttribute("aria-busy");
}

async function attempt(work) {
  busy += 1;
  try {
    await noticing;
    await work();
  } catch (error) {
    said(error);
  }
  busy -= 1;
  void mails().catch(() => undefined);
}

function said(error) {
  if (error instanceof Over) return;
  if (!(error instanceof Refusal)) console.error(error);
  announce("bad", error instanceof Refusal ? error.message : "Something went wrong here.");
}

addEventListener("hashchange", () => resetToken() && !account && showForm("new-password"));

await customElements.whenDefined("vouchsafe-widget");
try {
  await me();
} catch (error) {
  leave(error.message);
}
await mails().catch(() => undefined);
