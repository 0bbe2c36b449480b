//! What to do about it: a state machine over trust, challenges, failures and idleness.

use serde::{Deserialize, Serialize};

/// When to ask, lock and log out. Data, so that a site can bring its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Policy {
    /// Below this trust (0 to 100) a challenge is due.
    pub challenge_below: u8,
    /// Below this trust a face check is due; 0 for never.
    pub face_below: u8,
    /// After so many failed confirmations the session is locked.
    pub lock_after: u8,
    /// Seconds without any input after which the session ends; 0 for never.
    pub idle_after: f64,
    /// Seconds before that at which the person is warned.
    pub warn_before: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { challenge_below: 60, face_below: 0, lock_after: 3, idle_after: 900.0, warn_before: 60.0 }
    }
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// All is well.
    Open,
    /// A challenge was asked for.
    Challenge,
    /// A face check was asked for.
    Face,
    /// Too many confirmations failed; only the server can go on.
    Locked,
    /// Over.
    Ended,
}

/// What the host page is told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Notice {
    /// A challenge is due.
    Challenge,
    /// A face check is due.
    Face,
    /// Somebody confirmed who they are.
    Confirmed,
    /// A confirmation failed.
    Failed {
        /// How many more may.
        left: u8,
    },
    /// The session is locked.
    Locked,
    /// The server unlocked it.
    Unlocked,
    /// The session ends in so many seconds unless somebody does something.
    Idle {
        /// Seconds.
        seconds: f64,
    },
    /// Somebody did something after the warning.
    Back,
    /// The session is over, of idleness or by the person's own wish.
    Ended {
        /// Of idleness.
        idle: bool,
    },
}

/// The state machine.
#[derive(Clone, Debug)]
pub struct Guard {
    policy: Policy,
    state: State,
    failures: u8,
    active: f64,
    warned: bool,
}

