// What a visitor reads who is asked for more. English is here; `languages/challenges/` is fetched where it is wanted.

import type { Files } from "../languages.js";

export const english = {
  panel: {
    title: "One more step",
    why: "This site would like to be surer that a person is here. Choose what suits you best; all of them count the same.",
    group: "What suits you",
    loading: "A moment\u2026",
    check: "Check",
    another: "Another one",
    later: "Not now",
    retry: "Try again",
    round: "{round} of {rounds}",
    wrong: "Not quite. Tries left: {left}.",
    next: "Right. Here is the next one.",
    passed: "Thank you.",
  },
  names: {
    pictures: "Pictures",
    fit: "Puzzle piece",
    question: "Words",
    hold: "Hold a button",
    face: "Camera",
  },
  pictures: {
    text: "Choose every picture in which the dot lies inside the closed line.",
    picture: "Picture {number} of 9",
  },
  fit: {
    text: "Put the piece where it was cut out. Drag it, tap its place, or use the arrow keys (with Shift: big steps).",
    picture: "A picture with three dark holes",
    piece: "Piece",
    at: "{x} from the left, {y} from the top",
  },
  hold: {
    text: "Press and hold the button until it says \u201cLet go now\u201d. If you cannot hold: press once, and once more when it says so.",
    press: "Press and hold",
    holding: "Keep holding\u2026",
    latched: "Wait\u2026",
    release: "Let go now",
    again: "Press now",
    early: "Let go too soon. Please press again.",
  },
  camera: {
    text: "The camera looks whether a living face is there. Pictures stay on this device.",
    failed: "The camera check could not be loaded.",
  },
  troubles: {
    network: "No connection. Please check your network.",
    expired: "The time for this one is over.",
    replayed: "This one was answered before.",
    locked: "Too many wrong answers. Please start again.",
    "too-many-requests": "Too many tries from this network. Please wait a minute.",
    other: "Something went wrong here.",
  },
};

export type Texts = typeof english;

export const languages: Files<Texts> = {
  ar: () => import("./languages/challenges/ar.js"),
  de: () => import("./languages/challenges/de.js"),
  es: () => import("./languages/challenges/es.js"),
  fr: () => import("./languages/challenges/fr.js"),
  it: () => import("./languages/challenges/it.js"),
  ja: () => import("./languages/challenges/ja.js"),
  nl: () => import("./languages/challenges/nl.js"),
  pl: () => import("./languages/challenges/pl.js"),
  pt: () => import("./languages/challenges/pt.js"),
  sv: () => import("./languages/challenges/sv.js"),
  tr: () => import("./languages/challenges/tr.js"),
  uk: () => import("./languages/challenges/uk.js"),
  zh: () => import("./languages/challenges/zh.js"),
};
