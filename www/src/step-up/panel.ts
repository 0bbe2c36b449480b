// What a visitor does when the site doubts: a choice of puzzles, and one of them at a time. Fetched when needed.

import { adopt, html, said } from "../dom.js";
import { fill, speaks, type Spoken } from "../languages.js";
import { camera } from "./camera.js";
import { fit } from "./fit.js";
import { hold } from "./hold.js";
import { pictures } from "./pictures.js";
import { question } from "./question.js";
import css from "../../build/step-up/step-up.css";
import type { Texts } from "./words.js";

export type Kind = "work" | "pictures" | "fit" | "question" | "hold" | "face";
export type Suspicion = "mild" | "marked" | "strong";

/** What the widget knows. */
export interface Need {
  /** Folder of the server. */
  server: URL;
  challenge: string;
  nonce: string;
  kinds: Kind[];
  suspicion: Suspicion;
  /** What was done before for less than is asked now: it counts. */
  before: { pass: string; kind: Kind } | undefined;
  /** BCP 47 tag of the page's language; puzzles of words ask in it where they can. */
  language: string;
  /** What the visitor reads. */
  words: Spoken<Texts>;
  /** Whether anything says that this visitor uses a pointer or a finger. */
  sighted: boolean;
  /** Does the work of a token; `thumbprint.answer`, both base64url. */
  work(token: string): Promise<string>;
}

/** What was done: the server's token and how much doubt it settles, or what a face check left. */
export type Done = { pass: string; kind: Kind; suspicion: Suspicion } | { face: string };

/** A puzzle as the server shows it. */
export interface Shown {
  puzzle: string;
  kind: Kind;
  round: number;
  rounds: number;
  [part: string]: unknown;
}

/** One kind of puzzle on the page. */
export interface Puzzle {
  element: HTMLElement;
  /** What the visitor chose; without it the puzzle answers by itself. */
  answer?(): string;
  /** Ends what runs. */
  stop?(): void;
}

/** What a puzzle may say and do. */
export interface Hands {
  texts: Texts;
  send(path: string, form: Record<string, string>): Promise<Record<string, unknown>>;
  submit(puzzle: string, answer: string): Promise<void>;
  say(text: string): void;
  /** Takes the puzzle away and says why. */
  fail(error: unknown): void;
}

class Trouble extends Error {}

export class Panel {
  readonly element = html("div", { class: "step-up", part: "step-up", role: "group", "aria-labelledby": "step-up-title" });
  readonly done: Promise<Done | undefined>;
  readonly #need: Need;
  readonly #first: Kind;
  readonly #texts: Texts;
  /** Fetches the face check. */
  readonly #face: () => Promise<unknown>;
  readonly #over = new AbortController();
  #settle!: (done: Done | undefined) => void;
  #puzzle: Puzzle | undefined;
  #shown: Shown | undefined;
  #asked = 0;
  readonly #title: HTMLElement;
  readonly #room = html("div", { class: "puzzle" });
  readonly #status = html("p", { class: "said", role: "status" });
  readonly #check: HTMLButtonElement;
  readonly #another: HTMLButtonElement;
  readonly #retry: HTMLButtonElement;