impl Guard {
    /// Open at `now`, s.
    pub fn new(policy: Policy, now: f64) -> Self {
        Self { policy, state: State::Open, failures: 0, active: now, warned: false }
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// Trust is `score` now: asks for more where the policy wants it, never for less.
    pub fn trust(&mut self, score: u8) -> Option<Notice> {
        let (challenge, face) = (score < self.policy.challenge_below, score < self.policy.face_below);
        match self.state {
            State::Open | State::Challenge if face => self.go(State::Face, Notice::Face),
            State::Open if challenge => self.go(State::Challenge, Notice::Challenge),
            _ => None,
        }
    }

    /// A challenge or face check that was asked for was passed.
    pub fn pass(&mut self) -> Option<Notice> {
        match self.state {
            State::Challenge | State::Face => {
                self.failures = 0;
                self.go(State::Open, Notice::Confirmed)
            }
            _ => None,
        }
    }

    /// It was failed.
    pub fn fail(&mut self) -> Option<Notice> {
        match self.state {
            State::Challenge | State::Face => {
                self.failures += 1;
                match self.policy.lock_after.saturating_sub(self.failures) {
                    0 => self.go(State::Locked, Notice::Locked),
                    left => Some(Notice::Failed { left }),
                }
            }
            _ => None,
        }
    }

    /// The server, which alone can, says to go on.
    pub fn unlock(&mut self) -> Option<Notice> {
        match self.state {
            State::Locked => {
                self.failures = 0;
                self.go(State::Open, Notice::Unlocked)
            }
            _ => None,
        }
    }

    /// Somebody did something at `now`, s.
    pub fn act(&mut self, now: f64) -> Option<Notice> {
        if self.state == State::Ended {
            return None;
        }
        self.active = self.active.max(now);
        std::mem::take(&mut self.warned).then_some(Notice::Back)
    }

    /// Time has passed; a tab that slept may find itself over at once.
    pub fn tick(&mut self, now: f64) -> Option<Notice> {
        if self.state == State::Ended || self.policy.idle_after <= 0.0 {
            return None;
        }
        let left = self.policy.idle_after - (now - self.active);
        if left <= 0.0 {
            return self.go(State::Ended, Notice::Ended { idle: true });
        }
        if left <= self.policy.warn_before && !self.warned {
            self.warned = true;
            return Some(Notice::Idle { seconds: left });
        }
        None
    }

    /// The person leaves.
    pub fn end(&mut self) -> Option<Notice> {
        match self.state {
            State::Ended => None,
            _ => self.go(State::Ended, Notice::Ended { idle: false }),
        }
    }

    fn go(&mut self, state: State, notice: Notice) -> Option<Notice> {
        self.state = state;
        Some(notice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_state(state: State) -> Guard {
        let policy = Policy { face_below: 30, ..Policy::default() };
        Guard { state, ..Guard::new(policy, 0.0) }
    }

    /// Every state against every input: what is told, and where it leads.
    #[test]
    fn every_transition() {
        use State::{Challenge, Ended, Face, Locked, Open};
        type Input = fn(&mut Guard) -> Option<Notice>;
        let inputs: [(&str, Input); 8] = [
            ("trust 80", |g| g.trust(80)),
            ("trust 59", |g| g.trust(59)),
            ("trust 29", |g| g.trust(29)),
            ("pass", Guard::pass),
            ("fail", Guard::fail),
            ("unlock", Guard::unlock),
            ("idle", |g| g.tick(901.0)),
            ("end", Guard::end),
        ];
        let over = |idle| (Some(Notice::Ended { idle }), Ended);
        let failed = Some(Notice::Failed { left: 2 });
        let asked = (Some(Notice::Challenge), Challenge);
        let looked = (Some(Notice::Face), Face);
        let confirmed = (Some(Notice::Confirmed), Open);
        let still = |state| (None, state);
        #[rustfmt::skip]
        let table = [
            (Open, [still(Open), asked, looked, still(Open), still(Open), still(Open), over(true), over(false)]),
            (Challenge, [still(Challenge), still(Challenge), looked, confirmed, (failed, Challenge), still(Challenge), over(true), over(false)]),
            (Face, [still(Face), still(Face), still(Face), confirmed, (failed, Face), still(Face), over(true), over(false)]),
            (Locked, [still(Locked), still(Locked), still(Locked), still(Locked), still(Locked), (Some(Notice::Unlocked), Open), over(true), over(false)]),
            (Ended, [still(Ended); 8]),
        ];
        for (state, row) in table {
            for ((name, input), (notice, next)) in inputs.iter().zip(row) {
                let mut guard = in_state(state);
                assert_eq!((input(&mut guard), guard.state()), (notice, next), "{state:?} on {name}");
            }
        }
    }

    #[test]
    fn three_failures_lock_and_a_pass_forgives_them() {
        let mut guard = in_state(State::Challenge);
        assert_eq!([guard.fail(), guard.fail()], [2, 1].map(|left| Some(Notice::Failed { left })));
        assert_eq!(guard.pass(), Some(Notice::Confirmed));
        assert_eq!(guard.trust(10), Some(Notice::Face));
        assert_eq!([guard.fail(), guard.fail(), guard.fail()].last(), Some(&Some(Notice::Locked)));
    }

    #[test]
    fn idleness_warns_once_then_ends_and_an_act_between_them_saves() {
        let mut guard = in_state(State::Open);
        assert_eq!(guard.tick(839.0), None);
        assert_eq!(guard.tick(845.0), Some(Notice::Idle { seconds: 55.0 }));
        assert_eq!(guard.tick(850.0), None);
        assert_eq!((guard.act(851.0), guard.act(852.0)), (Some(Notice::Back), None));
        assert_eq!(guard.tick(1700.0), Some(Notice::Idle { seconds: 52.0 }));
        assert_eq!(guard.tick(1752.0), Some(Notice::Ended { idle: true }));
        assert_eq!((guard.act(1753.0), guard.tick(9e9)), (None, None));
    }

    #[test]
    fn a_policy_can_leave_face_and_idleness_out_and_is_read_strictly() {
        let policy: Policy = serde_json::from_str(r#"{"idleAfter": 0, "challengeBelow": 70}"#).unwrap();
        let mut guard = Guard::new(policy, 0.0);
        assert_eq!((guard.tick(9e9), guard.trust(69)), (None, Some(Notice::Challenge)));
        assert_eq!(guard.trust(0), None);
        assert!(serde_json::from_str::<Policy>(r#"{"challengeBelow": 70, "typo": 1}"#).is_err());
        assert!(serde_json::from_str::<Policy>(r#"{"challengeBelow": 256}"#).is_err());
    }
}
