//! A voucher as it arrives: any text. Only the committed good one may pass.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(voucher) = vouchsafe_fuzz::verify(text) {
        assert_eq!(voucher.claims().jti, "CQkJCQkJCQkJCQkJCQkJCQ", "a forgery was accepted");
    }
});
