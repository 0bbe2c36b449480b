//! Eight words in plain English: tick those that name an animal, a colour and so on. Needs no sight, no hearing and
//! one key; a list of these words solves it, which the documentation says.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

pub(super) struct Question {
    pub(super) text: String,
    pub(super) words: [&'static str; 8],
    pub(super) right: [bool; 8],
}

pub(super) fn draw(random: &mut ChaCha8Rng) -> Question {
    let asked = random.random_range(0..CATEGORIES.len());
    let count = random.random_range(2..=4);
    let mut words: [(&str, bool); 8] = [("", false); 8];
    for at in 0..8 {
        let right = at < count;
        words[at] = loop {
            let from = if right { asked } else { random.random_range(0..CATEGORIES.len()) };
            let word = CATEGORIES[from].1[random.random_range(0..16)];
            if (from == asked) == right && !words.iter().any(|(other, _)| *other == word) {
                break (word, right);
            }
        };
    }
    for last in (1..8).rev() {
        words.swap(last, random.random_range(0..=last));
    }
    Question {
        text: format!("Tick every word that names {}.", CATEGORIES[asked].0),
        words: words.map(|(word, _)| word),
        right: words.map(|(_, right)| right),
    }
}

/// No word stands for two of these, also not in a figure of speech.
pub(super) const CATEGORIES: [(&str, [&str; 16]); 6] = [
    (
        "an animal",
        [
            "horse", "rabbit", "spider", "eagle", "whale", "sheep", "tiger", "frog", "goose", "camel", "beaver",
            "lizard", "squirrel", "donkey", "elephant", "hedgehog",
        ],
    ),
    (
        "something to eat",
        [
            "bread", "cheese", "soup", "rice", "butter", "pancake", "noodles", "carrot", "banana", "porridge", "honey",
            "biscuit", "onion", "sandwich", "pudding", "lentils",
        ],
    ),
    (
        "a piece of furniture",
        [
            "chair",
            "table",
            "sofa",
            "wardrobe",
            "bookcase",
            "armchair",
            "stool",
            "cupboard",
            "desk",
            "bench",
            "sideboard",
            "dresser",
            "bunk bed",
            "footstool",
            "couch",
            "cot",
        ],
    ),
    (
        "a part of the body",
        [
            "elbow", "knee", "shoulder", "ankle", "thumb", "forehead", "wrist", "stomach", "eyebrow", "heel", "chin",
            "throat", "hip", "nostril", "toe", "spine",
        ],
    ),
    (
        "a kind of weather",
        [
            "rain",
            "snow",
            "fog",
            "thunderstorm",
            "hail",
            "drizzle",
            "sunshine",
            "sleet",
            "blizzard",
            "frost",
            "mist",
            "heatwave",
            "hurricane",
            "breeze",
            "tornado",
            "drought",
        ],
    ),
    (
        "a way to travel",
        [
            "bicycle",
            "train",
            "aeroplane",
            "ferry",
            "tram",
            "motorbike",
            "lorry",
            "canoe",
            "helicopter",
            "bus",
            "rowing boat",
            "taxi",
            "scooter",
            "submarine",
            "sledge",
            "hot-air balloon",
        ],
    ),
];
