// <vouchsafe-widget>: idle, working, challenged, verified, failed, expired.

import type { Assessment, ErrorCode } from "../types/vouchsafe.js";
import { seal, start, WidgetError } from "./core.js";
import { languageOf, speaks, textsIn } from "./languages.js";
import { cause, english, languages } from "./messages.js";
import { Element } from "./dom.js";
import { measured } from "./measured.js";
import type { Seal, Ticket } from "./seal.js";
import type { Asking, Kind } from "./step-up.js";
import { build, type View } from "./view.js";

export type State = "idle" | "working" | "challenged" | "verified" | "failed" | "expired";

export class VouchsafeWidget extends Element {
  /** So that `required` counts when the browser validates the form. */
  static readonly formAssociated = true;
  readonly #internals = this.attachInternals?.();
  #view: View | undefined;
  #texts = english;
  #panel: HTMLElement | undefined;
  #field: HTMLInputElement | undefined;
  #form: HTMLFormElement | null = null;
  #state: State = "idle";
  #error: ErrorCode | undefined;
  #ready: { key: Seal; ticket: Ticket; done: number; before?: { pass: string; kind: Kind } } | undefined;
  #asking: Asking | undefined;
  #custom = "";
  #work: AbortController | undefined;
  #connection: AbortController | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  /** Runs while the visitor is asked to do something. */
  #patience: ReturnType<typeof setTimeout> | undefined;

  get state(): State {
    return this.#state;
  }

  /** A fresh voucher, or the empty string while there is none. */
  get voucher(): string {
    return this.#state === "verified" ? this.#sign() : "";
  }

  /** The nonce of the challenge being answered, for a face check; empty while there is none. */
  get challengeNonce(): string {
    return this.#ready?.ticket.terms.nonce ?? "";
  }