  constructor(need: Need, root: ShadowRoot, face: () => Promise<unknown>) {
    this.#need = need;
    this.#face = face;
    this.#first = first(need);
    this.done = new Promise((resolve) => (this.#settle = resolve));
    dress(root);
    const { texts, language } = need.words;
    const { panel } = texts;
    this.#texts = texts;
    speaks(this.element, language);
    this.#title = said("strong", panel.title, { id: "step-up-title", tabindex: "-1" });
    this.#check = button(panel.check, "primary");
    this.#another = button(panel.another);
    this.#retry = button(panel.retry, "primary");
    const later = button(panel.later, "quiet");
    const actions = html("div", { class: "actions" });
    actions.append(this.#check, this.#retry, this.#another, later);
    this.element.append(this.#title, said("p", panel.why), this.#choice(), this.#room, this.#status, actions);
    this.#check.onclick = () => {
      if (this.#shown && this.#puzzle?.answer) void this.#submit(this.#shown.puzzle, this.#puzzle.answer());
    };
    this.#another.onclick = this.#retry.onclick = () => void this.#ask(this.#kind());
    later.onclick = () => this.close();
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
    void this.#ask(this.#first);
  }

  focus(): void {
    this.#title.focus();
  }

  /** Ends it with nothing done. */
  close(): void {
    this.#end(undefined);
  }

  #end(done: Done | undefined): void {
    this.#over.abort();
    this.#puzzle?.stop?.();
    this.element.remove();
    this.#settle(done);
  }

  #choice(): HTMLElement {
    const kinds = html("fieldset", { class: "kinds" });
    kinds.append(said("legend", this.#texts.panel.group));
    for (const kind of this.#need.kinds) {
      if (kind === "work") continue;
      const input = html("input", { type: "radio", name: "step-up-kind", value: kind });
      input.checked = kind === this.#first;
      input.onchange = () => void this.#ask(kind);
      const label = html("label", {});
      label.append(input, this.#texts.names[kind]);
      kinds.append(label);
    }
    kinds.hidden = kinds.querySelectorAll("input").length < 2;
    return kinds;
  }

  #kind(): Kind {
    return (this.element.querySelector<HTMLInputElement>(".kinds input:checked")?.value ?? this.#first) as Kind;
  }

  #choose(kind: Kind): void {
    this.element.querySelector<HTMLInputElement>(`.kinds input[value="${kind}"]`)?.click();
  }

  /** A puzzle settles more than a little doubt; the score may fall while somebody solves it. */
  #suspicion(kind: Kind): Suspicion {
    const { suspicion } = this.#need;
    return suspicion === "mild" && kind !== "work" ? "marked" : suspicion;
  }

  /** Shows another puzzle of a kind. */
  async #ask(kind: Kind): Promise<void> {
    const asked = ++this.#asked;
    this.#clear();
    if (kind === "face") {
      const passed = (evidence: string) => this.#end({ face: evidence });
      this.#show(camera(this.#texts, this.#face, this.#need.nonce, passed, () => this.#choose("question")), true);
      return;
    }
    this.#say(this.#texts.panel.loading);
    try {
      const { challenge, language, before } = this.#need;
      const form = { challenge, kind, suspicion: this.#suspicion(kind), language, ...(before && { pass: before.pass }) };
      const shown = (await this.#send("step-up", form)) as unknown as Shown;
      if (asked === this.#asked) await this.#receive(shown);
    } catch (error) {
      if (asked === this.#asked) this.#trouble(error);
    }
  }

  async #receive(shown: Shown): Promise<void> {
    const asked = this.#asked;
    const hands: Hands = { texts: this.#texts, send: (path, form) => this.#send(path, form), submit: (puzzle, answer) => this.#submit(puzzle, answer), say: (text) => this.#say(text), fail: (error) => this.#trouble(error) };
    if (shown.kind === "work") {
      await this.#submit(shown.puzzle, await this.#need.work(shown.puzzle));
      return;
    }
    const made = await makers[shown.kind as keyof typeof makers](shown, hands);
    if (asked !== this.#asked) return;
    this.#shown = shown;
    this.#say(shown.rounds > 1 ? fill(this.#texts.panel.round, { ...shown }) : "");
    this.#show(made, !made.answer);
  }

  async #submit(puzzle: string, answer: string): Promise<void> {
    const asked = this.#asked;
    this.#check.setAttribute("aria-disabled", "true");
    this.#say(this.#texts.panel.loading);
    try {
      const said = await this.#send("step-up/answer", { puzzle, answer });
      if (asked !== this.#asked) return;
      if (typeof said.pass === "string") {
        this.#say(this.#texts.panel.passed);
        const kind = this.#shown?.kind ?? "work";
        this.#end({ pass: said.pass, kind, suspicion: this.#suspicion(kind) });
      } else if (said.wrong) {
        await this.#ask(this.#kind());
        this.#say(fill(this.#texts.panel.wrong, said));
      } else {
        this.#asked += 1;
        this.#clear();
        await this.#receive(said as unknown as Shown);
        this.#say(`${this.#texts.panel.next} ${this.#status.textContent}`);
      }
    } catch (error) {
      if (asked === this.#asked) this.#trouble(error);
    } finally {
      this.#check.removeAttribute("aria-disabled");
    }
  }

  async #send(path: string, form: Record<string, string>): Promise<Record<string, unknown>> {
    let response: Response;
    let body: Record<string, unknown>;
    try {
      const signal = AbortSignal.any([this.#over.signal, AbortSignal.timeout(TIMEOUT_MS)]);
      response = await fetch(new URL(path, this.#need.server), { method: "POST", body: new URLSearchParams(form), signal, credentials: "omit" });
      body = (await response.json()) as typeof body;
    } catch {
      throw new Trouble("network");
    }
    if (!response.ok) throw new Trouble(typeof body.error === "string" ? body.error : "other");
    return body;
  }

  #clear(): void {
    this.#puzzle?.stop?.();
    this.#puzzle = undefined;
    this.#shown = undefined;
    this.#room.replaceChildren();
    this.#check.hidden = this.#another.hidden = this.#retry.hidden = true;
  }

  #show(puzzle: Puzzle, byItself: boolean): void {
    this.#puzzle = puzzle;
    this.#room.replaceChildren(puzzle.element);
    this.#check.hidden = byItself;
    this.#another.hidden = byItself;
  }

  #trouble(error: unknown): void {
    if (this.#over.signal.aborted) return;
    const code = error instanceof Trouble ? error.message : "other";
    if (code === "other") console.error("vouchsafe:", error);
    this.#clear();
    const troubles: Record<string, string> = this.#texts.troubles;
    this.#say(troubles[code] ?? this.#texts.troubles.other);
    // A challenge with too many wrong answers is spent; the widget fetches another.
    if (code === "locked") setTimeout(() => this.#end(undefined), LOCKED_MS);
    else this.#retry.hidden = false;
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }
}

/** The least that is asked of this visitor: work alone, else what fits how the page is used. */
function first({ kinds, suspicion, sighted, before }: Need): Kind {
  if (suspicion === "mild" && kinds.includes("work")) return "work";
  if (before && before.kind !== "work") return before.kind;
  const order: Kind[] = sighted ? ["pictures", "fit", "question"] : ["question"];
  return order.find((kind) => kinds.includes(kind)) ?? "question";
}

const makers = { pictures, fit, question, hold };

export function button(text: string, kind = ""): HTMLButtonElement {
  return said("button", text, { type: "button", class: `action ${kind}` });
}

const dressed = new WeakSet<ShadowRoot>();

function dress(root: ShadowRoot): void {
  if (dressed.has(root)) return;
  dressed.add(root);
  adopt(root, css);
}

/** A held button is answered after some seconds. */
const TIMEOUT_MS = 15_000;
/** Long enough to read why. */
const LOCKED_MS = 4_000;
