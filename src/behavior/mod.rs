//! From a trace to evidence, and from evidence to a judgement.
//!
//! Facts and judgement are apart: [`Evidence::of`] measures (one file per family of signals, each
//! feature one byte), [`Evidence::judge`] weighs. A server that holds the evidence of a voucher calls
//! the same `judge` and gets the same bits.

mod attention;
mod click;
mod environment;
mod feature;
mod model;
mod path;
mod pointer;
mod scroll;
pub(crate) mod stats;
mod touch;
mod typing;

pub use environment::EnvironmentFacts;
pub use feature::FeatureSpec;

use crate::trace::Trace;
use serde::{Deserialize, Serialize};

/// What kind of behaviour a signal speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// The path and speed of a mouse.
    Pointer,
    /// Presses of its buttons.
    Click,
    /// The rhythm of keys.
    Typing,
    /// Wheel and scroll position.
    Scroll,
    /// Fingers and pens on a screen.
    Touch,
    /// Presence and haste.
    Attention,
    /// The browser itself and how input reaches it.
    Environment,
}

impl Family {
    /// Every family, in the order evidence is written.
    pub const ALL: [Self; 7] =
        [Self::Pointer, Self::Click, Self::Typing, Self::Scroll, Self::Touch, Self::Attention, Self::Environment];

    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pointer => "pointer",
            Self::Click => "click",
            Self::Typing => "typing",
            Self::Scroll => "scroll",
            Self::Touch => "touch",
            Self::Attention => "attention",
            Self::Environment => "environment",
        }
    }

    /// What the numbers of [`Family::specs`] are, with their units.
    pub fn feature_names(self) -> &'static [&'static str] {
        match self {
            Self::Pointer => &pointer::NAMES,
            Self::Click => &click::NAMES,
            Self::Typing => &typing::NAMES,
            Self::Scroll => &scroll::NAMES,
            Self::Touch => &touch::NAMES,
            Self::Attention => &attention::NAMES,
            Self::Environment => &environment::NAMES,
        }
    }

    /// How each byte of the family's evidence is written.
    pub fn specs(self) -> &'static [FeatureSpec] {
        match self {
            Self::Pointer => &pointer::SPECS,
            Self::Click => &click::SPECS,
            Self::Typing => &typing::SPECS,
            Self::Scroll => &scroll::SPECS,
            Self::Touch => &touch::SPECS,
            Self::Attention => &attention::SPECS,
            Self::Environment => &environment::SPECS,
        }
    }
}

/// What was measured, one byte a feature; a family is absent where there was too little to measure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    families: [Option<Vec<u8>>; 7],
    span_ms: u32,
}

/// Evidence that no browser of this version writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// A family with another number of features than this version has.
    #[error("{} evidence has {found} features, not {expected}", family.name())]
    Length {
        /// Which family.
        family: Family,
        /// How many bytes came.
        found: usize,
        /// How many belong there.
        expected: usize,
    },
    /// A family that measured nothing at all should have been left out.
    #[error("{} evidence is empty", .0.name())]
    Blank(Family),
}

impl Evidence {
    /// Measures a trace, and the browser's facts where there are any.
    pub fn of(trace: &Trace, environment: Option<&EnvironmentFacts>) -> Self {
        let paths = path::Paths::of(&trace.events);
        let events = &trace.events;
        let inputs = events.iter().filter(|e| e.kind.is_input());
        let untrusted = inputs.clone().filter(|e| !e.trusted).count() as u32;
        // A trace from a file may know of untrusted events without knowing the browser.
        let from_trace = EnvironmentFacts { inputs: inputs.count() as u32, untrusted, ..EnvironmentFacts::default() };
        let facts = environment.or_else(|| (untrusted > 0).then_some(&from_trace));
        let families = Family::ALL.map(|family| {
            let values = match family {
                Family::Pointer => pointer::features(&paths),
                Family::Click => click::features(&paths),
                Family::Typing => typing::features(&paths, events),
                Family::Scroll => scroll::features(events),
                Family::Touch => touch::features(&paths, events),
                Family::Attention => attention::features(trace),
                Family::Environment => facts.map(environment::features),
            }?;
            Some(family.specs().iter().zip(values).map(|(spec, v)| spec.quantise(v)).collect::<Vec<_>>())
        });
        Self { families, span_ms: trace.duration_ms().clamp(0.0, f64::from(u32::MAX)) as u32 }
    }

    /// Puts together what a voucher carried. Lengths must match [`Family::specs`].
    pub fn from_parts(families: [Option<Vec<u8>>; 7], span_ms: u32) -> Result<Self, EvidenceError> {
        for (family, bytes) in Family::ALL.into_iter().zip(&families) {
            let Some(bytes) = bytes else { continue };
            let (found, expected) = (bytes.len(), family.specs().len());
            if found != expected {
                return Err(EvidenceError::Length { family, found, expected });
            }
            if bytes.iter().all(|b| *b == 0) {
                return Err(EvidenceError::Blank(family));
            }
        }
        Ok(Self { families, span_ms })
    }

