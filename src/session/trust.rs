//! How sure it is that this is still the same person.
//!
//! A cumulative sum test (Page 1954): evidence that speaks for somebody else adds up as *doubt*, evidence for the
//! person takes it away, and doubt never falls below nothing, so that an hour of good evidence does not hide the
//! minute after it. When the ratios are right, a test that rings at doubt `h` rings for the right person at most once
//! in `e^h` pieces of evidence (Lorden 1971).

use crate::profile::Group;

/// What evidence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// How the mouse moves, seen by the network.
    Pointer,
    /// How fast, even and straight it moves, seen by the isolation forest.
    Manner,
    /// How long keys are held and how they follow each other.
    Typing,
    /// How buttons are pressed.
    Clicks,
    /// How the wheel turns.
    Scroll,
    /// How soon somebody who comes back does something.
    Attention,
    /// A face check.
    Face,
    /// Marks of a program in the browser, or events a script made up.
    Environment,
    /// Another time zone than before.
    TimeZone,
    /// Another language of the browser than before.
    Language,
    /// Farther from the last place than anybody travels in the time.
    Travel,
    /// The server says that the address changed.
    Address,
    /// Nobody was there for a while.
    Idleness,
    /// A challenge passed or failed.
    Challenge,
}

impl Signal {
    /// Every signal.
    pub const ALL: [Self; 14] = [
        Self::Pointer,
        Self::Manner,
        Self::Typing,
        Self::Clicks,
        Self::Scroll,
        Self::Attention,
        Self::Face,
        Self::Environment,
        Self::TimeZone,
        Self::Language,
        Self::Travel,
        Self::Address,
        Self::Idleness,
        Self::Challenge,
    ];

    pub(super) fn of(group: Group) -> Self {
        match group {
            Group::Typing => Self::Typing,
            Group::Clicks => Self::Clicks,
            Group::Scroll => Self::Scroll,
            Group::Attention => Self::Attention,
        }
    }

    /// In plain words, for the person and for the site.
    pub fn words(self, for_the_person: bool) -> &'static str {
        match (self, for_the_person) {
            (Self::Pointer, true) => "the mouse moves as you move it",
            (Self::Pointer, false) => "the mouse moves as somebody else would move it",
            (Self::Manner, true) => "speed and turns are as usual for you",
            (Self::Manner, false) => "speed and turns are unusual for you",
            (Self::Typing, true) => "the keys have your rhythm",
            (Self::Typing, false) => "the keys have another rhythm than yours",
            (Self::Clicks, true) => "buttons are pressed as you press them",
            (Self::Clicks, false) => "buttons are pressed in another way than yours",
            (Self::Scroll, true) => "the wheel turns as you turn it",
            (Self::Scroll, false) => "the wheel turns in another way than yours",
            (Self::Attention, true) => "coming back goes as with you",
            (Self::Attention, false) => "coming back goes otherwise than with you",
            (Self::Face, true) => "the face is yours",
            (Self::Face, false) => "the face is not yours",
            (Self::Environment, true) => "the browser is as it was",
            (Self::Environment, false) => "a program seems to drive the browser",
            (Self::TimeZone, true) => "the time zone is as it was",
            (Self::TimeZone, false) => "the time zone has changed",
            (Self::Language, true) => "the language is as it was",
            (Self::Language, false) => "the browser's language has changed",
            (Self::Travel, true) => "the place is as it was",
            (Self::Travel, false) => "nobody travels so far in so short a time",
            (Self::Address, true) => "the address is as it was",
            (Self::Address, false) => "the network address has changed",
            (Self::Idleness, true) => "you are here",
            (Self::Idleness, false) => "nothing happened for a while",
            (Self::Challenge, true) => "you confirmed that it is you",
            (Self::Challenge, false) => "a confirmation failed",
        }
    }
}

/// Doubt, and what it comes from.
#[derive(Clone, Debug)]
pub struct Trust {
    doubt: f64,
    /// What each signal has said lately, natural log-odds, fading.
    lately: [f64; Signal::ALL.len()],
}

/// One signal's part in the score.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Reason {
    /// Which signal.
    pub signal: Signal,
    /// Natural log-odds, negative against the person.
    pub weight: f64,
    /// In plain words.
    pub text: &'static str,
}

