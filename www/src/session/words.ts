// What a person reads about their session. Plain, no blame.

export const words = {
  trust: "Trust in this session",
  learning: "Getting to know you",
  known: "You are recognised",
  unsure: "Looking a little closer",
  challenge: "Please confirm that it is you",
  face: "Please show your face to go on",
  locked: "Locked for your safety",
  ended: "Signed out",
  stay: "Stay signed in",
} as const;

export function idleWarning(seconds: number): string {
  const rounded = Math.max(1, Math.round(seconds));
  return `Nothing has happened for a while. You will be signed out in ${rounded} ${rounded === 1 ? "second" : "seconds"}.`;
}

export function learnt(share: number): string {
  return `${Math.round(share * 100)} % learnt, on this device only`;
}
