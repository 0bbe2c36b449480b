// What a visitor is asked to do when the site doubts: `ask` fills a panel for the widget's shadow tree.

import { textsIn } from "./languages.js";
import { Panel, type Done, type Need } from "./step-up/panel.js";
import { english, languages } from "./step-up/words.js";

export type { Kind, Suspicion } from "./step-up/panel.js";

export interface Asking {
  /** Undefined when the visitor would rather not. */
  done: Promise<Done | undefined>;
  focus(): void;
  close(): void;
}

/** What the visitor will read. */
export const wordsIn = (language: string) => textsIn(language, languages, english);

/** Puts the puzzles into `box`, a part of `root`. */
export function ask(need: Need, root: ShadowRoot, box: HTMLElement): Asking {
  const panel = new Panel(need, root, () => import("./face.js"));
  box.append(panel.element);
  panel.focus();
  return panel;
}
