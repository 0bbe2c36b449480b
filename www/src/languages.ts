// Which language something speaks, and its texts: English is in the code, other languages are fetched where they are
// wanted.

/** A file a language, imported one by one, so that every bundler sees them. */
export type Files<T> = Record<string, () => Promise<{ default: T }>>;

/** Texts, and which language they are in. */
export interface Spoken<T> {
  texts: T;
  language: string;
}

/** BCP 47 tag of what an element should speak: `data-language`, else the text around it, else the visitor's. */
export function languageOf(element: HTMLElement): string {
  const { language } = element.dataset;
  return (language === "auto" ? "" : language) || element.closest<HTMLElement>("[lang]")?.lang || navigator.language;
}

/** The texts nearest to a tag; English where there are none or they are out of reach. */
export async function textsIn<T>(tag: string, files: Files<T>, english: T): Promise<Spoken<T>> {
  for (let rest = tag.toLowerCase(); rest; rest = rest.slice(0, Math.max(0, rest.lastIndexOf("-")))) {
    const named = OTHER_NAMES[rest] ?? rest;
    const language = Object.keys(files).find((known) => known.toLowerCase() === named);
    if (!language) continue;
    try {
      return { texts: (await files[language]!()).default, language };
    } catch {
      break;
    }
  }
  return { texts: english, language: "en" };
}

/** Says in which language an element is, and which way that is read. */
export function speaks(element: HTMLElement, language: string): void {
  element.lang = language;
  element.dir = ["ar", "fa", "he", "ur"].includes(language) ? "rtl" : "ltr";
}

/** Puts values into a text's places, `{name}` each. */
export function fill(text: string, values: Record<string, unknown>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
}

const OTHER_NAMES: Record<string, string> = { no: "nb", nn: "nb", iw: "he", in: "id", "zh-tw": "zh-hant", "zh-hk": "zh-hant", "zh-mo": "zh-hant" };
