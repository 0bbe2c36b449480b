// <vouchsafe-face>: a face check with explanation, camera, prompts and a way without it.

import type { CheckState, Role } from "../../types/face.js";
import type { VouchsafeWidget } from "../../types/vouchsafe.js";
import { encode } from "../base64url.js";
import { Element, html, style, svg } from "../dom.js";
import { languageOf, speaks, textsIn } from "../languages.js";
import { FaceEngine } from "./engine.js";
import css from "../../build/face/face.css";
import { english, languages, type Texts } from "./words.js";

type Phase = "idle" | "loading" | "running" | "passed" | "refused" | "trouble";

export class VouchsafeFace extends Element {
  #engine: FaceEngine | undefined;
  #stream: MediaStream | undefined;
  #attempt = 0;
  #run = 0;
  #parts: Parts | undefined;
  #texts: Texts = english;

  connectedCallback(): void {
    if (this.#parts) return;
    this.#parts = build(this.attachShadow({ mode: "open" }));
    this.#parts.start.onclick = () => void this.start();
    this.#parts.other.onclick = () => {
      this.stop();
      this.#tell("declined");
    };
    this.#speak("en");
    void this.#translate();
  }

  disconnectedCallback(): void {
    this.stop();
    this.#engine?.close();
    this.#engine = undefined;
  }

  async #translate(): Promise<void> {
    const { texts, language } = await textsIn(languageOf(this), languages, english);
    this.#texts = texts;
    this.#speak(language);
  }

  /** Labels what stands there; what is said next is in the same language. */
  #speak(language: string): void {
    const { box, title, bar, other } = this.#parts as Parts;
    const { words } = this.#texts;
    speaks(box, language);
    title.textContent = words.title;
    bar.ariaLabel = words.loading;
    other.textContent = words.other;
    if (this.dataset.phase === undefined || this.dataset.phase === "idle") this.#show("idle", words.why);
  }

  /** Fetches engine and models ahead of time. */
  async preload(): Promise<void> {
    this.#engine ??= new FaceEngine();
    const roles: Role[] = ["detector", "mesh", "continuity", "spoof"];
    if (this.dataset.identify !== undefined) roles.push("identity");
    await this.#engine.load(roles, (share) => {
      if (this.#parts) this.#parts.bar.value = share;
    });
  }

  /** Begins a check; call it only from a click. Ends in `passed`, `refused`, `declined` or `trouble`. */
  async start(): Promise<void> {
    const run = ++this.#run;
    const parts = this.#parts;
    if (!parts) return;
    this.#show("loading", this.#texts.words.loading);
    try {
      try {
        await this.preload();
      } catch (error) {
        throw new Trouble("network", { cause: error });
      }
      const widget = this.#widget();
      const nonce = await this.#nonce(widget);
      if (run !== this.#run) return;
      this.#show("loading", this.#texts.words.permission);
      const stream = await camera();
      if (run !== this.#run) return halt(stream);
      this.#stream = stream;
      parts.video.srcObject = stream;
      await parts.video.play();
      this.#show("running", this.#texts.words.calm);
      await this.#engine?.check(nonce, this.#attempt);
      this.#tell("started");
      const last = await this.#watch(run, stream);
      if (run !== this.#run || !last) return;
      const embedding = last.state === "passed" ? await this.#identify() : undefined;
      this.stop();
      if (last.state === "passed" && widget && !widget.attach(nonce, last.evidence ?? "")) {
        this.#show("refused", this.#texts.refusals.late ?? "");
        this.#tell("refused", { refusal: "late" });
      } else if (last.state === "passed") {
        if (widget) this.#follow(widget, nonce);
        this.#show("passed", this.#texts.words.passed);
        this.#tell("passed", { evidence: last.evidence, attempt: this.#attempt, ...(embedding && { embedding }) });
      } else {
        this.#attempt += 1;
        this.#show("refused", this.#texts.refusals[last.refusal ?? ""] ?? "");
        this.#tell("refused", { refusal: last.refusal });
      }
    } catch (error) {
      if (run !== this.#run) return;
      this.stop();
      const code = error instanceof Trouble ? error.message : "internal-error";
      this.#show("trouble", this.#texts.troubles[code] ?? "");
      this.#tell("trouble", { code });
    }
  }

  #widget(): VouchsafeWidget | null {
    const id = this.getAttribute("for");
    const named = id ? (this.getRootNode() as Document).getElementById(id) : null;
    return (named as VouchsafeWidget | null) ?? this.closest("form")?.querySelector("vouchsafe-widget") ?? null;
  }

  async #nonce(widget: VouchsafeWidget | null): Promise<string> {
    if (!widget) return this.dataset.nonce || encode(crypto.getRandomValues(new Uint8Array(16)));
    if (!widget.challengeNonce) await widget.execute();
    if (!widget.challengeNonce) throw new Trouble("no-challenge");
    return widget.challengeNonce;
  }

  /** A check counts for one challenge: with the next one it can be made again. */
  #follow(widget: VouchsafeWidget, nonce: string): void {
    const changed = () => {
      if (widget.challengeNonce === nonce) return;
      widget.removeEventListener("statechange", changed);
      if (this.dataset.phase === "passed") this.#show("idle", this.#texts.words.why);
    };
    widget.addEventListener("statechange", changed);
  }

  /** Ends the check under way and turns the camera off. */
  stop(): void {
    this.#run += 1;
    if (this.#stream) halt(this.#stream);
    this.#stream = undefined;
    if (this.#parts) {
      this.#parts.video.srcObject = null;
      this.#show("idle", this.#texts.words.why);
    }
  }

  /** Gives frames to the engine, one at a time, until the check ends. */
  async #watch(run: number, stream: MediaStream): Promise<CheckState | undefined> {
    const parts = this.#parts as Parts;
    const track = stream.getVideoTracks()[0];
    let unplugged = false;
    track?.addEventListener("ended", () => (unplugged = true));
    while (run === this.#run) {
      const at = await nextFrame(parts.video);
      if (unplugged) throw new Trouble("camera-unplugged");
      if (run !== this.#run) return undefined;
      if (parts.video.videoWidth === 0) continue;
      const state = await this.#engine?.frame(await createImageBitmap(parts.video), at);
      if (!state || state.state === "passed" || state.state === "refused") return state;
      this.#guide(state);
    }
    return undefined;
  }

  /** Whose face the check was passed by, where the page asks: the same face in the same stream. */
  async #identify(): Promise<number[] | undefined> {
    if (this.dataset.identify === undefined || !this.#parts) return undefined;
    const face = await this.#engine?.follow(await createImageBitmap(this.#parts.video), { embedding: true });
    return face?.embedding;
  }

  #guide(state: CheckState): void {
    const parts = this.#parts as Parts;
    const asked = state.state === "prompt" ? this.#texts.prompts[state.prompt ?? ""] : undefined;
    const text = asked ?? this.#texts.hints[state.hint ?? ""] ?? this.#texts.words.calm;
    say(parts.prompt, text);
    parts.ring.setAttribute("stroke-dashoffset", String(100 - 100 * (asked ? state.progress : 0)));
    parts.steps.forEach((step, i) => step.toggleAttribute("data-done", state.state === "prompt" && i < state.done));
  }

  #show(phase: Phase, text: string): void {
    const parts = this.#parts as Parts;
    this.dataset.phase = phase;
    parts.stage.hidden = phase !== "running" && phase !== "loading";
    parts.bar.hidden = phase !== "loading";
    parts.video.hidden = parts.guide.toggleAttribute("hidden", phase !== "running");
    parts.start.hidden = phase === "running" || phase === "loading" || phase === "passed";
    parts.start.textContent = phase === "refused" || phase === "trouble" ? this.#texts.words.again : this.#texts.words.start;
    parts.other.hidden = phase === "passed";
    say(parts.prompt, text);
  }

  #tell(state: string, detail: object = {}): void {
    this.dispatchEvent(new CustomEvent("vouchsafe-face", { bubbles: true, composed: true, detail: { state, ...detail } }));
  }
}

