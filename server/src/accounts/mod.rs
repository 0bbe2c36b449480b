//! Accounts of the demo: what a site would build around Vouchsafe, small enough to copy. `routes` is HTTP, `store` SQLite,
//! `policy` says who is asked and locked, `totp` is the second factor, `outbox` the mail.

mod outbox;
mod policy;
mod routes;
mod store;
mod totp;

pub use policy::Policy;
pub(crate) use routes::routes;

use crate::config::ACCOUNTS_SITEKEY;
use crate::dashboard::Dashboard;
use crate::pressure::{Pressure, shortened};
use crate::reply::Refusal;
use anyhow::{Context, Result};
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use axum::http::StatusCode;
use base64ct::{Base64UrlUnpadded, Encoding};
use outbox::{Mail, Outbox};
use policy::Next;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Session, Store, User};

/// Accounts, sessions, mail. Every method may wait for a disk or hash a password: call it where waiting is allowed.
pub(crate) struct Accounts {
    store: Mutex<Store>,
    outbox: Outbox,
    policy: Policy,
    guesses: Pressure,
    dashboard: Option<Arc<Dashboard>>,
    /// Of no account, so that a wrong address takes as long as a wrong password.
    nobody: String,
}

/// What a visitor's browser keeps, and what shows that a request comes from our page.
pub(crate) struct Token([u8; 32]);

