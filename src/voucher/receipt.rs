use super::jws::seal_named;
use super::{VerifiedVoucher, VisitorKey, text};
use crate::decision::Verdict;
use ed25519_dalek::SigningKey;
use serde::Serialize;

/// The key a server signs receipts with: its word that it has verified and redeemed a voucher, for other
/// services that trust this server and should not need its secrets. Any JOSE library checks them against
/// the server's published key set.
pub struct ReceiptKey {
    signing: SigningKey,
    public: PublicKey,
}

/// What a receipt says.
#[derive(Clone, Debug, Serialize)]
struct Receipt<'a> {
    iss: &'a str,
    /// The sitekey.
    aud: &'a str,
    /// The voucher's.
    jti: &'a str,
    iat: u64,
    exp: u64,
    hostname: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cdata: Option<&'a str>,
    score: f64,
    verdict: Verdict,
}

/// One public key of the set at `/.well-known/jwks.json` (RFC 7517, RFC 8037).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the members of RFC 7517")]
pub struct PublicKey {
    pub kty: &'static str,
    pub crv: &'static str,
    pub x: String,
    pub kid: String,
    pub alg: &'static str,
    #[serde(rename = "use")]
    pub purpose: &'static str,
}

impl ReceiptKey {
    /// From 32 secret bytes.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let signing = SigningKey::from_bytes(&seed);
        let public = PublicKey {
            kty: "OKP",
            crv: "Ed25519",
            x: text::encode(signing.verifying_key().as_bytes()),
            kid: VisitorKey::from_seed(seed).thumbprint_text(),
            alg: "EdDSA",
            purpose: "sig",
        };
        Self { signing, public }
    }

    /// The public half, named by its RFC 7638 thumbprint.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// A signed receipt for a voucher, valid for [`RECEIPT_LIFETIME_S`] from `now`.
    pub fn issue(&self, voucher: &VerifiedVoucher, issuer: &str, now: u64) -> String {
        let claims = voucher.claims();
        let receipt = Receipt {
            iss: issuer,
            aud: &claims.aud,
            jti: &claims.jti,
            iat: now,
            exp: now + RECEIPT_LIFETIME_S,
            hostname: &claims.hostname,
            action: claims.action.as_deref(),
            cdata: claims.cdata.as_deref(),
            score: claims.score,
            verdict: claims.verdict,
        };
        // A struct of strings and finite numbers always serialises.
        seal_named(&self.signing, &self.public.kid, &serde_json::to_vec(&receipt).unwrap_or_default())
    }
}

/// How long a receipt holds, seconds.
pub const RECEIPT_LIFETIME_S: u64 = 600;
