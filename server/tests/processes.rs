//! Real server processes: shared stores, sudden death, signals, the command line.

mod common;

use common::{Mint, Process, Redis, config};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const SERVER: &str = env!("CARGO_BIN_EXE_vouchsafe-server");

/// Exactly one of a thousand parallel redemptions through two processes succeeds.
fn one_wins(folder: &Path, database: &str) {
    let more = "novelty_entries = 0";
    let servers = [(); 2].map(|()| Process::start(SERVER, folder, &config(database, more)));
    let voucher = Mint::new(1).voucher();
    let (wins, answers) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..20 {
            let (server, voucher, wins, answers) = (&servers[thread % 2], &voucher, &wins, &answers);
            scope.spawn(move || {
                for _ in 0..50 {
                    let answer = server.siteverify(voucher).expect("an answer");
                    answers.fetch_add(1, Ordering::Relaxed);
                    if answer["success"] == true {
                        wins.fetch_add(1, Ordering::Relaxed);
                    } else {
                        assert_eq!(answer["error"], "replayed");
                    }
                }
            });
        }
    });
    assert_eq!((wins.into_inner(), answers.into_inner()), (1, 1000));
}

#[test]
fn of_a_thousand_parallel_redemptions_through_two_processes_on_one_database_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    one_wins(folder.path(), folder.path().join("shared.db").to_str().unwrap());
}

#[test]
fn of_a_thousand_parallel_redemptions_through_two_processes_on_redis_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let redis = Redis::start(folder.path());
    one_wins(folder.path(), &redis.url);
}

#[test]
fn a_server_killed_in_a_burst_accepts_nothing_twice_and_its_successor_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path().join("kill.db").to_str().unwrap(), "novelty_entries = 0");
    let mut mint = Mint::new(2);
    let vouchers: Vec<String> = (0..600).map(|_| mint.voucher()).collect();
    let mut accepted = vec![0_u32; vouchers.len()];
    for round in 0..3_u64 {
        let mut server = Process::start(SERVER, folder.path(), &config);
        let served = AtomicUsize::new(0);
        let wins: Vec<Vec<usize>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|thread| {
                    let (server, vouchers, served) = (&server, &vouchers, &served);
                    scope.spawn(move || {
                        let mine = (thread..vouchers.len()).step_by(8);
                        let tried = mine.take_while(|i| {
                            served.fetch_add(1, Ordering::Relaxed);
                            // The signal falls into the middle of the burst, later in each round.
                            if served.load(Ordering::Relaxed) as u64 == 100 + 130 * round {
                                server.signal("-KILL");
                            }
                            let _ = i;
                            true
                        });
                        tried.filter(|i| server.accepts(&vouchers[*i])).collect()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        server.kill();
        for i in wins.into_iter().flatten() {
            accepted[i] += 1;
        }
    }
    let server = Process::start(SERVER, folder.path(), &config);
    for (i, voucher) in vouchers.iter().enumerate() {
        accepted[i] += u32::from(server.accepts(voucher));
    }
    assert!(accepted.iter().all(|times| *times <= 1), "accepted twice");
    let lost = accepted.iter().filter(|times| **times == 0).count();
    // Redeemed, and the answer died with the server: at most what was under way when it was killed.
    assert!(lost <= 3 * 8, "{lost} vouchers were lost");
    assert!(server.accepts(&mint.voucher()), "no lock is left behind");
}

#[test]
fn sites_are_managed_by_command_and_taken_over_by_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let sites = folder.path().join("sites.toml");
    let sites = sites.to_str().unwrap();
    let run = |args: &[&str]| {
        let output = Command::new(SERVER).args(["--sites", sites]).args(args).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.success(), text)
    };
    let (ok, text) = run(&["site", "list"]);
    assert!(ok && text.contains("No sites"), "{text}");
    let (ok, text) = run(&["site", "add", "shop", "--hostname", "shop.example", "--min-score", "0"]);
    assert!(ok, "{text}");
    let secret = |text: &str| text.lines().find_map(|line| line.strip_prefix("secret  = ")).unwrap().to_owned();
    let first = secret(&text);
    assert!(!std::fs::read_to_string(sites).unwrap().contains(&first), "the file has the hash only");
    let (ok, text) = run(&["site", "add", "shop", "--hostname", "shop.example"]);
    assert!(!ok && text.contains("is there already"), "{text}");
    let (ok, text) = run(&["site", "add", "other", "--hostname", "https://other.example/"]);
    assert!(!ok && text.contains("bare host name"), "{text}");

    let challenge_secret = common::base64(common::CHALLENGE_SECRET);
    let server = Process::start_with(
        SERVER,
        &["--sites", sites, "--database", "memory", "--challenge-secret", &challenge_secret],
    );
    let mut mint = Mint::new(3);
    let ask = |secret: &str, voucher: &str| {
        let form = [("secret", secret), ("response", voucher)];
        let mut response = ureq::post(format!("{}/siteverify", server.url)).send_form(form).unwrap();
        response.body_mut().read_to_string().unwrap()
    };
    assert!(ask(&first, &mint.voucher()).contains("\"success\":true"));

    let (ok, text) = run(&["site", "rotate", "shop"]);
    assert!(ok, "{text}");
    let second = secret(&text);
    assert!(ask(&second, &mint.voucher()).contains("invalid-input-secret"), "not before the reload");
    server.signal("-HUP");
    let reloaded = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        server.logs().contains("configuration reloaded")
    });
    assert!(reloaded);
    assert!(ask(&second, &mint.voucher()).contains("\"success\":true"));
    assert!(ask(&first, &mint.voucher()).contains("invalid-input-secret"));
    let (ok, text) = run(&["site", "remove", "shop"]);
    assert!(ok, "{text}");
    let (ok, text) = run(&["site", "remove", "shop"]);
    assert!(!ok && text.contains("no site \"shop\""), "{text}");
}

#[test]
fn logs_tell_what_happened_and_nothing_about_whom() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(SERVER, folder.path(), &config("memory", "trusted_proxies = ['127.0.0.1/32']"));
    let voucher = Mint::new(4).voucher();
    let form = [("secret", common::SITE_SECRET), ("response", &voucher), ("remoteip", "198.51.100.77")];
    let request = ureq::post(format!("{}/siteverify", server.url)).header("x-forwarded-for", "203.0.113.9");
    assert_eq!(request.send_form(form).unwrap().status(), 200);
    server.signal("-TERM");
    let stopped = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        server.logs().contains("stopped")
    });
    assert!(stopped, "{}", server.logs());
    let logs = server.logs();
    assert!(logs.contains("\"sitekey\":\"shop\"") && logs.contains("\"outcome\":\"ok\""), "{logs}");
    for private in ["198.51.100", "203.0.113", common::SITE_SECRET, &voucher[..40]] {
        assert!(!logs.contains(private), "{private} in {logs}");
    }
}
