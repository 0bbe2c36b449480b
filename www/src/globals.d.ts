declare module "./languages/challenges/*" {
  const texts: import("./step-up/words.js").Texts;
  export default texts;
}

declare module "./languages/face/*" {
  const texts: import("./face/words.js").Texts;
  export default texts;
}

declare module "./languages/why/*" {
  const texts: import("./why.js").Texts;
  export default texts;
}

declare module "./languages/*" {
  const texts: import("./messages.js").Texts;
  export default texts;
}

declare module "*.css" {
  const text: string;
  export default text;
}

interface Window {
  trustedTypes?: {
    createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown };
  };
}

declare module "node:fs" {
  export function readFileSync(path: URL): Uint8Array;
}