interface Parts {
  box: HTMLElement;
  title: HTMLElement;
  stage: HTMLElement;
  video: HTMLVideoElement;
  guide: SVGElement;
  ring: SVGElement;
  bar: HTMLProgressElement;
  prompt: HTMLElement;
  steps: HTMLElement[];
  start: HTMLButtonElement;
  other: HTMLButtonElement;
}

/** A code of the texts' `troubles`. */
class Trouble extends Error {}

async function camera(): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new Trouble("camera-unsupported");
  const video = { facingMode: "user", width: { ideal: 640 }, height: { ideal: 480 } };
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    const codes: Record<string, string> = {
      NotAllowedError: "camera-denied",
      SecurityError: "camera-denied",
      NotFoundError: "camera-missing",
      OverconstrainedError: "camera-missing",
      NotReadableError: "camera-busy",
      AbortError: "camera-busy",
    };
    throw new Trouble(codes[name] ?? "camera-unsupported", { cause: error });
  }
}

function halt(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** When the camera's next frame was shown, ms; gives up waiting where none comes. */
function nextFrame(video: HTMLVideoElement): Promise<number> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(performance.now()), 1000);
    const come = (now: number) => {
      clearTimeout(late);
      resolve(now);
    };
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(come);
    else requestAnimationFrame(come);
  });
}

/** Live regions speak when their text changes; the same again stays silent. */
function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function build(root: ShadowRoot): Parts {
  style(root, css);
  const title = html("h2", { part: "title", id: "title" });
  const video = html("video", { part: "video", muted: "", playsinline: "", "aria-hidden": "true", tabindex: "-1" });
  video.muted = true;
  const oval = { cx: "80", cy: "60", rx: "34", ry: "46" };
  const ring = svg("ellipse", { ...oval, class: "ring", pathLength: "100", "stroke-dasharray": "100", "stroke-dashoffset": "100" });
  const guide = svg("svg", { class: "guide", viewBox: "0 0 160 120", "aria-hidden": "true" }, [
    svg("path", { class: "shade", d: "M0 0H160V120H0Z M114 60A34 46 0 1 0 46 60A34 46 0 1 0 114 60Z", "fill-rule": "evenodd" }),
    svg("ellipse", { ...oval, class: "track" }),
    ring,
  ]);
  const bar = html("progress", { part: "progress", max: "1" });
  const stage = html("div", { class: "stage", part: "stage" });
  stage.append(video, guide, bar);
  const prompt = html("p", { class: "prompt", part: "prompt", role: "status", "aria-live": "assertive" });
  const steps = [0, 1, 2].map(() => html("span"));
  const dots = html("div", { class: "steps", "aria-hidden": "true" });
  dots.append(...steps);
  const start = html("button", { type: "button", class: "start", part: "start" });
  const other = html("button", { type: "button", class: "other", part: "other" });
  const buttons = html("div", { class: "buttons" });
  buttons.append(start, other);
  const box = html("section", { class: "box", part: "box", "aria-labelledby": "title" });
  box.append(title, stage, prompt, dots, buttons);
  root.append(box);
  return { box, title, stage, video, guide, ring, bar, prompt, steps, start, other };
}
