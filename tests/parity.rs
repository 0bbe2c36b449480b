//! The native and the WebAssembly build give the same evidence, score and signals for every trace of
//! the corpus. Both are held to `corpus/expected.jsonl`, which the native build writes when
//! `VOUCHSAFE_BLESS` is set: a changed model or feature shows up there as a difference to review.

use vouchsafe::behavior::{Evidence, Family};
use vouchsafe::decision::Policy;
use vouchsafe::trace::codec;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

const CORPUS: &str = include_str!("corpus/traces.jsonl");
const EXPECTED: &str = include_str!("corpus/expected.jsonl");

/// One line a trace: id, score and every byte of evidence.
fn measured() -> String {
    let mut out = String::new();
    for line in CORPUS.lines() {
        let trace = codec::decode(line).unwrap().trace;
        let evidence = Evidence::of(&trace, None);
        let decision = Policy::default().decide(&evidence);
        let bytes: Vec<_> = Family::ALL.iter().map(|family| evidence.family(*family)).collect();
        let record = serde_json::json!([trace.id, decision.score.to_bits(), evidence.span_ms(), bytes]);
        out += &format!("{record}\n");
    }
    out
}

#[test]
fn this_build_measures_the_corpus_as_expected() {
    let measured = measured();
    #[cfg(not(target_arch = "wasm32"))]
    if std::env::var_os("VOUCHSAFE_BLESS").is_some() {
        std::fs::write("tests/corpus/expected.jsonl", &measured).unwrap();
        return;
    }
    for (measured, expected) in measured.lines().zip(EXPECTED.lines()) {
        assert_eq!(measured, expected);
    }
    assert_eq!(measured.lines().count(), EXPECTED.lines().count());
}

#[test]
fn people_and_programs_of_the_corpus_score_apart() {
    let mut wrong = Vec::new();
    let (mut people, mut programs) = (0, 0);
    for line in CORPUS.lines() {
        let trace = codec::decode(line).unwrap().trace;
        let score = Policy::default().decide(&Evidence::of(&trace, None)).score;
        match trace.label {
            Some(vouchsafe::trace::Label::Human) => {
                people += 1;
                // Nobody in the corpus is held to be a program, however little they did.
                assert!(score >= 0.4, "{} scores {score}", trace.id);
            }
            _ => {
                programs += 1;
                if score >= 0.4 {
                    wrong.push(trace.id);
                }
            }
        }
    }
    assert!(people >= 20 && programs >= 20);
    assert!(wrong.len() * 10 <= programs, "programs taken for people: {wrong:?}");
}
