//! What a site asks of visitors it doubts, and the server's word that they did it.

use super::{ChallengeError, ChallengeKey};
use serde::{Deserialize, Serialize};

/// What a visitor may be asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// More proof of work. Nobody notices; it costs a program time and nothing else.
    Work,
    /// Choosing pictures.
    Pictures,
    /// Putting a piece where it was cut out, by pointer or keys.
    Fit,
    /// Ticking words.
    Question,
    /// Holding a button, or pressing it twice, until told.
    Hold,
    /// A face check.
    Face,
}

/// How much is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Suspicion {
    /// More work will do.
    Mild,
    /// One puzzle.
    Marked,
    /// Two puzzles.
    Strong,
}

/// When a site asks, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepUp {
    /// Whoever scores below this is asked, hundredths.
    pub below: u8,
    /// What a visitor may choose from.
    pub kinds: Vec<Kind>,
}

/// The server's word that the visitor of one challenge did what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pass {
    /// Protocol version, 1.
    pub v: u8,
    /// Nonce of the challenge it is for; it is good for no other.
    pub of: String,
    /// What was done.
    pub kind: Kind,
    /// For how much suspicion it is enough.
    pub suspicion: Suspicion,
}

impl Kind {
    /// Every kind, in the order visitors are offered them.
    pub const ALL: [Self; 6] = [Self::Work, Self::Pictures, Self::Fit, Self::Question, Self::Hold, Self::Face];

    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Pictures => "pictures",
            Self::Fit => "fit",
            Self::Question => "question",
            Self::Hold => "hold",
            Self::Face => "face",
        }
    }

    /// Whether doing this is enough for that much suspicion.
    pub fn suffices(self, suspicion: Suspicion) -> bool {
        self != Self::Work || suspicion == Suspicion::Mild
    }
}

impl Suspicion {
    /// Of a score at a site that asks below `below` hundredths; `None` where nothing is asked.
    ///
    /// The bounds are a choice, not a measurement: a fifth below the line is mild, under three tenths of it is
    /// strong.
    pub fn of(score: f32, below: u8) -> Option<Self> {
        let share = score * 100.0 / f32::from(below);
        match share {
            s if s >= 1.0 => None,
            s if s >= 0.8 => Some(Self::Mild),
            s if s >= 0.3 => Some(Self::Marked),
            // Also 0 below 0, which is no number: it cannot come, since nothing is below 0.
            _ => Some(Self::Strong),
        }
    }

    /// How many puzzles running have to be solved.
    pub fn rounds(self) -> u8 {
        if self == Self::Strong { 2 } else { 1 }
    }
}

impl StepUp {
    /// Whether a pass, or a face check that was passed, is enough for a score.
    pub fn is_met(&self, score: f32, pass: Option<&Pass>, face: bool) -> bool {
        let Some(suspicion) = Suspicion::of(score, self.below) else { return true };
        let done = pass.is_some_and(|pass| {
            pass.suspicion >= suspicion && pass.kind.suffices(suspicion) && self.kinds.contains(&pass.kind)
        });
        done || (face && self.kinds.contains(&Kind::Face))
    }
}

impl Pass {
    /// As a token for the page.
    pub fn seal(&self, key: &ChallengeKey) -> String {
        key.seal(PURPOSE, self).token
    }

    /// One that this key sealed.
    pub fn open(key: &ChallengeKey, token: &str) -> Result<Self, ChallengeError> {
        let (pass, _) = key.open::<Self>(PURPOSE, token)?;
        if pass.v == 1 { Ok(pass) } else { Err(ChallengeError::Version) }
    }
}

const PURPOSE: &str = "pass";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspicion_grows_as_the_score_falls() {
        let of = |score| Suspicion::of(score, 40);
        assert_eq!([0.9, 0.4, 0.39, 0.32].map(of), [None, None, Some(Suspicion::Mild), Some(Suspicion::Mild)]);
        assert_eq!([0.31, 0.12, 0.11, 0.0].map(of), {
            use Suspicion::{Marked, Strong};
            [Some(Marked), Some(Marked), Some(Strong), Some(Strong)]
        });
        assert_eq!(Suspicion::of(0.99, 100), Some(Suspicion::Mild));
        assert_eq!(Suspicion::of(1.0, 100), None);
    }

    #[test]
    fn a_pass_counts_for_as_much_suspicion_as_it_was_given_for_and_no_more() {
        let step_up = StepUp { below: 40, kinds: vec![Kind::Work, Kind::Question, Kind::Face] };
        let pass = |kind, suspicion| Pass { v: 1, of: String::new(), kind, suspicion };
        assert!(step_up.is_met(0.4, None, false));
        assert!(!step_up.is_met(0.35, None, false));
        assert!(step_up.is_met(0.35, Some(&pass(Kind::Work, Suspicion::Mild)), false));
        assert!(
            !step_up.is_met(0.2, Some(&pass(Kind::Work, Suspicion::Strong)), false),
            "work is never enough for that"
        );
        assert!(step_up.is_met(0.2, Some(&pass(Kind::Question, Suspicion::Marked)), false));
        assert!(!step_up.is_met(0.1, Some(&pass(Kind::Question, Suspicion::Marked)), false));
        assert!(!step_up.is_met(0.2, Some(&pass(Kind::Hold, Suspicion::Strong)), false), "the site does not offer it");
        assert!(step_up.is_met(0.1, None, true));
    }

    #[test]
    fn a_pass_of_another_key_or_purpose_is_none() {
        let (key, other) = (ChallengeKey::new(&[1; 32]).unwrap(), ChallengeKey::new(&[2; 32]).unwrap());
        let pass = Pass { v: 1, of: "n".into(), kind: Kind::Fit, suspicion: Suspicion::Marked };
        let token = pass.seal(&key);
        assert_eq!(Pass::open(&key, &token), Ok(pass.clone()));
        assert_eq!(Pass::open(&other, &token), Err(ChallengeError::Forged));
        assert_eq!(Pass::open(&key, &key.seal("puzzle", &pass).token), Err(ChallengeError::Forged));
        assert_eq!(key.check(&token), Err(ChallengeError::Forged));
    }
}
