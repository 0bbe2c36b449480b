/** Texts in a language: of the type that who imports them says, which tests hold the files to. */
declare module "./languages/*" {
  const texts: never;
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
