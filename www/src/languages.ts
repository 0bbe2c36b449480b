// Which language something speaks, and its texts: English is in the code, other languages are fetched where they are
// wanted.

/** A file a language, imported one by one, so that every bundler sees them. */
export type Files<T> = Record<string, () => Promise<{ default: T }>>;

/** BCP 47 tag of what an element should speak: `data-language`, else the text around it, else the visitor's. */
export function languageOf(element: HTMLElement): string {
  const { language } = element.dataset;
  return (language === "auto" ? "" : language) || element.closest<HTMLElement>("[lang]")?.lang || navigator.language;
}

/** The texts nearest to a tag, and in which language they are: English where there are none or they are out of reach. */
export async function textsIn<T>(tag: string, files: Files<T>, english: T): Promise<{ texts: T; language: string }> {
  const language = tag.toLowerCase().split("-")[0] ?? "";
  try {
    const texts = (await files[language]?.())?.default;
    if (texts) return { texts, language };
  } catch {
    // Said in English then.
  }
  return { texts: english, language: "en" };
}

export const isRightToLeft = (language: string): boolean => ["ar", "fa", "he", "ur"].includes(language);

/** Puts values into a text's places, `{name}` each. */
export function fill(text: string, values: Record<string, unknown>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
}