impl Accounts {
    /// `database` is where they are kept unless the policy says otherwise.
    pub(crate) fn open(policy: Policy, database: String, dashboard: Option<Arc<Dashboard>>) -> Result<Self> {
        let database = policy.database.clone().unwrap_or(database);
        let temporary = || std::env::temp_dir().join(format!("vouchsafe-outbox-{}", std::process::id()));
        let folder = policy.outbox.clone().unwrap_or_else(|| {
            if database == "memory" { temporary() } else { Path::new(&database).with_file_name("outbox") }
        });
        Ok(Self {
            store: Mutex::new(Store::open(&database)?),
            outbox: Outbox::open(folder)?,
            policy,
            guesses: Pressure::new(),
            dashboard,
            nobody: hashed("nobody knows this")?,
        })
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the dashboard.
    fn happened(&self, key: &'static str) {
        if let Some(dashboard) = &self.dashboard {
            dashboard.happened(ACCOUNTS_SITEKEY, "account", key);
        }
    }

    /// A new account, signed in.
    pub(crate) fn sign_up(&self, name: &str, email: &str, password: &str, from: IpAddr, now: u64) -> Outcome<Token> {
        let (name, email) = (name.trim(), email.trim());
        sound(name, email)?;
        strong(password)?;
        let hash = hashed(password)?;
        let user = self.store().add(name, email, &hash)?.ok_or(TAKEN)?;
        self.happened("signed up");
        self.begin(user, from, now)
    }

    /// Signs in. Wrong address, wrong password and no account are one answer.
    pub(crate) fn sign_in(&self, email: &str, password: &str, code: &str, from: IpAddr, now: u64) -> Outcome<Token> {
        let email = email.trim();
        self.may_guess(email)?;
        let user = self.store().user_of(email)?;
        let hash = user.as_ref().map_or(&self.nobody, |user| &user.password);
        let right = PasswordHash::new(hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        let Some(known) = user.filter(|_| right) else {
            self.happened("wrong password");
            return Err(self.guessed(email, WRONG));
        };
        change(&self.store(), known.id, |user| {
            if user.password != known.password {
                return Err(self.guessed(email, WRONG));
            }
            if user.locked {
                return Err(LOCKED.into());
            }
            if let Some(secret) = &user.totp {
                if code.is_empty() {
                    return Err(CODE_NEEDED.into());
                }
                let step = totp::check(secret, code.trim(), now, user.totp_used);
                user.totp_used = step.ok_or_else(|| self.guessed(email, CODE_WRONG))?;
            }
            Ok(())
        })?;
        self.happened("signed in");
        self.begin(known.id, from, now)
    }

    /// Whether there is room for one more guess at an account.
    fn may_guess(&self, email: &str) -> Outcome<()> {
        let most = self.policy.wrong_passwords;
        let full = self.guesses.add(&email.to_lowercase(), 0.0, most) > 1.0 - 1.0 / most as f32;
        if full { Err(RESTS.into()) } else { Ok(()) }
    }

    /// A wrong guess is counted and told.
    fn guessed(&self, email: &str, refusal: Refusal) -> Failure {
        self.guesses.add(&email.to_lowercase(), 1.0, self.policy.wrong_passwords);
        refusal.into()
    }

    fn begin(&self, user: i64, from: IpAddr, now: u64) -> Outcome<Token> {
        let token = Token(crate::random());
        let id = token.id();
        let store = self.store();
        store.sweep(now.saturating_sub(self.policy.session_s))?;
        store.begin(&Session {
            id,
            user,
            began: now,
            seen: now,
            network: network(&id, from),
            changes: 0,
            standing: policy::Standing::default(),
            behavior: None,
            totp: None,
        })?;
        Ok(token)
    }

    pub(crate) fn sign_out(&self, token: &Token) -> Outcome<()> {
        Ok(self.store().end(&token.id())?)
    }

    /// Whose session it is, if it still is one. Using it counts as being there, but for `look`.
    pub(crate) fn who(&self, token: &Token, from: IpAddr, now: u64, look: bool) -> Outcome<(User, Session)> {
        let (store, mut session) = self.held(&token.id())?;
        let user = store.user(session.user)?.ok_or(SIGNED_OUT)?;
        if user.locked {
            store.end_all(user.id)?;
            return Err(LOCKED.into());
        }
        if now > session.seen + self.policy.idle_s || now > session.began + self.policy.session_s {
            store.end(&session.id)?;
            return Err(IDLE.into());
        }
        let network = network(&session.id, from);
        if network != session.network {
            session.network = network;
            session.changes = session.changes.saturating_add(1);
            self.happened("changed network");
        }
        if !look {
            session.seen = now;
        }
        store.keep(&session)?;
        drop(store);
        if session.changes >= self.policy.address_changes {
            return Err(self.lock(user, "It was used from too many networks within one session.")?.into());
        }
        Ok((user, session))
    }

    /// A session as it is now, and the store, so that it stays so: another request of it may have been answered since it was
    /// last read, and what that one counted must not be undone.
    fn held(&self, id: &[u8; 32]) -> Outcome<(MutexGuard<'_, Store>, Session)> {
        let store = self.store();
        let session = store.session(id)?.ok_or(SIGNED_OUT)?;
        Ok((store, session))
    }

    /// Takes note of what a voucher said: whether it was good enough, and its judgement to be shown.
    pub(crate) fn judge(&self, user: User, session: &Session, good: bool, judgement: &Value) -> Outcome<Next> {
        let (store, mut session) = self.held(&session.id)?;
        let (next, standing) = self.policy.after(good, session.standing);
        session.standing = standing;
        session.behavior = Some(judgement.to_string());
        store.keep(&session)?;
        drop(store);
        if next == Next::Locked {
            self.lock(user, "Too many challenges were not passed.")?;
        }
        Ok(next)
    }

    fn lock(&self, user: User, why: &str) -> Outcome<Refusal> {
        self.happened("locked");
        let store = self.store();
        change(&store, user.id, |user| {
            user.locked = true;
            Ok(())
        })?;
        store.end_all(user.id)?;
        drop(store);
        let text = format!("{why} To open it again, ask for a new password on the sign-in page.");
        self.outbox.send(Mail { to: user.email, subject: "Your account is locked".into(), text, link: None });
        Ok(LOCKED)
    }

    /// Mails a link to a new password, if there is such an account; whoever asks is told the same either way.
    pub(crate) fn ask_reset(&self, email: &str, now: u64) -> Outcome<()> {
        let email = email.trim();
        if self.guesses.add(&("reset", email.to_lowercase()), 1.0, RESETS_A_MINUTE) > 1.0 {
            return Ok(());
        }
        let Some(user) = self.store().user_of(email)? else { return Ok(()) };
        let token = Token(crate::random());
        self.store().add_reset(&token.id(), user.id, now + self.policy.reset_s, now)?;
        self.outbox.send(Mail {
            to: user.email,
            subject: "A new password".into(),
            text: format!("This link is good for {} minutes and once.", self.policy.reset_s / 60),
            // Without a host: a host taken from the request could be a forger's.
            link: Some(format!("account.html#reset={}", token.text())),
        });
        Ok(())
    }

    /// Sets a new password: opens the account again and signs everybody out.
    pub(crate) fn reset(&self, token: &Token, password: &str, now: u64) -> Outcome<()> {
        strong(password)?;
        let hash = hashed(password)?;
        let store = self.store();
        let user = store.take_reset(&token.id(), now)?.ok_or(RESET_OVER)?;
        let email = change(&store, user, |user| {
            // Whoever reads the mail is the owner, also without the device that knows the face.
            (user.password, user.locked, user.face) = (hash, false, false);
            Ok(user.email.clone())
        })?;
        self.happened("new password");
        store.end_all(user)?;
        drop(store);
        let text = "If that was not you, ask for another one at once.".into();
        self.outbox.send(Mail { to: email, subject: "Your password was changed".into(), text, link: None });
        Ok(())
    }

    /// A second factor to be set up: to be read by eye, and as a link.
    pub(crate) fn begin_totp(&self, user: &User, session: &Session) -> Outcome<Value> {
        if user.totp.is_some() {
            return Err(HAS_TOTP.into());
        }
        let secret = crate::random::<20>().to_vec();
        let (text, link) = totp::link(&secret, &user.email);
        let (store, mut session) = self.held(&session.id)?;
        session.totp = Some(secret);
        store.keep(&session)?;
        Ok(json!({ "secret": text, "link": link }))
    }

    pub(crate) fn confirm_totp(&self, user: &User, session: &Session, code: &str, now: u64) -> Outcome<()> {
        let (store, mut session) = self.held(&session.id)?;
        let secret = session.totp.take().ok_or(CODE_WRONG)?;
        change(&store, user.id, |user| {
            let step = totp::check(&secret, code.trim(), now, user.totp_used).ok_or(CODE_WRONG)?;
            (user.totp, user.totp_used) = (Some(secret), step);
            Ok(())
        })?;
        Ok(store.keep(&session)?)
    }

    pub(crate) fn remove_totp(&self, user: &User, code: &str, now: u64) -> Outcome<()> {
        self.may_guess(&user.email)?;
        change(&self.store(), user.id, |user| {
            let secret = user.totp.take().ok_or(CODE_WRONG)?;
            let step = totp::check(&secret, code.trim(), now, user.totp_used);
            user.totp_used = step.ok_or_else(|| self.guessed(&user.email, CODE_WRONG))?;
            Ok(())
        })
    }

    /// From now on what matters asks for a face.
    pub(crate) fn set_face(&self, user: &User, wanted: bool) -> Outcome<()> {
        change(&self.store(), user.id, |user| {
            user.face = wanted;
            Ok(())
        })
    }

    /// Changes the address and tells both.
    pub(crate) fn change_email(&self, user: &User, email: &str) -> Outcome<()> {
        let email = email.trim();
        sound(&user.name, email)?;
        let old = change(&self.store(), user.id, |user| Ok(std::mem::replace(&mut user.email, email.to_owned())))?;
        for to in [old, email.to_owned()] {
            let text = format!("Mail goes to {email} from now on. If that was not you, ask for a new password.");
            self.outbox.send(Mail { to, subject: "Your address was changed".into(), text, link: None });
        }
        Ok(())
    }

    /// All that the page shows.
    pub(crate) fn shown(&self, token: &Token, user: &User, session: &Session, now: u64) -> Value {
        let Policy { min_score, idle_s, warn_s, failed_challenges, address_changes, .. } = &self.policy;
        json!({
            "signed_in": true, "id": user.id, "name": user.name, "email": user.email, "csrf": token.csrf(),
            "second_factor": user.totp.is_some(), "face": user.face,
            "behavior": session.behavior.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok()),
            "challenge_pending": session.standing.pending, "address_changes": session.changes,
            "idle_in_s": (session.seen + idle_s).saturating_sub(now),
            "policy": {
                "min_score": min_score, "idle_s": idle_s, "warn_s": warn_s,
                "failed_challenges": failed_challenges, "address_changes": address_changes,
            },
        })
    }

    pub(crate) fn mails(&self) -> impl Serialize {
        self.outbox.last()
    }
}

impl Token {
    pub(crate) fn read(text: &str) -> Option<Self> {
        Base64UrlUnpadded::decode_vec(text).ok()?.try_into().ok().map(Self)
    }

