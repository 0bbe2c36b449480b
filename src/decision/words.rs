/// Plain English for a reason's code. The widget translates by code.
pub fn words(code: &str) -> &'static str {
    ALL.iter().find(|(known, _)| *known == code).map_or("unnamed", |(_, text)| text)
}

pub(super) const ALL: &[(&str, &str)] = &[
    ("movement-like-people", "the pointer moves the way a hand moves it"),
    ("movement-unlike-people", "the pointer's movement is unlike a hand's"),
    ("typing-like-people", "the keys have the rhythm of fingers"),
    ("typing-unlike-people", "the rhythm of the keys is unlike fingers"),
    ("words-quick", "words begin too quickly"),
    ("keys-in-turn", "each key is pressed as the one before is let go"),
    ("click-without-approach", "clicks happen where the pointer did not travel to"),
    ("approach-too-fast", "the pointer clicks faster than a finger can"),
    ("click-intervals-constant", "clicks follow each other like a clock"),
    ("click-hold-too-short", "the button is released faster than a finger can"),
    ("click-hold-constant", "the button is held equally long every time"),
    ("click-hold-varies", "the button is held as a finger holds it"),
    ("scroll-mechanical", "the wheel turns in equal steps at equal times"),
    ("scroll-varies", "the wheel turns unevenly, as fingers turn it"),
    ("touch-too-short", "touches are shorter than a finger's"),
    ("touch-constant", "touches are equally long"),
    ("touch-varies", "touches vary as fingers do"),
    ("faster-than-hands", "more keys and clicks than hands can make"),
    ("input-while-hidden", "input came while the page was hidden"),
    ("webdriver", "the browser says that it is driven by a program"),
    ("headless-agent", "the browser says that it has no screen"),
    ("driver-globals", "a browser driver left its marks in the page"),
    ("untrusted-input", "a script made up events"),
    ("no-languages", "the browser names no language"),
    ("no-outer-size", "the window has no size"),
    ("injected-coordinates", "the pointer is where no device points"),
    ("moves-without-movement", "the pointer changes place without moving"),
    ("no-coalesced-history", "moves come without the device's finer samples"),
    ("nothing-unusual", "nothing unusual, but too little to be sure"),
    ("not-enough", "not enough happened to judge"),
];
