use super::{MAX_CHALLENGE_BYTES, StepUp, text};
use crate::behavior::Family;
use hmac::{Hmac, KeyInit, Mac};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What a server asks of a visitor. Stateless: the server keeps nothing until the voucher comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Protocol version, 1.
    pub v: u8,
    /// 16 random bytes as base64url: names the challenge in the replay store.
    pub nonce: String,
    /// Which site asked.
    pub sitekey: String,
    /// The page's host name.
    pub hostname: String,
    /// What the visitor is about to do, where the page says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Issued at, seconds since 1970.
    pub iat: u64,
    /// Expires at, seconds since 1970.
    pub exp: u64,
    /// Leading zero bits asked of each of the [`super::PUZZLES`] puzzles.
    pub difficulty: u8,
    /// Families the voucher's evidence must cover; empty asks for none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub require: Vec<Family>,
    /// What is asked of somebody who is doubted; absent where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_up: Option<StepUp>,
}

/// The server's key for challenges, with older ones that are still accepted.
#[derive(Clone)]
pub struct ChallengeKey {
    secrets: Vec<Vec<u8>>,
}

/// Why secrets are no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not one secret.
    #[error("no challenge secret")]
    Missing,
    /// Not canonical base64url.
    #[error("a challenge secret is not base64url without padding")]
    Encoding,
    /// One that could be guessed.
    #[error("a challenge secret must have at least 16 bytes")]
    Short,
}

/// What a server gave away under its seal, and the half of the seal that it kept.
pub struct Sealed {
    /// `base64url(payload as JSON) "." base64url(HMAC-SHA-256)`.
    pub token: String,
    /// Follows from the key and the payload, and cannot be worked out without the key.
    pub seed: [u8; 32],
}

/// A challenge as the browser holds it: read, not checked (only the server can).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    token: String,
    terms: Terms,
}

/// Why a challenge is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeError {
    /// Longer than [`MAX_CHALLENGE_BYTES`].
    #[error("challenge is longer than {MAX_CHALLENGE_BYTES} bytes")]
    TooLong,
    /// Not `payload.mac`, or a payload that is not the terms of a challenge.
    #[error("challenge is malformed")]
    Malformed,
    /// A protocol version this build does not speak.
    #[error("challenge has an unknown version")]
    Version,
    /// Made or changed by somebody without the key.
    #[error("challenge was not issued by this server")]
    Forged,
}

impl ChallengeKey {
    /// A key from a secret of at least 16 bytes; shorter ones give `None`.
    pub fn new(secret: &[u8]) -> Option<Self> {
        (secret.len() >= 16).then(|| Self { secrets: vec![secret.to_vec()] })
    }

    /// Also accepts challenges issued with an older secret, for rotation without downtime; `None` where
    /// that has fewer than 16 bytes.
    pub fn accepting(mut self, older: &[u8]) -> Option<Self> {
        self.secrets.push((older.len() >= 16).then(|| older.to_vec())?);
        Some(self)
    }

    /// From secrets as configurations hold them, in base64url: the first signs, all are accepted.
    pub fn read(secrets: &[impl AsRef<str>]) -> Result<Self, KeyError> {
        let mut key: Option<Self> = None;
        for secret in secrets {
            let secret = text::decode(secret.as_ref()).ok_or(KeyError::Encoding)?;
            let longer = match key {
                None => Self::new(&secret),
                Some(key) => key.accepting(&secret),
            };
            key = Some(longer.ok_or(KeyError::Short)?);
        }
        key.ok_or(KeyError::Missing)
    }

    /// `base64url(terms as JSON) "." base64url(HMAC-SHA-256)`.
    pub fn issue(&self, terms: &Terms) -> String {
        self.seal(PURPOSE, terms).token
    }

    /// The terms of a challenge that this key issued. Constant time in the code.
    pub fn check(&self, token: &str) -> Result<Terms, ChallengeError> {
        let (terms, _) = self.open(PURPOSE, token)?;
        sound(terms)
    }

    /// Seals a payload of strings and numbers for one purpose. What is sealed for another is not opened.
    pub fn seal(&self, purpose: &str, payload: &impl Serialize) -> Sealed {
        // Such a payload always serialises.
        let payload = text::encode(&serde_json::to_vec(payload).unwrap_or_default());
        let secret = &self.secrets[0];
        let code = mac(secret, &[purpose, " v1"], &payload).finalize().into_bytes();
        Sealed { token: format!("{payload}.{}", text::encode(&code)), seed: seed(secret, purpose, &payload) }
    }

