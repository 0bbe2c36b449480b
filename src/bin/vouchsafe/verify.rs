//! Checking one voucher.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};
use vouchsafe::voucher::{ChallengeKey, Expectation, MAX_VOUCHER_BYTES, VerifiedVoucher, Verifier, VerifyError};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The secret the server signs challenges with, base64url
    #[arg(long, env = "VOUCHSAFE_CHALLENGE_SECRET", hide_env_values = true)]
    challenge_secret: Option<String>,
    /// Refuse vouchers of other sites
    #[arg(long)]
    sitekey: Option<String>,
    /// Refuse vouchers of other host names; may be given several times
    #[arg(long)]
    hostname: Vec<String>,
    /// Refuse vouchers for other actions
    #[arg(long)]
    action: Option<String>,
    /// Check as if it were this time, in seconds since 1970 [default: now]
    #[arg(long)]
    now: Option<u64>,
}

pub(crate) fn run(options: &Options, out: &mut impl Write) -> ExitCode {
    let Some(voucher) = read() else { return ExitCode::from(2) };
    let (answer, code) = answer(options, &voucher);
    match writeln!(out, "{answer}").and_then(|()| out.flush()) {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::from(2),
    }
}

/// Standard input without the space around it; says what is wrong with it.
fn read() -> Option<String> {
    let mut text = String::new();
    // One byte more than a voucher may have, so that a longer one is seen as such.
    let limit = MAX_VOUCHER_BYTES as u64 + 1024;
    if let Err(error) = io::stdin().lock().take(limit).read_to_string(&mut text) {
        eprintln!("vouchsafe verify: standard input: {error}");
        return None;
    }
    let trimmed = text.trim();
    if trimmed.is_empty() {
        eprintln!("vouchsafe verify: no voucher on standard input");
        return None;
    }
    Some(trimmed.to_owned())
}

fn answer(options: &Options, voucher: &str) -> (Value, u8) {
    let Some(secret) = &options.challenge_secret else {
        let message = "set --challenge-secret or VOUCHSAFE_CHALLENGE_SECRET to the server's secret";
        return (json!({ "success": false, "error-codes": ["missing-challenge-secret"], "message": message }), 2);
    };
    let key = Base64UrlUnpadded::decode_vec(secret).ok().and_then(|secret| ChallengeKey::new(&secret));
    let Some(key) = key else {
        let message = "the challenge secret must be base64url of at least 16 bytes";
        return (json!({ "success": false, "error-codes": ["invalid-challenge-secret"], "message": message }), 2);
    };
    let expected = Expectation {
        sitekey: options.sitekey.as_deref(),
        hostnames: &options.hostname,
        action: options.action.as_deref(),
    };
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let now = options.now.unwrap_or_else(clock);
    match Verifier::new(key).dangerous_skip_replay_check(voucher, &expected, now) {
        Ok(voucher) => (verdict(&voucher), 0),
        Err(error) => (refusal(&error), 1),
    }
}

fn verdict(voucher: &VerifiedVoucher) -> Value {
    let claims = voucher.claims();
    let reasons: Vec<String> = voucher.reasons().iter().map(vouchsafe::decision::Reason::text).collect();
    json!({
        "success": true,
        "score": claims.score,
        "verdict": claims.verdict,
        "sitekey": claims.aud,
        "hostname": claims.hostname,
        "action": claims.action,
        "cdata": claims.cdata,
        "signed_at": claims.iat,
        "signals": claims.signals,
        "reasons": reasons,
    })
}

fn refusal(error: &VerifyError) -> Value {
    json!({ "success": false, "error-codes": [error.code()], "message": error.to_string() })
}
