//! What the fuzz targets share. `cargo xtask fuzz` builds and runs them.

use vouchsafe::voucher::{ChallengeKey, Expectation, MemoryStore, VerifiedVoucher, Verifier, VerifyError};

/// When the seeds in `seeds/` were valid.
pub const NOW: u64 = 1_800_000_000;

/// The key of the committed test vectors.
pub fn key() -> ChallengeKey {
    ChallengeKey::new(b"a secret for test vectors").expect("long enough")
}

/// Verifies as a server does.
pub fn verify(voucher: &str) -> Result<VerifiedVoucher, VerifyError> {
    let expected = Expectation { sitekey: Some("vectors"), ..Expectation::default() };
    Verifier::new(key()).verify(voucher, &expected, NOW, &MemoryStore::default())
}