    /// What [`ChallengeKey::seal`] sealed for a purpose, and its [`Sealed::seed`]. Constant time in the code.
    pub fn open<T: DeserializeOwned>(&self, purpose: &str, token: &str) -> Result<(T, [u8; 32]), ChallengeError> {
        let (payload, code) = split(token)?;
        let code = text::decode(code).ok_or(ChallengeError::Malformed)?;
        // Every secret is tried, so that the time does not tell which one fitted.
        let genuine = self.secrets.iter().fold(None, |found, secret| {
            let fits = mac(secret, &[purpose, " v1"], payload).verify_slice(&code).is_ok();
            if fits { Some(secret) } else { found }
        });
        let secret = genuine.ok_or(ChallengeError::Forged)?;
        Ok((parse(payload)?, seed(secret, purpose, payload)))
    }
}

impl Challenge {
    /// Reads a challenge to work on. Whether it is genuine only the server can tell.
    pub fn read(token: &str) -> Result<Self, ChallengeError> {
        let (payload, _) = split(token)?;
        Ok(Self { token: token.to_owned(), terms: sound(parse(payload)?)? })
    }

    /// As it came from the server.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What is asked.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }
}

fn split(token: &str) -> Result<(&str, &str), ChallengeError> {
    if token.len() > MAX_CHALLENGE_BYTES {
        return Err(ChallengeError::TooLong);
    }
    match token.split_once('.') {
        Some((payload, code)) if !code.contains('.') => Ok((payload, code)),
        _ => Err(ChallengeError::Malformed),
    }
}

fn parse<T: DeserializeOwned>(payload: &str) -> Result<T, ChallengeError> {
    let json = text::decode(payload).ok_or(ChallengeError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| ChallengeError::Malformed)
}

fn sound(terms: Terms) -> Result<Terms, ChallengeError> {
    if terms.v != 1 {
        return Err(ChallengeError::Version);
    }
    if terms.difficulty > MAX_DIFFICULTY || text::decode_array::<16>(&terms.nonce).is_none() {
        return Err(ChallengeError::Malformed);
    }
    Ok(terms)
}

fn mac(secret: &[u8], purpose: &[&str], payload: &str) -> Hmac<Sha256> {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
    mac.update(b"vouchsafe ");
    for part in purpose {
        mac.update(part.as_bytes());
    }
    mac.update(b"\0");
    mac.update(payload.as_bytes());
    mac
}

fn seed(secret: &[u8], purpose: &str, payload: &str) -> [u8; 32] {
    mac(secret, &[purpose, " seed v1"], payload).finalize().into_bytes().into()
}

const PURPOSE: &str = "challenge";

/// 16 puzzles of this many bits would take a laptop minutes; no honest server asks for more.
const MAX_DIFFICULTY: u8 = 24;

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::voucher) fn terms() -> Terms {
        Terms {
            v: 1,
            nonce: text::encode(&[7; 16]),
            sitekey: "site".into(),
            hostname: "example.org".into(),
            action: None,
            iat: 1_000_000,
            exp: 1_001_800,
            difficulty: 4,
            require: Vec::new(),
            step_up: None,
        }
    }

    #[test]
    fn a_challenge_comes_back_as_it_was_issued() {
        let key = ChallengeKey::new(&[1; 32]).unwrap();
        let token = key.issue(&terms());
        assert_eq!(key.check(&token), Ok(terms()));
        assert_eq!(Challenge::read(&token).unwrap().terms(), &terms());
    }

    #[test]
    fn a_challenge_of_another_key_or_with_one_bit_changed_is_forged() {
        let key = ChallengeKey::new(&[1; 32]).unwrap();
        let token = key.issue(&terms());
        assert_eq!(ChallengeKey::new(&[2; 32]).unwrap().check(&token), Err(ChallengeError::Forged));
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(key.check(&changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_rotated_key_still_accepts_what_the_old_one_issued() {
        let old = ChallengeKey::new(&[1; 32]).unwrap();
        let new = ChallengeKey::new(&[2; 32]).unwrap().accepting(&[1; 32]).unwrap();
        assert!(new.check(&old.issue(&terms())).is_ok());
        assert!(old.check(&new.issue(&terms())).is_err());
    }

    #[test]
    fn a_short_secret_is_no_key() {
        assert!(ChallengeKey::new(&[1; 15]).is_none());
    }
}
