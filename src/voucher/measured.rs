//! The claims that come from what was seen, as JSON. Written here by hand: a serialiser and the formatting of numbers
//! would be paid for by every visitor. A test holds it to what [`super::Claims`] reads.

use super::text;
use crate::behavior::{Evidence, Family, model_digest};
use crate::decision::Decision;

/// `{score, verdict, signals, evidence, build, model, reasons}`: the fields of [`super::Claims`] by their names, and
/// why, as `[{family, code, text, weight}]`, strongest first.
pub fn measured_json(evidence: &Evidence, decision: &Decision) -> String {
    let mut out = String::from("{\"score\":");
    number(&mut out, decision.score);
    field(&mut out, ",\"verdict", decision.verdict.name());
    out.push_str(",\"signals\":{");
    for (family, score) in decision.signals {
        if let Some(score) = score {
            comma(&mut out);
            key(&mut out, family.name());
            number(&mut out, score);
        }
    }
    out.push_str("},\"evidence\":{\"span_ms\":");
    whole(&mut out, evidence.span_ms());
    for family in Family::ALL {
        if let Some(bytes) = evidence.family(family) {
            comma(&mut out);
            key(&mut out, family.name());
            quoted(&mut out, &text::encode(bytes));
        }
    }
    field(&mut out, "},\"build", env!("CARGO_PKG_VERSION"));
    field(&mut out, ",\"model", model_digest());
    out.push_str(",\"reasons\":[");
    for reason in &decision.reasons {
        comma(&mut out);
        field(&mut out, "{\"family", reason.family.name());
        field(&mut out, ",\"code", reason.code);
        field(&mut out, ",\"text", &reason.text());
        out.push_str(",\"weight\":");
        number(&mut out, reason.weight);
        out.push('}');
    }
    out.push_str("]}");
    out
}

/// Between the members of a list, and not before the first.
fn comma(out: &mut String) {
    if !out.ends_with(['{', '[']) {
        out.push(',');
    }
}

fn key(out: &mut String, name: &str) {
    quoted(out, name);
    out.push(':');
}

/// What comes before, up to the name of a member; its text.
fn field(out: &mut String, before: &str, value: &str) {
    out.push_str(before);
    out.push_str("\":");
    quoted(out, value);
}

/// Every text here is ours, and none has anything to escape.
fn quoted(out: &mut String, text: &str) {
    out.push('"');
    out.push_str(text);
    out.push('"');
}

/// To four decimals, as scores are rounded.
fn number(out: &mut String, value: f32) {
    if value < 0.0 {
        out.push('-');
    }
    let steps = (f64::from(value.abs()) * 10_000.0 + 0.5) as u32;
    whole(out, steps / 10_000);
    out.push('.');
    for place in [1000, 100, 10, 1] {
        out.push(char::from(b'0' + (steps / place % 10) as u8));
    }
}

fn whole(out: &mut String, value: u32) {
    if value > 9 {
        whole(out, value / 10);
    }
    out.push(char::from(b'0' + (value % 10) as u8));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behavior::EnvironmentFacts;
    use crate::decision::Policy;
    use crate::four_decimals;
    use crate::voucher::{EvidenceClaim, Signals};
    use serde_json::{Value, json};

    #[test]
    fn it_says_what_a_serialiser_would_say() {
        let corpus = include_str!("../../tests/corpus/traces.jsonl");
        let mut measured = 0;
        for line in corpus.lines() {
            let trace = crate::trace::codec::decode(line).unwrap().trace;
            let facts = EnvironmentFacts { webdriver: measured % 3 == 0, ..Default::default() };
            let evidence = Evidence::of(&trace, (measured % 2 == 0).then_some(&facts));
            let decision = Policy::default().decide(&evidence);
            let said: Value = serde_json::from_str(&measured_json(&evidence, &decision)).unwrap();
            let expected = json!({
                "score": four_decimals(decision.score),
                "verdict": decision.verdict,
                "signals": Signals::of(&decision),
                "evidence": EvidenceClaim::of(&evidence),
                "build": env!("CARGO_PKG_VERSION"),
                "model": model_digest(),
                "reasons": decision.reasons.iter().map(|r| json!({
                    "family": r.family, "code": r.code, "text": r.text(), "weight": four_decimals(r.weight),
                })).collect::<Vec<_>>(),
            });
            assert_eq!(said, expected);
            measured += 1;
        }
        assert!(measured > 20);
    }
}
