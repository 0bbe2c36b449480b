//! A line of recorded events: what decodes also encodes, and is measured and judged.
#![no_main]

use vouchsafe::behavior::Evidence;
use vouchsafe::decision::Policy;
use vouchsafe::trace::codec;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(record) = codec::decode(text) else { return };
    let decision = Policy::default().decide(&Evidence::of(&record.trace, None));
    assert!((0.0..=1.0).contains(&decision.score));
    let again = codec::decode(&codec::encode(&record.trace)).expect("what we write we read");
    assert_eq!(again.trace.events.len(), record.trace.events.len());
});