    pub(crate) fn text(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.0)
    }

    /// What is kept of it: whoever reads the database cannot use it.
    fn id(&self) -> [u8; 32] {
        self.derived("session")
    }

    /// What a page of ours sends along, and no other can know.
    pub(crate) fn csrf(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.derived("csrf"))
    }

    fn derived(&self, what: &str) -> [u8; 32] {
        Sha256::new()
            .chain_update(b"vouchsafe account ")
            .chain_update(what)
            .chain_update([0])
            .chain_update(self.0)
            .finalize()
            .into()
    }
}

/// Changes an account as it is now, not as a request read it: another may have changed it since.
fn change<T>(store: &Store, user: i64, to: impl FnOnce(&mut User) -> Outcome<T>) -> Outcome<T> {
    let mut user = store.user(user)?.ok_or(SIGNED_OUT)?;
    let changed = to(&mut user)?;
    if store.save(&user)? { Ok(changed) } else { Err(TAKEN.into()) }
}

/// A network as a session remembers it: to be compared, not to be read.
fn network(session: &[u8; 32], from: IpAddr) -> [u8; 32] {
    Sha256::new().chain_update(session).chain_update(shortened(from).to_string()).finalize().into()
}

fn hashed(password: &str) -> Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash.map_err(|error| anyhow::anyhow!("{error}")).context("cannot hash a password")?.to_string())
}

