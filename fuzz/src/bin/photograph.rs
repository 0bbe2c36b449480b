//! A picture file: what decodes has as many pixels as it may, whatever the file says.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(picture) = vouchsafe::photograph::decode(data, MOST) else { return };
    assert!(picture.as_raw().len() <= MOST * 4);
});

/// Small, so that thousands are read in a second.
const MOST: usize = 1 << 16;
