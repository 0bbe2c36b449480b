//! A challenge: read by a browser, checked by a server. Only what the key issued may pass.
#![no_main]

use vouchsafe::voucher::Challenge;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = Challenge::read(text);
    if let Ok(terms) = vouchsafe_fuzz::key().check(text) {
        assert_eq!(vouchsafe_fuzz::key().issue(&terms), text, "another spelling of a challenge was accepted");
    }
});
