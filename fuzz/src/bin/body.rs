//! The body of a request to /siteverify, /step-up and /step-up/answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = vouchsafe_server::fuzz_body(true, data);
    let _ = vouchsafe_server::fuzz_body(false, data);
    let _ = vouchsafe_server::fuzz_form(data);
});
