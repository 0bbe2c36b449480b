//! Time-based one-time passwords (RFC 6238): SHA-1, six digits, thirty seconds, as authenticator apps expect.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// The step that `code` is right for, now or a step before or after; none that was used already.
pub(crate) fn check(secret: &[u8], code: &str, now_s: u64, used: u64) -> Option<u64> {
    let now = now_s / STEP_S;
    // All three are computed, so that the time tells nothing.
    [now.saturating_sub(1), now, now + 1].into_iter().fold(None, |found, step| {
        let fits: bool = digits(secret, step).as_bytes().ct_eq(code.as_bytes()).into();
        if fits && step > used { Some(step) } else { found }
    })
}

/// The six digits of a step.
pub(crate) fn digits(secret: &[u8], step: u64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 15);
    let number = u32::from_be_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]]) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// As authenticator apps read it: by eye (base32) and as a link.
pub(crate) fn link(secret: &[u8], email: &str) -> (String, String) {
    let text = base32(secret);
    let account: String = serde_urlencoded::to_string([("", email)]).unwrap_or_default().chars().skip(1).collect();
    let link = format!("otpauth://totp/Fernweh:{account}?secret={text}&issuer=Fernweh");
    (text, link)
}

/// RFC 4648 without padding.
fn base32(bytes: &[u8]) -> String {
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let five = |chunk: &[u8]| {
        let value = chunk.iter().fold(0, |sum, bit| sum * 2 + usize::from(bit - b'0')) << (5 - chunk.len());
        char::from(alphabet[value])
    };
    bits.as_bytes().chunks(5).map(five).collect()
}

pub(crate) const STEP_S: u64 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six of eight digits.
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(digits(b"12345678901234567890", seconds / STEP_S), expected);
        }
    }

    #[test]
    fn a_code_is_good_for_a_moment_and_once() {
        let (secret, now) = (b"12345678901234567890", 1_000_000);
        let code = digits(secret, now / STEP_S);
        let step = check(secret, &code, now, 0).unwrap();
        assert_eq!(check(secret, &code, now + STEP_S, 0), Some(step), "a clock half a minute off");
        assert_eq!(check(secret, &code, now + 3 * STEP_S, 0), None);
        assert_eq!(check(secret, &code, now, step), None, "used");
        assert_eq!(check(secret, "", now, 0), None);
    }

    #[test]
    fn base32_is_that_of_the_standard() {
        // RFC 4648, section 10.
        for (text, expected) in [("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32(text.as_bytes()), expected);
        }
    }
}
