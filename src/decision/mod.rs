//! From judgements to one score, a verdict and reasons in words.

mod words;

pub use words::words;

use crate::behavior::stats::sort_by;
use crate::behavior::{Direction, Evidence, Family};
use serde::{Deserialize, Serialize};

/// The outcome for one visitor on one page.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// 0 to 1, 1 is a person. 0.5 is where no evidence leads.
    pub score: f32,
    /// What the score means.
    pub verdict: Verdict,
    /// Each family's own score, `None` where there was not enough to judge.
    pub signals: [(Family, Option<f32>); 7],
    /// Why, strongest first.
    pub reasons: Vec<Reason>,
}

/// What a score means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A person.
    Human,
    /// Not enough to tell, or it speaks both ways. Never held against the visitor by default.
    Uncertain,
    /// A program.
    Bot,
}

impl Verdict {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Uncertain => "uncertain",
            Self::Bot => "bot",
        }
    }
}

/// One reason for a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// The family it comes from.
    pub family: Family,
    /// Stable name, for translation.
    pub code: &'static str,
    /// Which side of the behaviour, in plain words, for reasons of a trained model.
    pub aspect: Option<&'static str>,
    /// Natural log-odds, positive for a person.
    pub weight: f32,
}

impl Reason {
    /// The reason in plain English.
    pub fn text(&self) -> String {
        match self.aspect {
            Some(aspect) => [words(self.code), ": ", aspect].concat(),
            None => words(self.code).to_owned(),
        }
    }
}

/// How families are weighed together. [`Policy::default`] is what the browser and the server use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// Scores from here up are [`Verdict::Human`].
    pub human_from: f32,
    /// Scores below this are [`Verdict::Bot`].
    pub bot_below: f32,
}

impl Default for Policy {
    fn default() -> Self {
        Self { human_from: 0.6, bot_below: 0.4 }
    }
}

impl Policy {
    /// Adds the log-odds of the families that were measured and turns the sum into a score.
    ///
    /// A family counts at most [`CAP`] towards a person, so that no amount of fine movement outweighs
    /// a browser that declares itself automated; it counts in full towards a program.
    pub fn decide(&self, evidence: &Evidence) -> Decision {
        let mut total = 0.0_f32;
        let mut signals = Family::ALL.map(|family| (family, None));
        let mut reasons = Vec::new();
        for judgement in evidence.judge() {
            let log_odds = judgement.log_odds.clamp(-8.0, CAP);
            total += log_odds;
            signals[judgement.family as usize].1 = Some(rounded(log_odds));
            reasons.extend(judgement.findings.iter().map(|finding| Reason {
                family: judgement.family,
                code: finding.code,
                aspect: finding.aspect,
                weight: finding.signed(),
            }));
        }
        let score = rounded(total);
        let verdict = match score {
            s if s >= self.human_from => Verdict::Human,
            s if s < self.bot_below => Verdict::Bot,
            _ => Verdict::Uncertain,
        };
        // What speaks for the verdict comes first.
        let favoured = if score < 0.5 { Direction::Bot } else { Direction::Human };
        let side = if favoured == Direction::Bot { 1.0 } else { -1.0 };
        sort_by(&mut reasons, |a, b| {
            let (a, b) = (a.weight * side, b.weight * side);
            // Negative speaks for the verdict; among equals the stronger comes first.
            if (a > 0.0) == (b > 0.0) { a.abs() > b.abs() } else { a < b }
        });
        if reasons.is_empty() {
            let code = if signals.iter().any(|s| s.1.is_some()) { "nothing-unusual" } else { "not-enough" };
            reasons.push(Reason { family: Family::Attention, code, aspect: None, weight: 0.0 });
        }
        Decision { score, verdict, signals, reasons }
    }
}

/// The logistic function, to four decimals, so that a score written as text is the score.
fn rounded(log_odds: f32) -> f32 {
    let probability = 1.0 / (1.0 + libm::exp(-f64::from(log_odds)));
    (libm::round(probability * 10_000.0) / 10_000.0) as f32
}

/// The most one family may speak for a person, in log-odds.
const CAP: f32 = 4.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behavior::EnvironmentFacts;
    use crate::trace::Trace;

    #[test]
    fn no_evidence_is_uncertain_and_says_so() {
        let decision = Policy::default().decide(&Evidence::default());
        assert_eq!((decision.score, decision.verdict), (0.5, Verdict::Uncertain));
        assert_eq!(decision.reasons[0].code, "not-enough");
        assert!(decision.signals.iter().all(|(_, s)| s.is_none()));
    }

    #[test]
    fn a_declared_driver_is_a_bot_with_the_reason_first() {
        let facts = EnvironmentFacts { webdriver: true, ..Default::default() };
        let decision = Policy::default().decide(&Evidence::of(&Trace::default(), Some(&facts)));
        assert_eq!(decision.verdict, Verdict::Bot);
        assert_eq!(decision.reasons[0].code, "webdriver");
    }

    #[test]
    fn no_verdict_is_without_a_reason() {
        let silent = 2.0 * crate::behavior::SAID;
        let Policy { human_from, bot_below } = Policy::default();
        assert!(rounded(-silent) >= bot_below && rounded(silent) < human_from);
    }

    #[test]
    fn every_reason_has_words() {
        for code in words::ALL {
            assert_ne!(words(code.0), words("no such code"), "{}", code.0);
        }
    }
}
