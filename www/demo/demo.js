// The demo's page script: what any site would write, and a panel that shows what is going on.

import { announce, judge } from "./parts.js";

const byId = (id) => document.getElementById(id);
const [form, widget, submit, outcome] = ["signup", "widget", "submit", "outcome"].map(byId);

const FAMILIES = {
  pointer: "Pointer",
  click: "Clicks",
  typing: "Typing",
  scroll: "Scrolling",
  touch: "Touch",
  attention: "Attention",
  environment: "Browser",
};
const REFUSALS = {
  "challenge-required": "We could not tell that a person is here. Please send the form once more and do what it asks.",
  "score-too-low": "This looked automated to us. If you are a person, please fill in the form once more.",
  "timeout-or-duplicate": "The check was used up or took too long. Please try again.",
  "missing-input-response": "The check has not run. Please try again.",
};

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(byId(button.dataset.copy).textContent);
      byId("copied").textContent = "Copied.";
    } catch {
      byId("copied").textContent = "Your browser does not let a page copy. Please select the text.";
    }
  });
}

let lastVoucher = "";
let settled = false;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  submit.setAttribute("aria-busy", "true");
  const body = new URLSearchParams(new FormData(form));
  lastVoucher = body.get("vouchsafe-response") ?? "";
  try {
    const answer = await send(body);
    settled = true;
    const { verification } = answer;
    if (verification.score !== undefined) show(verification, "as the server judged");
    showVoucher(lastVoucher);
    if (answer.accepted) {
      announce(outcome, "good", "Welcome aboard. Your account would now exist.");
      form.hidden = true;
    } else {
      const code = verification["error-codes"][0];
      announce(outcome, "bad", REFUSALS[code] ?? `The check was not accepted (${verification.error ?? code}). Please try again.`);
      // A voucher is good for one attempt.
      widget.reset();
    }
  } catch {
    announce(outcome, "bad", "The server could not be reached. Your entries are still here.");
    widget.reset();
  }
  submit.removeAttribute("aria-busy");
});

byId("replay").addEventListener("click", async () => {
  const status = byId("replayed");
  try {
    const { verification } = await send(new URLSearchParams({ "vouchsafe-response": lastVoucher }));
    status.textContent = verification.success ? "Accepted. It should not have been." : `Refused: ${verification.message}.`;
  } catch {
    status.textContent = "The server could not be reached.";
  }
});

async function send(body) {
  const response = await fetch(form.action, { method: "POST", body });
  return response.json();
}

function show(judgement, source) {
  judge(judgement, FAMILIES);
  byId("source").textContent = source;
}

function showVoucher(voucher) {
  byId("voucher").hidden = !voucher;
  if (!voucher) return;
  const [, payload] = voucher.split(".");
  const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  byId("claims").textContent = JSON.stringify(JSON.parse(new TextDecoder().decode(bytes)), null, 2);
}

await customElements.whenDefined("vouchsafe-widget");
setInterval(async () => {
  if (settled || document.hidden) return;
  try {
    show(await widget.assess(), "on your device");
  } catch {
    // The widget itself says what is wrong.
  }
}, 700);