    /// The bytes of one family.
    pub fn family(&self, family: Family) -> Option<&[u8]> {
        self.families[family as usize].as_deref()
    }

    /// Time from the first event to the last, ms.
    pub fn span_ms(&self) -> u32 {
        self.span_ms
    }

    /// Whether the families agree about how much happened in how much time. Someone who makes evidence
    /// up has to keep this in mind; a recorder cannot get it wrong.
    pub fn is_consistent(&self) -> bool {
        let value = |family: Family, i: usize| family.specs()[i].value(*self.family(family)?.get(i)?);
        let span = f64::from(self.span_ms);
        // One quantisation step of a logarithm is up to 7 %; allow for that and for the last event.
        let fits = |needed_ms: f64| needed_ms <= span * 1.15 + 200.0;
        let count = |family, i| value(family, i).map(libm::exp);
        let strokes = count(Family::Pointer, pointer::STROKES).map(|n| n * 110.0);
        let presses = value(Family::Click, 1)
            .zip(count(Family::Click, 0))
            .map(|(ln, n)| (n - 1.05).max(0.0) * 0.9 * libm::exp(ln));
        let keys = count(Family::Typing, 0).map(|n| n * 0.5);
        let page = value(Family::Attention, 0).map(libm::exp);
        [strokes, presses, keys, page].into_iter().flatten().all(fits)
            && page.is_none_or(|page| span <= page * 1.15 + 200.0)
    }

    /// The measured values of one family by name, for people to read.
    pub fn values(&self, family: Family) -> Option<impl Iterator<Item = (&'static str, Option<f64>)>> {
        let values = family.specs().iter().zip(self.family(family)?).map(|(spec, byte)| spec.value(*byte));
        Some(family.feature_names().iter().copied().zip(values))
    }

    /// Weighs every family that was measured. Strongest findings first.
    pub fn judge(&self) -> Vec<Judgement> {
        let models = model::Models::shipped();
        Family::ALL
            .into_iter()
            .filter_map(|family| {
                let bytes = self.family(family)?;
                let specs = family.specs();
                let value = |i: usize| specs.get(i).zip(bytes.get(i)).and_then(|(spec, byte)| spec.value(*byte));
                let mut judgement = match family {
                    Family::Pointer => trained(family, &models.pointer, bytes),
                    Family::Typing => trained(family, &models.typing, bytes).and(typing::judge(&value)),
                    Family::Click => {
                        Judgement::sum(family, click::judge(&value, self.family(Family::Pointer).is_some()))
                    }
                    Family::Scroll => Judgement::sum(family, scroll::judge(&value)),
                    Family::Touch => Judgement::sum(family, touch::judge(&value)),
                    Family::Attention => Judgement::sum(family, attention::judge(&value)),
                    Family::Environment => Judgement::sum(family, environment::judge(&value)),
                };
                stats::sort_by(&mut judgement.findings, |a, b| a.weight > b.weight);
                Some(judgement)
            })
            .collect()
    }
}

/// The facts of each mouse stroke of a trace, as bytes: what the stroke model is trained on.
pub fn stroke_bytes(trace: &Trace) -> Vec<Vec<u8>> {
    let paths = path::Paths::of(&trace.events);
    let strokes = paths.strokes.iter().filter(|s| s.device == crate::trace::PointerDevice::Mouse);
    strokes.map(|stroke| pointer::stroke_bytes(stroke).to_vec()).collect()
}

/// First 8 bytes of the SHA-256 of the behaviour model, hexadecimal: which judge a score is from.
pub fn model_digest() -> &'static str {
    model::DIGEST
}

/// What one family says.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Which family.
    pub family: Family,
    /// Natural log-odds that a person did this, against even odds.
    pub log_odds: f32,
    /// Why.
    pub findings: Vec<Finding>,
}

impl Judgement {
    fn sum(family: Family, findings: Vec<Finding>) -> Self {
        let log_odds = findings.iter().map(Finding::signed).sum();
        Self { family, log_odds, findings }
    }

    fn and(mut self, finding: Option<Finding>) -> Self {
        if let Some(finding) = finding {
            self.log_odds += finding.signed();
            self.findings.push(finding);
        }
        self
    }
}

/// One thing that speaks for a person or for a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finding {
    /// Stable name; [`crate::decision::words`] has the English for it.
    pub code: &'static str,
    /// For whom it speaks.
    pub direction: Direction,
    /// How strongly, in natural log-odds, not negative.
    pub weight: f32,
    /// Which side of the behaviour says it, in plain words, for findings of a trained model.
    pub aspect: Option<&'static str>,
}

