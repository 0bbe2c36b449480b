// A form that doubts everybody. The widget asks by itself when the form is sent.

import { announce, define } from "./parts.js";

const byId = (id) => document.getElementById(id);
const [form, widget, submit, outcome] = ["form", "widget", "submit", "outcome"].map(byId);
const WAYS = { work: "more work for the browser", pictures: "pictures", fit: "the puzzle piece", question: "words", hold: "holding a button" };

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  submit.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const { accepted, verification } = await response.json();
    const [code] = verification["error-codes"];
    announce(outcome, accepted ? "good" : "bad", accepted ? "Thank you. The timetable would now be on its way." : `Not accepted (${verification.error ?? code}). Please send the form again.`);
    const way = verification.face ? "the camera" : (WAYS[verification.challenge] ?? "nothing");
    byId("nothing").hidden = true;
    define(byId("said"), [
      ["Accepted", accepted ? "yes" : "no"],
      ["Score", verification.score === undefined ? "none" : Math.round(verification.score * 100)],
      ["Passed", way],
    ]);
  } catch {
    announce(outcome, "bad", "The server could not be reached. Your entries are still here.");
  }
  // A voucher is good for one attempt.
  widget.reset();
  submit.removeAttribute("aria-busy");
});
