//! The `vouchsafe` command, run as a person runs it.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use vouchsafe::behavior::Evidence;
use vouchsafe::decision::Policy;
use vouchsafe::trace::codec;
use vouchsafe::voucher::{Challenge, ChallengeKey, Draft, PUZZLES, SolvedChallenge, Solver, Terms, VisitorKey};

const CORPUS: &str = "tests/corpus/traces.jsonl";
const GOOD: &str = r#"{"id":"a","source":"s","viewport":[8,6],"events":[[0,"focus"]]}"#;

fn vouchsafe(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vouchsafe"))
        .args(arguments)
        .env_remove("VOUCHSAFE_CHALLENGE_SECRET")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input has closed it: not this test's concern.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn lines(output: &Output) -> Vec<serde_json::Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn score_answers_each_trace_in_order_with_every_family() {
    let output = vouchsafe(&["score", CORPUS], b"");
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    let text = std::fs::read_to_string(CORPUS).unwrap();
    let ids: Vec<String> = text.lines().map(|line| codec::decode(line).unwrap().trace.id).collect();
    let records = lines(&output);
    assert_eq!(records.iter().map(|r| r["id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    for record in &records {
        let score = record["score"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&score));
        assert!(["human", "uncertain", "bot"].contains(&record["verdict"].as_str().unwrap()));
        assert_eq!(record["signals"].as_object().unwrap().len(), 7);
        assert!(!record["reasons"].as_array().unwrap().is_empty());
    }
}

#[test]
fn the_label_is_never_an_input() {
    let text = std::fs::read_to_string(CORPUS).unwrap();
    let lied = text.replace(r#""label":"human""#, r#""label":"bot""#);
    let scores = |input: &str| vouchsafe(&["score", "-"], input.as_bytes()).stdout;
    assert_eq!(scores(&text), scores(&lied));
}

#[test]
fn gzip_is_read_where_the_name_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl.gz");
    let mut gzip = flate2::write::GzEncoder::new(std::fs::File::create(&path).unwrap(), flate2::Compression::fast());
    gzip.write_all(GOOD.as_bytes()).unwrap();
    gzip.finish().unwrap();
    let output = vouchsafe(&["score", path.to_str().unwrap()], b"");
    assert_eq!((output.status.code(), lines(&output).len()), (Some(0), 1));
}

#[test]
fn bad_lines_are_named_and_the_others_are_answered() {
    let input = format!("{GOOD}\nnot json\n\n{GOOD}\n{{\"id\":3}}\n\u{feff}{GOOD}\n");
    let output = vouchsafe(&["score", "-"], input.as_bytes());
    assert_eq!((output.status.code(), lines(&output).len()), (Some(2), 2));
    let errors = errors(&output);
    for place in ["-:2: ", "-:5: ", "-:6: "] {
        assert!(errors.contains(place), "{errors}");
    }
    assert!(!errors.contains("panicked"));
}

#[test]
fn hostile_input_is_refused_in_one_line_each() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let huge = format!(r#"{{"id":"a","source":"s","viewport":[1e308,1],"events":[[{},"focus"]]}}"#, "9".repeat(400));
    let nested = format!(r#"{{"id":"a","x":{}"#, "[".repeat(100_000));
    for path in [
        file("empty.jsonl", b""),
        file("truncated.jsonl.gz", &[0x1f, 0x8b, 8, 0, 0]),
        file("not.jsonl.gz", b"plain text"),
        file("latin1.jsonl", b"{\"id\":\"\xff\"}"),
        file("huge.jsonl", huge.as_bytes()),
        file("nested.jsonl", nested.as_bytes()),
        file("nan.jsonl", br#"{"id":"a","source":"s","viewport":[1,1],"events":[[NaN,"focus"]]}"#),
        folder.path().to_str().unwrap().to_owned(),
        folder.path().join("missing.jsonl").to_str().unwrap().to_owned(),
    ] {
        let output = vouchsafe(&["score", &path], b"");
        assert_eq!(output.status.code(), Some(2), "{path}");
        let errors = errors(&output);
        assert_eq!(errors.lines().count(), 1, "{path}: {errors}");
        assert!(!errors.contains("panicked"), "{errors}");
    }
}

#[test]
fn extreme_but_lawful_traces_are_scored_without_panic() {
    let mut events = vec!["[0,\"move\",1e30,-1e30]".to_owned()];
    events.extend((1..2000).map(|i| format!("[{},\"move\",{},{}]", f64::from(i) * 1e-3, (i % 7) * 100_000, i)));
    events.push("[1e15,\"down\",3e38,3e38]".to_owned());
    events.push("[1e15,\"up\",-3e38,0]".to_owned());
    let line = format!(r#"{{"id":"x","source":"s","viewport":[1,1],"events":[{}]}}"#, events.join(","));
    let output = vouchsafe(&["score", "-"], line.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert_eq!(lines(&output).len(), 1);
}

/// A voucher signed at `now` and the secret, base64url, that its challenge was issued with.
fn voucher(now: u64) -> (String, &'static str) {
    let key = ChallengeKey::new(b"sixteen bytes ok").unwrap();
    let terms = Terms {
        v: 1,
        nonce: "AAAAAAAAAAAAAAAAAAAAAA".into(),
        sitekey: "shop".into(),
        hostname: "shop.example".into(),
        action: None,
        iat: now - 60,
        exp: now + 600,
        difficulty: 2,
        require: Vec::new(),
        step_up: None,
    };
    let challenge = Challenge::read(&key.issue(&terms)).unwrap();
    let visitor = VisitorKey::from_seed([1; 32]);
    let mut solver = Solver::new(&challenge, &visitor.thumbprint());
    while solver.step(100) < PUZZLES {}
    let solved = SolvedChallenge::new(challenge, &visitor, &solver.answer().unwrap()).unwrap();
    let evidence = Evidence::default();
    let draft = Draft { hostname: "shop.example".into(), now, ..Draft::default() };
    (solved.sign(&visitor, &evidence, &Policy::default().decide(&evidence), draft), "c2l4dGVlbiBieXRlcyBvaw")
}

#[test]
fn verify_prints_the_verdict_or_the_error_code() {
    let (voucher, secret) = voucher(1_800_000_000);
    let verify = |voucher: &str, more: &[&str]| {
        let arguments = ["verify", "--challenge-secret", secret, "--now", "1800000010"];
        let output = vouchsafe(&[&arguments, more].concat(), voucher.as_bytes());
        (output.status.code().unwrap(), lines(&output).remove(0))
    };
    let (code, record) = verify(&format!("{voucher}\n"), &[]);
    assert_eq!((code, &record["success"], &record["verdict"]), (0, &true.into(), &"uncertain".into()));
    for (voucher, more, error) in [
        (format!("{voucher}A"), &[][..], "malformed"),
        (voucher.replacen('.', ".e30", 1), &[], "malformed"),
        (voucher.clone(), &["--sitekey", "bank"], "wrong-sitekey"),
        (voucher.clone(), &["--hostname", "evil.test"], "wrong-hostname"),
        (voucher.clone(), &["--action", "buy"], "wrong-action"),
        ("x".repeat(20_000), &[], "too-large"),
    ] {
        let (code, record) = verify(&voucher, more);
        assert_eq!((code, &record["error-codes"][0]), (1, &error.into()));
    }
}

#[test]
fn verify_without_a_secret_or_a_voucher_says_what_is_missing() {
    let output = vouchsafe(&["verify"], b"a.b.c");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(lines(&output)[0]["error-codes"][0], "missing-challenge-secret");
    let output = vouchsafe(&["verify", "--challenge-secret", "c2hvcnQ"], b"a.b.c");
    assert_eq!(lines(&output)[0]["error-codes"][0], "invalid-challenge-secret");
    let output = vouchsafe(&["verify"], b"  \n");
    assert_eq!((output.status.code(), errors(&output).lines().count()), (Some(2), 1));
}
