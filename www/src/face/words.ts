// What a visitor reads during a face check. Plain, no blame. English is here; `languages/face/` is fetched where it is
// wanted.

import type { Files } from "../languages.js";

export const english = {
  words: {
    title: "Show that you are here",
    why: "The camera looks for a live face. Pictures are looked at on this device and forgotten; none is sent or kept.",
    start: "Use the camera",
    other: "Continue without a camera",
    loading: "Getting ready\u2026",
    permission: "Your browser now asks for the camera.",
    calm: "Look into the camera",
    passed: "Thank you. That is all.",
    again: "Try again",
  },
  prompts: {
    "turn-left": "Turn your head to your left",
    "turn-right": "Turn your head to your right",
    "look-up": "Lift your chin",
    blink: "Close your eyes for a moment",
    "open-mouth": "Open your mouth",
    smile: "Smile",
    "move-closer": "Come closer",
  },
  hints: {
    "come-closer": "Come closer",
    "move-back": "Move back a little",
    "move-into-view": "Bring your face into the oval",
    "more-light": "More light, please",
    "less-light": "Less light, please",
    "hold-still": "Hold still",
    "face-the-camera": "Look into the camera",
    "one-person-only": "One person only, please",
  },
  refusals: {
    "no-face": "No face was seen.",
    "timed-out": "The movement was not seen in time.",
    "face-lost": "Your face left the picture.",
    "several-faces": "More than one face was in view.",
    "other-face": "The face changed on the way.",
    jump: "The picture jumped.",
    frozen: "The camera\u2019s picture stood still.",
    repeated: "The camera\u2019s pictures came twice.",
    "wrong-movement": "Other movements were seen than those asked for.",
    late: "That took too long.",
    flat: "The camera saw no depth in the picture.",
  },
  troubles: {
    "camera-denied": "The camera was not allowed. You can allow it in your browser\u2019s settings for this page.",
    "camera-missing": "No camera was found.",
    "camera-busy": "Another program is using the camera.",
    "camera-unplugged": "The camera was unplugged.",
    "camera-unsupported": "This browser or page gives no access to a camera.",
    "no-challenge": "The check on this page could not start. Please try again.",
    network: "The face check could not be loaded. Please check your network.",
    "internal-error": "Something went wrong here.",
  },
};

/** Prompts, hints, refusals and troubles by their codes. */
export type Texts = Record<"prompts" | "hints" | "refusals" | "troubles", Record<string, string>> & Pick<typeof english, "words">;

export const languages: Files<Texts> = {
  ar: () => import("./languages/face/ar.js"),
  de: () => import("./languages/face/de.js"),
  es: () => import("./languages/face/es.js"),
  fr: () => import("./languages/face/fr.js"),
  it: () => import("./languages/face/it.js"),
  ja: () => import("./languages/face/ja.js"),
  nl: () => import("./languages/face/nl.js"),
  pl: () => import("./languages/face/pl.js"),
  pt: () => import("./languages/face/pt.js"),
  sv: () => import("./languages/face/sv.js"),
  tr: () => import("./languages/face/tr.js"),
  uk: () => import("./languages/face/uk.js"),
  zh: () => import("./languages/face/zh.js"),
};
