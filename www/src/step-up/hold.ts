// A button to be held until told; or, for switches that cannot hold, pressed twice.

import { html, said } from "../dom.js";
import { button, type Hands, type Puzzle, type Shown } from "./panel.js";

export async function hold(shown: Shown, hands: Hands): Promise<Puzzle> {
  const texts = hands.texts.hold;
  const element = html("div", {});
  const pad = button(texts.press, "pad");
  element.append(said("p", texts.text, { id: "step-up-task" }), pad);
  pad.setAttribute("aria-describedby", "step-up-task");

  let run: Run | undefined;

  const tell = (text: string) => {
    pad.textContent = text;
    hands.say(text);
  };
  const down = () => {
    if (run?.latched) {
      finish();
      return;
    }
    if (run) return;
    const mine: Run = { since: performance.now(), latched: false };
    run = mine;
    pad.dataset.held = "";
    tell(texts.holding);
    hands.send("step-up/answer", { puzzle: shown.puzzle, answer: "" }).then(
      ({ cue }) => {
        if (run !== mine) return;
        mine.cue = String(cue);
        pad.dataset.held = "cue";
        tell(mine.latched ? texts.again : texts.release);
      },
      (error: unknown) => {
        if (run !== mine) return;
        reset();
        hands.fail(error);
      },
    );
  };
  const up = () => {
    if (!run || run.latched) return;
    if (!run.cue && performance.now() - run.since < TAP_MS) {
      run.latched = true;
      tell(texts.latched);
    } else finish();
  };
  const finish = () => {
    const cue = run?.cue;
    reset();
    if (cue) void hands.submit(cue, "");
    else hands.say(texts.early);
  };
  const reset = () => {
    run = undefined;
    delete pad.dataset.held;
    pad.textContent = texts.press;
  };

  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    down();
  });
  pad.addEventListener("pointerup", up);
  pad.addEventListener("pointercancel", up);
  pad.addEventListener("contextmenu", (event) => event.preventDefault());
  let held = false;
  const presses = ({ key }: KeyboardEvent) => key === " " || key === "Enter";
  pad.addEventListener("keydown", (event) => {
    if (!presses(event)) return;
    event.preventDefault();
    if (!held) down();
    held = true;
  });
  pad.addEventListener("keyup", (event) => {
    if (!presses(event)) return;
    event.preventDefault();
    held = false;
    up();
  });
  // Screen readers and switch software click without pressing.
  pad.addEventListener("click", (event) => {
    if (event.detail !== 0 || held) return;
    down();
    up();
  });
  return { element, stop: reset };
}

/** From the first press on; `latched` once it was let go at once. */
interface Run {
  since: number;
  latched: boolean;
  cue?: string;
}

/** Let go this soon, it was not meant to be held, ms. */
const TAP_MS = 500;