impl Default for Trust {
    fn default() -> Self {
        Self { doubt: START, lately: [0.0; Signal::ALL.len()] }
    }
}

impl Trust {
    /// 0 to 100: 100 without doubt, 60 where the test rings.
    pub fn score(&self) -> u8 {
        libm::round(100.0 - 40.0 * self.doubt / ALARM).clamp(0.0, 100.0) as u8
    }

    /// Takes evidence: natural log-odds that it is the person.
    pub fn weigh(&mut self, signal: Signal, log_odds: f64) {
        if log_odds.is_nan() {
            return;
        }
        self.doubt = (self.doubt - log_odds).clamp(0.0, MOST);
        let lately = &mut self.lately[signal as usize];
        *lately = *lately * FADE + log_odds.clamp(-MOST, MOST);
    }

    /// Nobody was there for `seconds`: somebody else may have sat down, so the next evidence has to count.
    pub fn idle(&mut self, seconds: f64) {
        if self.doubt < START {
            let lost = (START - self.doubt) * (1.0 - libm::exp(-seconds.max(0.0) / FORGETS_IN_S));
            self.weigh(Signal::Idleness, -lost);
        }
    }

    /// The person showed who they are: what was said before counts no more.
    pub fn confirm(&mut self, signal: Signal) {
        *self = Self::default();
        self.weigh(signal, START);
    }

    /// What the score rests on, strongest first.
    pub fn reasons(&self) -> Vec<Reason> {
        let weights = Signal::ALL.into_iter().map(|signal| (signal, self.lately[signal as usize]));
        let told = weights.filter(|(_, weight)| weight.abs() >= LEAST_TOLD);
        let mut reasons: Vec<Reason> =
            told.map(|(signal, weight)| Reason { signal, weight, text: signal.words(weight > 0.0) }).collect();
        reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        reasons
    }
}

/// Doubt at which the test rings: e^10.8 is a hundred hours of eight blocks a minute.
pub const ALARM: f64 = 10.8;
/// Doubt of somebody not seen yet: a score of 80.
const START: f64 = ALARM / 2.0;
/// A score of 0.
const MOST: f64 = 2.5 * ALARM;
/// Idleness brings doubt back to its start with this time constant.
const FORGETS_IN_S: f64 = 600.0;
/// Each new word of a signal leaves this much of its earlier ones.
const FADE: f64 = 0.8;
const LEAST_TOLD: f64 = 0.2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_moves_the_score_and_no_credit_is_saved_up() {
        let mut trust = Trust::default();
        assert_eq!(trust.score(), 80);
        for _ in 0..1000 {
            trust.weigh(Signal::Pointer, 2.0);
        }
        assert_eq!(trust.score(), 100);
        let mut words = 0;
        while trust.score() >= 60 {
            trust.weigh(Signal::Pointer, -2.0);
            words += 1;
        }
        assert_eq!(words, 6);
        for _ in 0..1000 {
            trust.weigh(Signal::Pointer, -3.0);
        }
        assert_eq!(trust.score(), 0);
        assert_eq!(trust.reasons()[0].text, "the mouse moves as somebody else would move it");
    }

    #[test]
    fn idleness_takes_credit_away_and_never_more_than_that() {
        let mut trust = Trust::default();
        trust.weigh(Signal::Pointer, 100.0);
        trust.idle(60.0);
        assert_eq!(trust.score(), 98);
        trust.idle(1e9);
        assert_eq!(trust.score(), 80);
        trust.weigh(Signal::Pointer, -3.0);
        let doubted = trust.score();
        trust.idle(1e9);
        assert_eq!(trust.score(), doubted);
    }

    #[test]
    fn a_confirmation_ends_doubt_and_numbers_that_are_none_change_nothing() {
        let mut trust = Trust::default();
        trust.weigh(Signal::Typing, -20.0);
        trust.weigh(Signal::Typing, f64::NAN);
        assert!(trust.score() < 20);
        trust.confirm(Signal::Challenge);
        assert_eq!(trust.score(), 100);
        assert_eq!(trust.reasons().iter().map(|r| r.signal).collect::<Vec<_>>(), [Signal::Challenge]);
    }
}
