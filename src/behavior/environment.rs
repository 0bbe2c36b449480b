//! What the browser says about itself and about how input reaches it.
//!
//! These facts tell automation from a device. None is kept or sent that would tell one visitor from
//! another: each is a yes, a no or a share of events.

use super::{Direction, FeatureSpec, Finding};

/// Facts a recorder gathers beside the trace. Counts, never values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EnvironmentFacts {
    /// `navigator.webdriver`.
    pub webdriver: bool,
    /// The user agent names a headless browser.
    pub headless_agent: bool,
    /// `navigator.languages` is empty.
    pub no_languages: bool,
    /// The window has no outer size although it is visible.
    pub no_outer_size: bool,
    /// A global that a driver or its script leaves behind was found.
    pub driver_globals: bool,
    /// Pointer moves of a mouse.
    pub moves: u32,
    /// Of those, with more than one coalesced sample.
    pub coalesced: u32,
    /// Of those, whose position changed while `movementX` and `movementY` said zero.
    pub unmoved: u32,
    /// Of those, at a place no device reports: between the pixels of the screen, or in the screen where it is in the page
    /// although the viewport is not at the screen's origin.
    pub injected: u32,
    /// Input events of any kind.
    pub inputs: u32,
    /// Of those, made up by a script (`isTrusted` false).
    pub untrusted: u32,
}

/// One value for each of [`SPECS`].
pub(super) fn features(facts: &EnvironmentFacts) -> Vec<Option<f64>> {
    let flag = |on: bool| Some(f64::from(u8::from(on)));
    let share = |part: u32, whole: u32| (whole >= MIN_EVENTS).then(|| f64::from(part.min(whole)) / f64::from(whole));
    vec![
        flag(facts.webdriver),
        flag(facts.headless_agent),
        flag(facts.no_languages),
        flag(facts.no_outer_size),
        flag(facts.driver_globals),
        share(facts.coalesced, facts.moves),
        share(facts.unmoved, facts.moves),
        share(facts.injected, facts.moves),
        (facts.inputs > 0).then(|| f64::from(facts.untrusted.min(facts.inputs)) / f64::from(facts.inputs)),
    ]
}

pub(super) const SPECS: [FeatureSpec; 9] = [
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 1.0),
];

/// What each of [`SPECS`] is, with its unit.
pub(super) const NAMES: [&str; SPECS.len()] = [
    "driven by WebDriver",
    "headless user agent",
    "no languages",
    "no outer window size",
    "driver globals",
    "moves with coalesced history, share",
    "moves that report no movement, share",
    "moves with injected coordinates, share",
    "untrusted input, share",
];

/// Weights chosen: declared automation is decisive, delivery is a hint (no recordings of people exist
/// for it, and remote desktops and some mice deliver the same way).
pub(super) fn judge(value: &dyn Fn(usize) -> Option<f64>) -> Vec<Finding> {
    let on = |i| value(i).is_some_and(|v| v > 0.5);
    let mut findings = Vec::new();
    for (i, code, weight) in [
        (0, "webdriver", 6.0),
        (1, "headless-agent", 4.0),
        (4, "driver-globals", 4.0),
        (8, "untrusted-input", 4.0),
        (2, "no-languages", 1.0),
        (3, "no-outer-size", 1.0),
        (7, "injected-coordinates", 1.2),
        (6, "moves-without-movement", 0.8),
    ] {
        if on(i) {
            findings.push(Finding::new(code, Direction::Bot, weight));
        }
    }
    if value(5).is_some_and(|v| v < 0.004) {
        findings.push(Finding::new("no-coalesced-history", Direction::Bot, 0.3));
    }
    findings
}

/// Shares of fewer events mean nothing.
const MIN_EVENTS: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_browser_gives_no_findings() {
        let facts = EnvironmentFacts { moves: 300, coalesced: 120, inputs: 400, ..Default::default() };
        let values = features(&facts);
        assert!(judge(&|i| values[i]).is_empty());
    }

    #[test]
    fn each_fact_is_judged_by_itself() {
        let plain = EnvironmentFacts { moves: 100, coalesced: 50, inputs: 100, ..Default::default() };
        for (facts, code) in [
            (EnvironmentFacts { webdriver: true, ..plain }, "webdriver"),
            (EnvironmentFacts { headless_agent: true, ..plain }, "headless-agent"),
            (EnvironmentFacts { no_languages: true, ..plain }, "no-languages"),
            (EnvironmentFacts { no_outer_size: true, ..plain }, "no-outer-size"),
            (EnvironmentFacts { driver_globals: true, ..plain }, "driver-globals"),
            (EnvironmentFacts { coalesced: 0, ..plain }, "no-coalesced-history"),
            (EnvironmentFacts { unmoved: 90, ..plain }, "moves-without-movement"),
            (EnvironmentFacts { injected: 99, ..plain }, "injected-coordinates"),
            (EnvironmentFacts { untrusted: 80, ..plain }, "untrusted-input"),
        ] {
            let values = features(&facts);
            let codes: Vec<_> = judge(&|i| values[i]).iter().map(|f| f.code).collect();
            assert_eq!(codes, [code]);
        }
    }
}
