//! JWS compact serialisation (RFC 7515) with exactly one algorithm: EdDSA over Ed25519 (RFC 8037),
//! the public key in the header.

use super::{Thumbprint, text};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The visitor's key: made for one page, never stored, never sent.
pub struct VisitorKey {
    signing: SigningKey,
}

/// Why a text is not a JWS of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Not three canonical base64url parts with the header and key this protocol has.
    #[error("voucher is malformed")]
    Malformed,
    /// Header names another algorithm, type or curve.
    #[error("voucher is signed with another algorithm")]
    Algorithm,
    /// The signature does not fit, or the key is one of the weak ones.
    #[error("voucher's signature does not fit")]
    Signature,
}

impl VisitorKey {
    /// From 32 random bytes.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self { signing: SigningKey::from_bytes(&seed) }
    }

    /// RFC 7638 thumbprint of the public key.
    pub fn thumbprint(&self) -> Thumbprint {
        thumbprint(&self.jwk())
    }

    /// The thumbprint as base64url.
    pub fn thumbprint_text(&self) -> String {
        text::encode(&self.thumbprint())
    }

    fn jwk(&self) -> Jwk {
        Jwk { kty: "OKP".into(), crv: "Ed25519".into(), x: text::encode(self.signing.verifying_key().as_bytes()) }
    }

    /// `header.payload.signature` over claims as JSON.
    pub fn seal(&self, claims: &[u8]) -> String {
        let jwk = self.jwk();
        let header = ["{\"alg\":\"EdDSA\",\"typ\":\"", TYP, "\",\"jwk\":", &canonical(&jwk), "}"].concat();
        compact(&self.signing, &header, claims)
    }
}

/// A receipt: the key is only named, whoever checks it has it from the key set.
pub(super) fn seal_named(key: &SigningKey, kid: &str, claims: &[u8]) -> String {
    let header = ["{\"alg\":\"EdDSA\",\"typ\":\"", RECEIPT_TYP, "\",\"kid\":\"", kid, "\"}"].concat();
    compact(key, &header, claims)
}

fn compact(key: &SigningKey, header: &str, claims: &[u8]) -> String {
    let signed = [&text::encode(header.as_bytes()), ".", &text::encode(claims)].concat();
    let signature = text::encode(&key.sign(signed.as_bytes()).to_bytes());
    [&signed, ".", &signature].concat()
}

/// A parsed JWS whose signature has not been looked at yet.
pub(super) struct Unverified<'a> {
    signed: &'a str,
    signature: [u8; 64],
    jwk: Jwk,
    pub(super) payload: Vec<u8>,
}

impl<'a> Unverified<'a> {
    pub(super) fn parse(jws: &'a str) -> Result<Self, JwsError> {
        let (signed, signature) = jws.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed)?;
        let signature = text::decode_array(signature).ok_or(JwsError::Malformed)?;
        let header = text::decode(header).ok_or(JwsError::Malformed)?;
        let payload = text::decode(payload).ok_or(JwsError::Malformed)?;
        // The algorithm is looked at before the rest of the header, so that `none` is named as what it is.
        let named: Algorithm = serde_json::from_slice(&header).map_err(|_| JwsError::Malformed)?;
        if named.alg != "EdDSA" {
            return Err(JwsError::Algorithm);
        }
        let header: Header = serde_json::from_slice(&header).map_err(|_| JwsError::Malformed)?;
        if header.alg != named.alg || header.typ != TYP || header.jwk.kty != "OKP" || header.jwk.crv != "Ed25519" {
            return Err(JwsError::Algorithm);
        }
        Ok(Self { signed, signature, jwk: header.jwk, payload })
    }

    /// The thumbprint of the key that signed.
    pub(super) fn verify(&self) -> Result<Thumbprint, JwsError> {
        let key: [u8; 32] = text::decode_array(&self.jwk.x).ok_or(JwsError::Malformed)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| JwsError::Signature)?;
        // Strict: refuses keys and signatures of small order, which fit more than one message.
        key.verify_strict(self.signed.as_bytes(), &Signature::from_bytes(&self.signature))
            .map_err(|_| JwsError::Signature)?;
        Ok(thumbprint(&self.jwk))
    }
}

fn thumbprint(jwk: &Jwk) -> Thumbprint {
    Sha256::digest(canonical(jwk)).into()
}

/// RFC 7638's form: members in order, no white space. Every value is base64url or a name of ours.
fn canonical(jwk: &Jwk) -> String {
    ["{\"crv\":\"", &jwk.crv, "\",\"kty\":\"", &jwk.kty, "\",\"x\":\"", &jwk.x, "\"}"].concat()
}

#[derive(Deserialize)]
struct Algorithm {
    alg: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    jwk: Jwk,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
}

const TYP: &str = "vouchsafe+jws";
const RECEIPT_TYP: &str = "vouchsafe-receipt+jwt";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_verifies_and_any_changed_byte_is_noticed() {
        let key = VisitorKey::from_seed([9; 32]);
        let jws = key.seal(b"{}");
        assert_eq!(Unverified::parse(&jws).unwrap().verify(), Ok(key.thumbprint()));
        for at in 0..jws.len() {
            let mut bytes = jws.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            let outcome = Unverified::parse(&changed).and_then(|jws| jws.verify());
            assert!(outcome.is_err(), "byte {at}");
        }
    }

    #[test]
    fn thumbprints_follow_rfc_7638_and_8037() {
        // RFC 8037, appendix A.3.
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let jwk = Jwk { kty: "OKP".into(), crv: "Ed25519".into(), x: x.into() };
        assert_eq!(text::encode(&thumbprint(&jwk)), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn other_algorithms_are_refused_by_name() {
        let sign = |header: &str| format!("{}.e30.{}", text::encode(header.as_bytes()), text::encode(&[0; 64]));
        for alg in ["none", "None", "HS256", "RS256", "ES256", "Ed25519"] {
            let jws = sign(&format!(r#"{{"alg":"{alg}","typ":"vouchsafe+jws"}}"#));
            assert_eq!(Unverified::parse(&jws).err(), Some(JwsError::Algorithm), "{alg}");
        }
    }

    #[test]
    fn a_small_order_key_is_refused() {
        // The identity point: with it, the signature (identity, 0) fits every message under lax rules.
        let mut x = [0_u8; 32];
        x[0] = 1;
        let header = format!(
            r#"{{"alg":"EdDSA","typ":"{TYP}","jwk":{{"kty":"OKP","crv":"Ed25519","x":"{}"}}}}"#,
            text::encode(&x)
        );
        let mut signature = [0_u8; 64];
        signature[0] = 1;
        let jws = format!("{}.e30.{}", text::encode(header.as_bytes()), text::encode(&signature));
        assert_eq!(Unverified::parse(&jws).unwrap().verify(), Err(JwsError::Signature));
    }
}
