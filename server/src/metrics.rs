use anyhow::Result;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;
use vouchsafe::voucher::{Kind, VerifiedVoucher, VerifyError};

/// Counts for Prometheus. Labels are sitekeys of configured sites and codes: their number is bounded.
pub(crate) struct Metrics {
    registry: Registry,
    challenges: Family<Labels, Counter>,
    verifications: Family<Labels, Counter>,
    step_ups: Family<StepUpLabels, Counter>,
    scores: Histogram,
    seconds: Histogram,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    sitekey: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepUpLabels {
    kind: &'static str,
    outcome: &'static str,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("vouchsafe"),
            challenges: Family::default(),
            verifications: Family::default(),
            step_ups: Family::default(),
            scores: Histogram::new((1..10).map(|tenth| f64::from(tenth) / 10.0)),
            seconds: Histogram::new([0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0]),
        };
        let Self { mut registry, challenges, verifications, step_ups, scores, seconds } = metrics;
        registry.register("challenges", "Challenges asked for, by site and outcome", challenges.clone());
        registry.register("verifications", "Vouchers shown, by site and outcome", verifications.clone());
        registry.register("step_ups", "Puzzles asked, passed and failed, by kind; refusals", step_ups.clone());
        registry.register("score", "Scores of accepted vouchers", scores.clone());
        registry.register("verification_seconds", "Time to verify and redeem", seconds.clone());
        Self { registry, challenges, verifications, step_ups, scores, seconds }
    }

    pub(crate) fn challenged(&self, sitekey: &str, outcome: &'static str) {
        self.challenges.get_or_create(&Labels { sitekey: sitekey.into(), outcome }).inc();
    }

    pub(crate) fn verified(&self, sitekey: &str, outcome: &Result<VerifiedVoucher, VerifyError>, took: Duration) {
        let code = outcome.as_ref().map_or_else(VerifyError::code, |_| "ok");
        self.verifications.get_or_create(&Labels { sitekey: sitekey.into(), outcome: code }).inc();
        self.seconds.observe(took.as_secs_f64());
        if let Ok(voucher) = outcome {
            self.scores.observe(f64::from(voucher.score()));
        }
    }

    /// A puzzle was asked, passed or failed.
    pub(crate) fn asked(&self, kind: Kind, outcome: &'static str) {
        self.step_ups.get_or_create(&StepUpLabels { kind: kind.name(), outcome }).inc();
    }

    /// Nothing was asked or judged, for this reason.
    pub(crate) fn refused(&self, code: &'static str) {
        self.step_ups.get_or_create(&StepUpLabels { kind: "", outcome: code }).inc();
    }

    /// The text Prometheus reads.
    pub(crate) fn text(&self) -> Result<String> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