/// NIST SP 800-63B: length, and no rules about characters.
fn strong(password: &str) -> Outcome<()> {
    let characters = password.chars().count();
    if (8..=200).contains(&characters) { Ok(()) } else { Err(WEAK.into()) }
}

fn sound(name: &str, email: &str) -> Outcome<()> {
    let fits = !name.is_empty() && name.chars().count() <= 100;
    let address = email.split_once('@').is_some_and(|(local, host)| !local.is_empty() && host.len() >= 2);
    let clean = !email.contains(|c: char| c.is_whitespace() || c.is_control()) && !name.contains(char::is_control);
    if fits && address && clean && email.len() <= 254 { Ok(()) } else { Err(UNSOUND.into()) }
}

/// Outcome of something a visitor asked for.
pub(crate) type Outcome<T> = Result<T, Failure>;

/// A refusal to be told, or an error of ours to be logged.
#[derive(Debug)]
pub(crate) enum Failure {
    Told(Refusal),
    Ours(anyhow::Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Told(refusal)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Ours(error)
    }
}

const TAKEN: Refusal = Refusal::new(
    StatusCode::CONFLICT,
    "taken",
    "There is an account with this address. Sign in, or ask for a new password.",
);
const WRONG: Refusal = Refusal::new(StatusCode::FORBIDDEN, "wrong", "Address or password is wrong.");
const RESTS: Refusal =
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "rests", "Too many wrong passwords. Please wait a minute.");
const LOCKED: Refusal =
    Refusal::new(StatusCode::FORBIDDEN, "locked", "This account is locked. Ask for a new password to open it again.");
