//! Claims of a visitor who signs what he likes: past the signature, into everything behind it. A voucher
//! that passes must have the score that its evidence gives.
#![no_main]

use vouchsafe::decision::Policy;
use vouchsafe::voucher::VisitorKey;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let visitor = VisitorKey::from_seed(std::array::from_fn(|i| i as u8));
    if let Ok(voucher) = vouchsafe_fuzz::verify(&visitor.seal(data)) {
        assert_eq!(voucher.score(), Policy::default().decide(voucher.evidence()).score);
        assert!((0.0..=1.0).contains(&voucher.score()));
    }
});
