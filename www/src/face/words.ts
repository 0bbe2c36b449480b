// What a visitor reads during a face check. Plain, no blame.

export const words = {
  title: "Show that you are here",
  why: "The camera looks for a live face. Pictures are looked at on this device and forgotten; none is sent or kept.",
  start: "Use the camera",
  other: "Continue without a camera",
  loading: "Getting ready\u2026",
  permission: "Your browser now asks for the camera.",
  calm: "Look into the camera",
  passed: "Thank you. That is all.",
  again: "Try again",
  stop: "Stop",
} as const;

export const prompts: Record<string, string> = {
  "turn-left": "Turn your head to your left",
  "turn-right": "Turn your head to your right",
  "look-up": "Lift your chin",
  blink: "Close your eyes for a moment",
  "open-mouth": "Open your mouth",
  smile: "Smile",
  "move-closer": "Come closer",
};

export const hints: Record<string, string> = {
  "come-closer": "Come closer",
  "move-back": "Move back a little",
  "move-into-view": "Bring your face into the oval",
  "more-light": "More light, please",
  "less-light": "Less light, please",
  "hold-still": "Hold still",
  "face-the-camera": "Look into the camera",
  "one-person-only": "One person only, please",
};

export const refusals: Record<string, string> = {
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
};

export const troubles: Record<string, string> = {
  "camera-denied": "The camera was not allowed. You can allow it in your browser\u2019s settings for this page.",
  "camera-missing": "No camera was found.",
  "camera-busy": "Another program is using the camera.",
  "camera-unplugged": "The camera was unplugged.",
  "camera-unsupported": "This browser or page gives no access to a camera.",
  "no-challenge": "The check on this page could not start. Please try again.",
  network: "The face check could not be loaded. Please check your network.",
  "internal-error": "Something went wrong here.",
};