  /** Adds what a face check left to the vouchers of the challenge it was made for; false where that is over. */
  attach(nonce: string, evidence: string): boolean {
    if (!this.#ready || nonce !== this.challengeNonce) return false;
    this.#ready.ticket.attach(evidence);
    this.#ready.done = ENOUGH;
    if (this.#field) this.#field.value = this.#sign();
    return true;
  }

  /** What the page's own copy of the judge thinks so far. Advice only: the server decides. */
  async assess(): Promise<Assessment> {
    const { score, verdict, signals, reasons } = measured(await start());
    return { score, verdict, signals, reasons };
  }

  connectedCallback(): void {
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    this.#adopt(signal);
    // In a task of its own: the page's first layout is long enough by itself.
    setTimeout(() => {
      if (signal.aborted) return;
      this.#dress();
      this.#show();
      void this.#translate();
    });
    const online = () => {
      if (this.#error === "network" && this.dataset.retry !== "never") void this.#run();
    };
    window.addEventListener("online", online, { signal });
    if (this.dataset.execution === "execute") return;
    // Watching starts when the page has nothing better to do; work starts when the visitor does.
    whenIdle(() => void start().catch(() => undefined), signal);
    for (const name of ["pointerdown", "keydown", "focusin", "touchstart"]) {
      document.addEventListener(name, () => this.#begin(), { signal, passive: true, capture: true });
    }
  }

  disconnectedCallback(): void {
    this.#connection?.abort();
    this.#abandon();
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#state = "idle";
    this.#field?.remove();
    this.#form = null;
  }

  /** Starts the check, as a click on the widget does. */
  execute(): Promise<void> {
    return this.#run();
  }

  /**
   * Makes sure that there is a voucher the site takes: where it doubts this visitor and offers challenges, asks for
   * one. False where the visitor would rather not, or the check failed.
   */
  async assure(): Promise<boolean> {
    if (this.#state !== "verified" && this.#state !== "challenged") await this.#run();
    // The score may fall while somebody answers; what was done counts then.
    while (this.#state === "verified" && this.#doubt()) await this.#ask();
    return this.#state === "verified";
  }

  /** Forgets the voucher. The next submission, or `execute()`, makes another. */
  reset(): void {
    this.#abandon();
    this.#go("idle");
  }

  /** What is seen of it; built when it is wanted first. */
  #dress(): View {
    this.#view ??= this.#build();
    if (this.dataset.tabindex) this.#view.button.tabIndex = Number(this.dataset.tabindex);
    return this.#view;
  }

  /** As on a field: words that keep the form back, or none. */
  setCustomValidity(message: string): void {
    this.#custom = message;
    this.#show();
  }

  checkValidity(): boolean {
    return this.#internals?.checkValidity() ?? true;
  }

  reportValidity(): boolean {
    return this.#internals?.reportValidity() ?? true;
  }

  #build(): View {
    const view = build(this.attachShadow({ mode: "open", delegatesFocus: true }), english.about);
    view.button.addEventListener("click", () => {
      if (this.#state === "challenged") this.#asking?.focus();
      else if (this.#state !== "working" && this.#state !== "verified") void this.#run();
    });
    view.mark.addEventListener("click", () => void this.#explain(view.mark.ariaExpanded !== "true"));
    view.box.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      if (this.#panel) {
        void this.#explain(false);
        view.mark.focus();
      } else if (this.dataset.display) this.reset();
    });
    return view;
  }

  /** Speaks `data-language`, else the language of the text around the widget, else the visitor's. */
  async #translate(): Promise<void> {
    const { texts, language } = await textsIn(languageOf(this), languages, english);
    this.#texts = texts;
    if (!this.#view) return;
    speaks(this.#view.box, language);
    this.#show();
  }

  /** Puts the hidden field beside the widget and listens to the form it is in. */
  #adopt(signal: AbortSignal): void {
    this.#field ??= Object.assign(document.createElement("input"), { type: "hidden" });
    this.#field.name = this.dataset.responseFieldName ?? "vouchsafe-response";
    this.append(this.#field);
    this.#form = this.closest("form");
    const form = this.#form;
    if (!form) return;
    form.addEventListener("submit", (event) => this.#beforeSubmit(event), { signal, capture: true });
    // Whoever reads the form gets a voucher that covers everything up to now.
    form.addEventListener(
      "formdata",
      ({ formData }) => {
        if (this.#state === "verified" && this.#field) formData.set(this.#field.name, this.#sign());
      },
      { signal },
    );
    form.addEventListener("reset", () => this.reset(), { signal });
  }

  /** A form sent before the check is done waits for it and is then sent by itself. */
  #beforeSubmit(event: SubmitEvent): void {
    if (this.#excused) return;
    if (this.#state === "verified" && !this.#doubt()) {
      if (this.#field) this.#field.value = this.#sign();
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    this.#view?.box.setAttribute("data-waiting", "");
    void this.assure().then((assured) => {
      if (assured || this.#excused) this.#form?.requestSubmit(submitter as HTMLElement | null);
      else this.#view?.button.focus();
    });
  }

  /** Where the browser cannot do the check and the site would rather have the form without it. */
  get #excused(): boolean {
    return this.#error === "unsupported-browser" && this.dataset.fallback === "submit";
  }

  /** How much more the site would ask of this visitor: 0 nothing, 3 most. */
  #doubt(): number {
    if (!this.#ready) return 0;
    const { ticket, done } = this.#ready;
    const { doubt } = ticket;
    return doubt > done ? doubt : 0;
  }

  /** Has the visitor do what the site asks. */
  async #ask(): Promise<void> {
    const { key, ticket, before } = this.#ready!;
    const { kinds } = ticket.terms.step_up!;
    const suspicion = SUSPICIONS[this.#doubt() - 1]!;
    const { ask, wordsIn } = await import("./step-up.js");
    const view = this.#dress();
    const language = view.box.lang;
    const words = await wordsIn(language);
    // Meanwhile it may have begun anew.
    if (this.#ready?.ticket !== ticket || this.#state !== "verified") return;
    const { signal } = (this.#work = new AbortController());
    const work = async (puzzle: string) => `${key.issuer}.${await key.work(puzzle, () => undefined, signal)}`;
    const { pointer, touch } = measured(key.watcher).signals;
    const sighted = pointer !== undefined || touch !== undefined;
    this.#go("challenged");
    const asking = ask({ server: this.#server(), challenge: ticket.token, nonce: ticket.terms.nonce, kinds, suspicion, before, language, words, sighted, work }, this.shadowRoot!, view.box);
    this.#asking = asking;
    const done = await asking.done;
    if (this.#asking !== asking) return;
    this.#asking = undefined;
    if (!done) {
      this.#abandon();
      this.#go("idle");
      return;
    }
    if ("face" in done) {
      ticket.attach(done.face);
      this.#ready.done = ENOUGH;
    } else {
      ticket.pass(done.pass);
      this.#ready.before = done;
      this.#ready.done = SUSPICIONS.indexOf(done.suspicion) + 1;
    }
    this.#go("verified");
  }

  /** Opens or closes the panel that says why somebody is asked and what would be sent. */
  async #explain(open: boolean): Promise<void> {
    const view = this.#view;
    if (!view) return;
    view.mark.ariaExpanded = String(open);
    if (open) {
      const { explain, wordsIn } = await import("./why.js");
      const words = await wordsIn(view.box.lang);
      if (view.mark.ariaExpanded !== "true") return;
      const panel = explain(this.voucher, words);
      if (this.#panel) this.#panel.replaceWith(panel);
      else view.box.append(panel);
      this.#panel = panel;
    } else {
      this.#panel?.remove();
      this.#panel = undefined;
    }
  }

  #begin(): void {
    if (this.#state === "idle" && !this.#work) void this.#run();
  }

  #running: Promise<void> | undefined;

  #run(): Promise<void> {
    if (this.#running) return this.#running;
    const run = this.#check().finally(() => {
      if (this.#running === run) this.#running = undefined;
    });
    return (this.#running = run);
  }

  /** Forgets the voucher and the check under way; the next one need not wait for it to notice. */
  #abandon(): void {
    this.#forget();
    this.#running = undefined;
  }

  async #check(): Promise<void> {
    this.#forget();
    const work = new AbortController();
    this.#work = work;
    this.#go("working");
    try {
      // No challenge for a browser that could not answer it.
      const challenge = start().then(() => this.#challenge(work.signal));
      const [key, { token, received }] = await Promise.all([seal(), challenge]);
      let ticket: Ticket;
      try {
        ticket = key.ticket(token, received);
      } catch {
        throw new WidgetError("server-error");
      }
      const progress = (share: number) => this.#view?.box.style.setProperty("--share", String(share));
      await ticket.solve(progress, work.signal);
      this.#ready = { key, ticket, done: 0 };
      this.#renew(ticket);
      this.#go("verified");
    } catch (error) {
      if (work.signal.aborted) return;
      this.#error = error instanceof WidgetError ? error.code : "internal-error";
      if (this.#error === "internal-error") console.error("vouchsafe:", error);
      this.#go("failed");
    } finally {
      if (this.#work === work) this.#work = undefined;
    }
  }

  async #challenge(signal: AbortSignal): Promise<{ token: string; received: number }> {
    const sitekey = this.dataset.sitekey;
    if (!sitekey) throw new WidgetError("missing-sitekey");
    const url = new URL("challenge", this.#server());
    url.searchParams.set("sitekey", sitekey);
    url.searchParams.set("hostname", location.hostname);
    if (this.dataset.action) url.searchParams.set("action", this.dataset.action);
    let body: { challenge?: string; error?: string };
    let status: number;
    try {
      const timeout = AbortSignal.timeout(CHALLENGE_TIMEOUT_MS);
      const response = await fetch(url, { signal: AbortSignal.any([signal, timeout]), credentials: "omit" });
      status = response.status;
      body = (await response.json()) as typeof body;
    } catch (error) {
      throw error instanceof SyntaxError ? new WidgetError("server-error") : new WidgetError("network");
    }
    if (status === 200 && body.challenge) return { token: body.challenge, received: performance.now() };
    const known = SAID_BY_SERVER.find((code) => code === body.error);
    throw new WidgetError(known ?? "server-error");
  }

  /** `data-server`, else the folder above the script. */
  #server(): URL {
    const given = this.dataset.server;
    const url = given ? new URL(given, document.baseURI) : new URL("..", HERE);
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    return url;
  }

  #sign(): string {
    return this.#ready?.ticket.sign(this.dataset) ?? "";
  }

  /** Keeps the field's voucher young, and the challenge behind it. */
  #renew(ticket: Ticket): void {
    const challengeEnds = performance.now() + ticket.lifetime - RENEW_BEFORE_MS;
    const tick = () => {
      if (performance.now() >= challengeEnds) {
        if ((this.dataset.refreshExpired ?? "auto") === "auto") void this.#run();
        else this.#expire();
        return;
      }
      if (this.#field) this.#field.value = this.#sign();
      this.#renewal = setTimeout(tick, Math.min(RESIGN_EVERY_MS, Math.max(0, challengeEnds - performance.now())));
    };
    tick();
  }

  #expire(): void {
    this.#forget();
    this.#go("expired");
  }

  #forget(): void {
    this.#work?.abort(new DOMException("reset", "AbortError"));
    this.#work = undefined;
    const asking = this.#asking;
    this.#asking = undefined;
    asking?.close();
    clearTimeout(this.#renewal);
    this.#ready = undefined;
    if (this.#field) this.#field.value = "";
    this.#error = undefined;
  }

  #go(state: State): void {
    this.#state = state;
    this.#show();
    if (this.#panel) void this.#explain(true);
    this.#tell();
  }

  #show(): void {
    const view = this.#view;
    if (!view) return;
    const state = this.#state;
    view.box.dataset.state = state;
    if (state === "idle" || state === "verified") view.box.removeAttribute("data-waiting");
    if (state === "working") view.box.style.setProperty("--share", "0");
    const texts = this.#texts;
    view.label.textContent = texts[state === "challenged" ? "idle" : state];
    view.note.textContent =
      state === "failed" ? cause(texts, this.#error ?? "internal-error") : state === "expired" ? texts.renew : texts.about;
    view.fallback.hidden = this.#error !== "unsupported-browser";
    const missing = this.hasAttribute("required") && state !== "verified" && !this.#excused;
    // With a place to point at it lays the page out at once, so only where there is something to point at.
    const custom = this.#custom;
    if (missing || custom) this.#internals?.setValidity({ valueMissing: missing, customError: custom !== "" }, custom || texts.idle, view.button);
    else this.#internals?.setValidity({});
    const busy = state === "working" || state === "verified" || state === "challenged";
    // Not `disabled`: that would throw the focus away under somebody's fingers.
    view.button.setAttribute("aria-disabled", String(busy));
    const spoken = { idle: "", challenged: "", working: texts.working, verified: texts.verified, expired: texts.expired };
    view.status.textContent = state === "failed" ? `${texts.failed}. ${view.note.textContent}` : spoken[state];
  }

  /** Tells the page: DOM events, the callbacks it named, and, when framed, the parent it named. */
  #tell(): void {
    const state = this.#state;
    const detail = { state, voucher: this.#field?.value ?? "", error: this.#error };
    const fire = (name: string, callback?: string, argument?: string) => {
      this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
      const named = callback ? (window as unknown as Record<string, unknown>)[callback] : undefined;
      if (typeof named === "function") named(argument);
    };
    fire("statechange");
    const asks = state === "failed" || state === "expired" || state === "challenged";
    if (asks !== (this.#patience !== undefined)) {
      clearTimeout(this.#patience);
      this.#patience = asks ? setTimeout(() => fire("timeout", this.dataset.timeoutCallback), PATIENCE_MS) : undefined;
      if (asks) fire("before-interactive", this.dataset.beforeInteractiveCallback);
      else fire("after-interactive", this.dataset.afterInteractiveCallback);
    }
    if (this.#error === "unsupported-browser") fire("unsupported", this.dataset.unsupportedCallback);
    if (state === "verified") fire(state, this.dataset.callback, detail.voucher);
    else if (state === "expired") fire(state, this.dataset.expiredCallback, detail.voucher);
    else if (state === "failed") fire(state, this.dataset.errorCallback, this.#error);
    else return;
    const origin = this.dataset.postOrigin;
    if (origin && origin !== "*" && window.parent !== window) {
      window.parent.postMessage({ source: "vouchsafe", ...detail }, origin);
    }
  }
}

function whenIdle(task: () => void, signal: AbortSignal): void {
  const run = () => {
    if (!signal.aborted) task();
  };
  if ("requestIdleCallback" in window) requestIdleCallback(run, { timeout: 1000 });
  else setTimeout(run, 200);
}

/** In a variable, because bundlers would take the folder above for a file of theirs. */
const HERE = import.meta.url;
const CHALLENGE_TIMEOUT_MS = 15_000;
/** Somebody who was asked to do something and has not by then is gone. */
const PATIENCE_MS = 300_000;
const SUSPICIONS = ["mild", "marked", "strong"] as const;
/** As much as a site can doubt. */
const ENOUGH = 3;
/** Vouchers live 300 s. */
const RESIGN_EVERY_MS = 120_000;
/** The last voucher of a challenge must still be redeemable for a moment. */
const RENEW_BEFORE_MS = 2_000;

const SAID_BY_SERVER: ErrorCode[] = ["unknown-sitekey", "unknown-hostname", "too-many-requests"];
