// <vouchsafe-trust>: how sure the session is, and a warning before it ends.

import type { SessionEvents, Status } from "../../types/session.js";
import { Element, html, style, svg } from "../dom.js";
import type { Session } from "./session.js";
import css from "../../build/session/trust.css";
import { idleWarning, learnt, words } from "./words.js";

export class VouchsafeTrust extends Element {
  #session: Session | undefined;
  #parts: Parts | undefined;
  #listening: AbortController | undefined;
  #countdown: ReturnType<typeof setInterval> | undefined;

  get session(): Session | undefined {
    return this.#session;
  }

  set session(session: Session | undefined) {
    this.#session = session;
    if (this.isConnected) this.#follow();
  }

  connectedCallback(): void {
    this.#parts ??= build(this.attachShadow({ mode: "open" }));
    this.#follow();
  }

  disconnectedCallback(): void {
    this.#listening?.abort();
    this.#calm();
  }

  #follow(): void {
    this.#listening?.abort();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const session = this.#session;
    if (!session) return;
    const show = () => this.#show(session.status);
    for (const name of ["trust", "challenge", "face", "confirmed", "locked", "unlocked"]) session.addEventListener(name, show, { signal });
    session.addEventListener("idle", (event) => this.#warn((event as SessionEvents["idle"]).detail.seconds), { signal });
    session.addEventListener("back", () => this.#calm(), { signal });
    session.addEventListener(
      "ended",
      () => {
        this.#calm();
        show();
      },
      { signal },
    );
    show();
  }

  #show({ trust, state, learning, enrolled, reasons }: Status): void {
    const parts = this.#parts;
    if (!parts) return;
    const calm = learning ? words.learning : trust >= 80 ? words.known : words.unsure;
    const label = state === "open" ? calm : words[state];
    const band = state === "open" ? (trust >= 60 ? "good" : "doubt") : state === "locked" ? "bad" : "doubt";
    parts.box.dataset.band = state === "ended" ? "over" : band;
    parts.level.setAttribute("stroke-dashoffset", String(100 - trust));
    parts.number.textContent = String(trust);
    parts.ring.setAttribute("aria-valuenow", String(trust));
    parts.ring.setAttribute("aria-valuetext", `${trust} of 100: ${label}`);
    parts.label.textContent = label;
    parts.note.textContent = state === "open" && learning ? learnt(enrolled) : (reasons[0]?.text ?? "");
    // Speaks only when the word changes, not with every number.
    if (parts.spoken.textContent !== label) parts.spoken.textContent = label;
  }

  /** Said once; the number that counts down is for the eye. */
  #warn(seconds: number): void {
    const parts = this.#parts;
    if (!parts) return;
    const until = performance.now() + seconds * 1000;
    const count = () => (parts.count.textContent = idleWarning((until - performance.now()) / 1000));
    count();
    parts.alert.textContent = idleWarning(seconds);
    parts.idle.hidden = false;
    clearInterval(this.#countdown);
    this.#countdown = setInterval(count, 1000);
  }

  #calm(): void {
    clearInterval(this.#countdown);
    if (!this.#parts) return;
    this.#parts.idle.hidden = true;
    this.#parts.alert.textContent = "";
  }
}

interface Parts {
  box: HTMLElement;
  ring: HTMLElement;
  level: SVGElement;
  number: HTMLElement;
  label: HTMLElement;
  note: HTMLElement;
  spoken: HTMLElement;
  idle: HTMLElement;
  alert: HTMLElement;
  count: HTMLElement;
}

function build(root: ShadowRoot): Parts {
  style(root, css);
  const level = svg("circle", { class: "level", cx: "22", cy: "22", r: "19", pathLength: "100", "stroke-dashoffset": "100" });
  const number = html("span", { class: "number", "aria-hidden": "true" });
  const ring = html("div", { class: "ring", part: "ring", role: "meter", "aria-label": words.trust, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0" });
  ring.append(svg("svg", { viewBox: "0 0 44 44", "aria-hidden": "true" }, [svg("circle", { cx: "22", cy: "22", r: "19" }), level]), number);
  const label = html("span", { class: "label", part: "label" });
  const note = html("span", { class: "note", part: "note" });
  const text = html("div");
  text.append(label, note);
  const spoken = html("div", { class: "spoken", role: "status" });
  const alert = html("div", { class: "spoken", role: "alert" });
  const count = html("span", { "aria-hidden": "true" });
  const stay = html("button", { type: "button", part: "stay" });
  stay.textContent = words.stay;
  const idle = html("div", { class: "idle", part: "idle", hidden: "" });
  idle.append(count, stay);
  const box = html("div", { class: "box", part: "box" });
  box.append(ring, text, spoken, alert, idle);
  root.append(box);
  return { box, ring, level, number, label, note, spoken, idle, alert, count };
}