/// For whom a finding speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// For a person.
    Human,
    /// For a program.
    Bot,
}

impl Finding {
    fn new(code: &'static str, direction: Direction, weight: f32) -> Self {
        Self { code, direction, weight, aspect: None }
    }

    /// Weight, negative for a program.
    pub fn signed(&self) -> f32 {
        match self.direction {
            Direction::Human => self.weight,
            Direction::Bot => -self.weight,
        }
    }
}

/// Trained families say why from these log-odds on. There are two, and together they must not reach a verdict in silence.
pub(crate) const SAID: f32 = 0.2;

/// A trained family's log-odds, explained by the sides of the behaviour least like people's.
fn trained(family: Family, trees: &model::Trees, bytes: &[u8]) -> Judgement {
    let log_odds = trees.log_odds(bytes).unwrap_or(0.0);
    let weight = log_odds.abs();
    let (human, unlike, aspect): (_, _, fn(usize) -> &'static str) = match family {
        Family::Typing => ("typing-like-people", "typing-unlike-people", typing::aspect),
        _ => ("movement-like-people", "movement-unlike-people", pointer::aspect),
    };
    let mut findings = Vec::new();
    if log_odds > SAID {
        findings.push(Finding::new(human, Direction::Human, weight));
    } else if log_odds < -SAID {
        let mut named: Vec<&'static str> = Vec::new();
        for (feature, _) in trees.unusual(bytes) {
            if named.len() < 3 && !named.contains(&aspect(feature)) {
                named.push(aspect(feature));
            }
        }
        if named.is_empty() {
            findings.push(Finding::new(unlike, Direction::Bot, weight));
        }
        // The total is the family's; each named side carries a falling share of it.
        let shares = [0.5, 0.3, 0.2];
        let whole: f32 = shares[..named.len()].iter().sum();
        for (name, share) in named.into_iter().zip(shares) {
            let finding = Finding::new(unlike, Direction::Bot, weight * share / whole);
            findings.push(Finding { aspect: Some(name), ..finding });
        }
    }
    Judgement { family, log_odds, findings }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Event, Kind};
    use proptest::prelude::*;

    #[test]
    fn an_empty_trace_measures_nothing() {
        assert_eq!(Evidence::of(&Trace::default(), None), Evidence::default());
        assert!(Evidence::default().judge().is_empty());
    }

    #[test]
    fn only_input_that_a_script_made_up_counts_as_made_up() {
        let environment = |kind: Kind| {
            let made_up = (0..10).map(|i| Event { t: f64::from(i), kind, trusted: false });
            let trace = Trace { events: made_up.collect(), ..Trace::default() };
            Evidence::of(&trace, None).family(Family::Environment).is_some()
        };
        assert!(environment(Kind::KeyDown(crate::trace::KeyClass::Letter)));
        assert!(!environment(Kind::Scroll { top: 0.0, height: 900.0 }), "a page wakes its own listeners");
    }

    #[test]
    fn evidence_of_the_wrong_length_is_refused() {
        let mut families: [Option<Vec<u8>>; 7] = Default::default();
        families[1] = Some(vec![1; 3]);
        let error = Evidence::from_parts(families, 0).unwrap_err();
        assert_eq!(error, EvidenceError::Length { family: Family::Click, found: 3, expected: 14 });
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged_without_panic_and_finitely(bytes in proptest::collection::vec(1u8..=255, 200)) {
            let families = Family::ALL.map(|f| Some(bytes[..f.specs().len()].to_vec()));
            let evidence = Evidence::from_parts(families, 1000).unwrap();
            for judgement in evidence.judge() {
                prop_assert!(judgement.log_odds.is_finite());
            }
        }

        #[test]
        fn any_trace_is_measured_without_panic(
            steps in proptest::collection::vec((0f64..400.0, -500f32..2000.0, 0u8..6), 0..300),
        ) {
            let mut t = 0.0;
            let events = steps.into_iter().map(|(dt, x, kind)| {
                t += dt;
                let p = crate::trace::Pointer::mouse(x, -x);
                let kind = match kind { 0 => Kind::Down(p), 1 => Kind::Up(p), 2 => Kind::Wheel { delta_y: x }, _ => Kind::Move(p) };
                Event { t, kind, trusted: true }
            }).collect();
            let trace = Trace { events, viewport: [800.0, 600.0], ..Trace::default() };
            let evidence = Evidence::of(&trace, None);
            let families = Family::ALL.map(|f| evidence.family(f).map(<[u8]>::to_vec));
            prop_assert_eq!(Evidence::from_parts(families, evidence.span_ms()), Ok(evidence));
        }
    }
}
