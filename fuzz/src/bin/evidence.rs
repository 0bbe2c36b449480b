//! Evidence bytes: any that have the right lengths are judged to a finite score.
#![no_main]

use vouchsafe::behavior::{Evidence, Family};
use vouchsafe::decision::Policy;
use vouchsafe::voucher::NoveltyFilter;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let [present, a, b, c, d, rest @ ..] = data else { return };
    let mut rest = rest.iter().copied().chain(std::iter::repeat(0));
    let families = Family::ALL.map(|family| {
        let bytes: Vec<u8> = rest.by_ref().take(family.specs().len()).collect();
        (present >> family as u8 & 1 == 1).then_some(bytes)
    });
    let Ok(evidence) = Evidence::from_parts(families, u32::from_le_bytes([*a, *b, *c, *d])) else { return };
    let decision = Policy::default().decide(&evidence);
    assert!((0.0..=1.0).contains(&decision.score), "{}", decision.score);
    let _ = evidence.is_consistent();
    let filter = NoveltyFilter::new(4);
    assert!(filter.admit(&evidence, &[1; 32]));
    let _ = filter.admit(&evidence, &[2; 32]);
});
