//! What an account's owner may do, and when somebody is asked, locked or signed out. No clock, no storage.

use anyhow::{Result, ensure};
use serde::Deserialize;

/// `[accounts]` of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Behaviour that scores below this has to pass a challenge.
    pub min_score: f32,
    /// So many challenges not passed lock the account.
    pub failed_challenges: u8,
    /// So many changes of network within one session lock it.
    pub address_changes: u8,
    /// Signed out after so many seconds without a request.
    pub idle_s: u64,
    /// The page warns so many seconds before.
    pub warn_s: u64,
    /// Signed out after so many seconds whatever happens.
    pub session_s: u64,
    /// How long a link to a new password is good, seconds.
    pub reset_s: u64,
    /// Wrong passwords a minute for one account before it rests.
    pub wrong_passwords: u32,
    /// Where accounts are kept: an SQLite file or `memory`; default: beside the server's own database.
    pub database: Option<String>,
    /// Folder that mails are written to; default: `outbox` beside the database.
    pub outbox: Option<std::path::PathBuf>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_score: 0.6,
            failed_challenges: 3,
            address_changes: 3,
            idle_s: 900,
            warn_s: 60,
            session_s: 43_200,
            reset_s: 1800,
            wrong_passwords: 10,
            database: None,
            outbox: None,
        }
    }
}

/// What a score leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing.
    Go,
    /// Something to pass, so many times more before the account is locked.
    Challenge { left: u8 },
    /// Only a new password helps.
    Locked,
}

/// Where a session stands with challenges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// One was asked for and not passed yet.
    pub(crate) pending: bool,
    /// So many were not passed.
    pub(crate) failed: u8,
}

impl Policy {
    pub(crate) fn check(&self) -> Result<()> {
        ensure!((0.0..=1.0).contains(&self.min_score), "accounts: min_score must be within 0 to 1");
        ensure!(
            self.failed_challenges > 0 && self.address_changes > 0,
            "accounts: a lock after 0 would lock everybody"
        );
        ensure!(self.wrong_passwords > 0, "accounts: wrong_passwords must be at least 1");
        ensure!(self.warn_s < self.idle_s, "accounts: warn_s must be less than idle_s");
        Ok(())
    }

    /// After a voucher came: whether it was good enough, and what was before.
    pub(crate) fn after(&self, good: bool, before: Standing) -> (Next, Standing) {
        if good {
            return (Next::Go, Standing::default());
        }
        // The first that is not good enough asks; every further one is a challenge that was not passed.
        let failed = before.failed + u8::from(before.pending);
        let standing = Standing { pending: true, failed };
        match self.failed_challenges.checked_sub(failed) {
            Some(left @ 1..) => (Next::Challenge { left }, standing),
            _ => (Next::Locked, standing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_challenges_not_passed_lock_and_one_passed_forgives() {
        let policy = Policy::default();
        let mut standing = Standing::default();
        let mut next = Vec::new();
        for good in [false, false, false, true, false, false, false, false] {
            let (then, now) = policy.after(good, standing);
            standing = now;
            next.push(then);
        }
        let ask = |left| Next::Challenge { left };
        assert_eq!(next, [ask(3), ask(2), ask(1), Next::Go, ask(3), ask(2), ask(1), Next::Locked]);
    }
}