const CODE_NEEDED: Refusal =
    Refusal::new(StatusCode::FORBIDDEN, "code-needed", "Please type the code your authenticator shows.");
const CODE_WRONG: Refusal =
    Refusal::new(StatusCode::FORBIDDEN, "code-wrong", "This code is wrong, or was used before.");
const HAS_TOTP: Refusal = Refusal::new(StatusCode::CONFLICT, "there-already", "A second factor is set up already.");
const SIGNED_OUT: Refusal = Refusal::new(StatusCode::UNAUTHORIZED, "signed-out", "Please sign in.");
const IDLE: Refusal =
    Refusal::new(StatusCode::UNAUTHORIZED, "idle", "You were signed out because nothing happened for a while.");
const RESET_OVER: Refusal =
    Refusal::new(StatusCode::FORBIDDEN, "reset-over", "This link was used, or its time is over. Ask for another one.");
const WEAK: Refusal = Refusal::new(StatusCode::BAD_REQUEST, "weak", "A password has 8 to 200 characters.");
const UNSOUND: Refusal = Refusal::new(StatusCode::BAD_REQUEST, "unsound", "Please give a name and an e-mail address.");
const RESETS_A_MINUTE: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts(outbox: &std::path::Path) -> Accounts {
        let policy = Policy { outbox: Some(outbox.into()), ..Policy::default() };
        Accounts::open(policy, "memory".into(), None).unwrap()
    }

    #[test]
    fn what_one_request_changed_another_does_not_undo() {
        let outbox = tempfile::tempdir().unwrap();
        let accounts = accounts(outbox.path());
        let home = "192.0.2.1".parse().unwrap();
        let token = accounts.sign_up("Ada", "ada@example.org", "a long enough password", home, 0).unwrap();
        let (user, session) = accounts.who(&token, home, 0, false).unwrap();
        accounts.begin_totp(&user, &session).unwrap();
        let (user, session) = accounts.who(&token, home, 0, false).unwrap();
        let now = 10 * totp::STEP_S;
        let code = totp::digits(session.totp.as_ref().unwrap(), 10);
        // All of it by requests that read the account before the first was answered.
        accounts.confirm_totp(&user, &session, &code, now).unwrap();
        accounts.set_face(&user, true).unwrap();
        accounts.change_email(&user, "ada@example.com").unwrap();
        let (user, _) = accounts.who(&token, home, 0, false).unwrap();
        assert!(user.face && user.totp.is_some() && user.email == "ada@example.com");
        assert!(accounts.remove_totp(&user, &code, now).is_err(), "a code is good once");
    }

    #[test]
    fn what_one_request_counted_another_does_not_undo() {
        let outbox = tempfile::tempdir().unwrap();
        let accounts = accounts(outbox.path());
        let [home, elsewhere] = ["192.0.2.1", "198.51.100.1"].map(|address| address.parse().unwrap());
        let token = accounts.sign_up("Ada", "ada@example.org", "a long enough password", home, 0).unwrap();
        let (user, session) = accounts.who(&token, home, 0, false).unwrap();
        accounts.who(&token, elsewhere, 0, false).unwrap();
        // Both were read before either was judged.
        let left = [(); 2].map(|()| accounts.judge(user.clone(), &session, false, &json!({})).unwrap());
        let (_, now) = accounts.who(&token, elsewhere, 0, false).unwrap();
        assert_eq!(now.changes, 1);
        assert_eq!(left, [Next::Challenge { left: 3 }, Next::Challenge { left: 2 }]);
    }
}
