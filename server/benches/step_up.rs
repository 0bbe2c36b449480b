//! What the challenges are worth against programs: how often each is passed by guessing and by a program written for it,
//! and what that costs. Over HTTP without a socket, three answers a challenge, as a site has it.
//!
//! `cargo xtask bench challenges`

#[path = "../tests/common/asking.rs"]
mod asking;
#[path = "../tests/common/mod.rs"]
mod common;

use asking::{Site, solvers};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Kind, name, and what it answers to a puzzle shown.
type Program = (&'static str, &'static str, fn(&Value) -> String);

const CHALLENGES: usize = 300;

#[tokio::main]
async fn main() {
    let site = Site::new();
    println!(
        "{CHALLENGES} challenges each (hold: 20), up to three answers; one puzzle (marked) and two running (strong)"
    );
    println!(
        "{:<12} {:<34} {:>9} {:>9} {:>12} {:>12}",
        "challenge", "program", "marked", "strong", "ask, ms", "solve, ms"
    );
    let programs: [Program; 7] = [
        ("pictures", "guesses five of nine", |_| "0,2,4,6,8".into()),
        ("pictures", "closes the gaps and floods", solvers::answer),
        ("fit", "guesses the middle", |_| "118,58".into()),
        ("fit", "matches the outline", solvers::answer),
        ("question", "guesses three of eight", |_| "0,1,2".into()),
        ("question", "has the list of words", solvers::answer),
        ("hold", "waits, reacts after 0.2 s", |_| String::new()),
    ];
    for (kind, name, solve) in programs {
        let mut rates = Vec::new();
        let (mut asking, mut solving, mut asked) = (Duration::ZERO, Duration::ZERO, 0);
        let challenges = if kind == "hold" { 20 } else { CHALLENGES };
        for suspicion in ["marked", "strong"] {
            let mut passed = 0;
            for _ in 0..challenges {
                let challenge = site.challenge().await;
                'tries: loop {
                    let started = Instant::now();
                    let (_, mut shown) = site.ask(&challenge, kind, suspicion).await;
                    asking += started.elapsed();
                    loop {
                        asked += 1;
                        let started = Instant::now();
                        let answer = solve(&shown);
                        if kind == "hold" {
                            let (_, cue) = site.answer(&shown["puzzle"], "").await;
                            tokio::time::sleep(Duration::from_millis(200)).await;
                            shown["puzzle"] = cue["cue"].clone();
                        }
                        solving += started.elapsed();
                        let (status, said) = site.answer(&shown["puzzle"], &answer).await;
                        if said["pass"].is_string() {
                            passed += 1;
                            break 'tries;
                        }
                        if !status.is_success() {
                            break 'tries;
                        }
                        if !said["puzzle"].is_string() {
                            break;
                        }
                        shown = said;
                    }
                }
            }
            rates.push(format!("{:.1} %", 100.0 * f64::from(passed) / challenges as f64));
        }
        let each = |time: Duration| time.as_secs_f64() * 1000.0 / f64::from(asked);
        println!(
            "{kind:<12} {name:<34} {:>9} {:>9} {:>12.1} {:>12.1}",
            rates[0],
            rates[1],
            each(asking),
            each(solving)
        );
    }
    let mut worked = Duration::ZERO;
    for _ in 0..20 {
        let challenge = site.challenge().await;
        let started = Instant::now();
        site.solve(&challenge, "work", "mild").await.unwrap();
        worked += started.elapsed();
    }
    println!(
        "{:<12} {:<34} {:>9} {:>9} {:>12} {:>12.1}",
        "work",
        "works (mild doubt only)",
        "",
        "",
        "",
        worked.as_secs_f64() * 50.0
    );
}
