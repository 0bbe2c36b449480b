//! Eight plain words: tick those that name an animal, a colour and so on. Needs no sight, no hearing and one key; a
//! list of these words solves it, which the documentation says.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use serde::Deserialize;
use std::sync::LazyLock;

/// What is asked and shown, and which words are right; the same whatever the language.
pub(super) struct Question {
    asked: usize,
    words: [(usize, usize); 8],
    pub(super) right: [bool; 8],
}

pub(super) fn draw(random: &mut ChaCha8Rng) -> Question {
    let asked = random.random_range(0..CATEGORIES);
    let count = random.random_range(2..=4);
    // Beyond the last of each: none yet.
    let mut words = [(CATEGORIES, WORDS); 8];
    for at in 0..8 {
        words[at] = loop {
            let from = if at < count { asked } else { random.random_range(0..CATEGORIES) };
            let word = (from, random.random_range(0..WORDS));
            if (from == asked) == (at < count) && !words.contains(&word) {
                break word;
            }
        };
    }
    for last in (1..8).rev() {
        words.swap(last, random.random_range(0..=last));
    }
    Question { asked, words, right: words.map(|(from, _)| from == asked) }
}

impl Question {
    pub(super) fn text<'l>(&self, language: &'l Language) -> &'l str {
        &language.categories[self.asked].text
    }

    pub(super) fn words<'l>(&self, language: &'l Language) -> [&'l str; 8] {
        self.words.map(|(from, word)| language.categories[from].words[word].as_str())
    }
}

/// Categories of words in one language. No word stands for two of them, also not in a figure of speech.
pub(super) struct Language {
    pub(super) tag: &'static str,
    pub(super) categories: [Category; CATEGORIES],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Category {
    pub(super) text: String,
    pub(super) words: [String; WORDS],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    animal: Category,
    food: Category,
    furniture: Category,
    body: Category,
    weather: Category,
    travel: Category,
}

/// The language nearest to a BCP 47 tag; English where there is none.
pub(super) fn language(tag: Option<&str>) -> &'static Language {
    let primary = tag.and_then(|tag| tag.split('-').next()).unwrap_or_default();
    LANGUAGES.iter().find(|language| language.tag.eq_ignore_ascii_case(primary)).unwrap_or(&LANGUAGES[0])
}

pub(super) static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| FILES.map(read).into());

fn read((tag, file): (&'static str, &str)) -> Language {
    // They are compiled in, and a test reads them all.
    let file: File = serde_json::from_str(file).unwrap_or_else(|error| panic!("words/{tag}.json: {error}"));
    let categories = [file.animal, file.food, file.furniture, file.body, file.weather, file.travel];
    Language { tag, categories }
}

const CATEGORIES: usize = 6;
const WORDS: usize = 16;
const FILES: [(&str, &str); 14] = [
    ("en", include_str!("words/en.json")),
    ("ar", include_str!("words/ar.json")),
    ("de", include_str!("words/de.json")),
    ("es", include_str!("words/es.json")),
    ("fr", include_str!("words/fr.json")),
    ("it", include_str!("words/it.json")),
    ("ja", include_str!("words/ja.json")),
    ("nl", include_str!("words/nl.json")),
    ("pl", include_str!("words/pl.json")),
    ("pt", include_str!("words/pt.json")),
    ("sv", include_str!("words/sv.json")),
    ("tr", include_str!("words/tr.json")),
    ("uk", include_str!("words/uk.json")),
    ("zh", include_str!("words/zh.json")),
];
