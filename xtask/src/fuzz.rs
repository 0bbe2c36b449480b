//! Fuzzing with libFuzzer and coverage, on the stable compiler: no cargo-fuzz, no nightly.

use crate::setup;
use crate::shell::{cargo, command, root, run, say};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Stdio;

/// Runs every target, or `only`, for `seconds` each from the committed seeds.
pub(crate) fn fuzz(only: Option<&str>, seconds: u32) -> Result<()> {
    setup::cxx()?;
    say("compiling the fuzz targets with coverage counters");
    let host = host()?;
    let mut build = cargo();
    build.current_dir(root().join("fuzz")).args(["build", "--release", "--locked", "--bins", "--quiet"]);
    build.args(["--target", &host, "--target-dir"]).arg(root().join("target/fuzz")).env("RUSTFLAGS", COVERAGE);
    run(&mut build)?;
    for target in TARGETS.iter().filter(|target| only.is_none_or(|only| only == **target)) {
        say(format!("fuzzing {target} for {seconds} s"));
        let corpus = root().join("target/fuzz/corpus").join(target);
        std::fs::create_dir_all(&corpus)?;
        write_seeds(target, &corpus)?;
        let log = root().join(format!("target/fuzz/{target}.log"));
        let mut fuzzer = command(root().join("target/fuzz").join(&host).join("release").join(target));
        fuzzer.arg(format!("-max_total_time={seconds}")).args(["-max_len=16384", "-timeout=10", "-rss_limit_mb=2048"]);
        fuzzer.arg(format!("-artifact_prefix={}/found-{target}-", root().join("target/fuzz").display())).arg(&corpus);
        let status = fuzzer.stdout(Stdio::null()).stderr(std::fs::File::create(&log)?).status()?;
        let text = std::fs::read_to_string(&log)?;
        if !status.success() {
            let tail: Vec<&str> = text.lines().rev().take(30).collect();
            bail!("{target} found something:\n{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
        let runs = text.lines().rev().find_map(|line| line.strip_prefix("Done ")).unwrap_or("no count");
        eprintln!("    {runs}");
    }
    Ok(())
}

/// Good inputs to begin with: the committed vectors and corpus.
fn write_seeds(target: &str, corpus: &Path) -> Result<()> {
    let vectors = std::fs::read_to_string(root().join("tests/vectors/vouchers.json"))?;
    let vectors: serde_json::Value = serde_json::from_str(&vectors)?;
    let traces = std::fs::read_to_string(root().join("tests/corpus/traces.jsonl"))?;
    let vouchers: Vec<&str> = vectors["vouchers"]
        .as_array()
        .context("no vectors")?
        .iter()
        .filter_map(|case| case["voucher"].as_str())
        .collect();
    let claims = |voucher: &str| {
        use base64ct::{Base64UrlUnpadded, Encoding};
        voucher.split('.').nth(1).and_then(|part| Base64UrlUnpadded::decode_vec(part).ok()).unwrap_or_default()
    };
    let seeds: Vec<Vec<u8>> = match target {
        "voucher" => vouchers.iter().map(|voucher| voucher.as_bytes().to_vec()).collect(),
        "claims" => vouchers.iter().map(|voucher| claims(voucher)).collect(),
        "challenge" => vec![vectors["challenge"].as_str().unwrap_or_default().into()],
        "trace" => traces.lines().filter(|line| line.len() < 8000).map(|line| line.as_bytes().to_vec()).collect(),
        "evidence" => vec![[vec![0xff; 5], (0..120).collect()].concat()],
        "photograph" => {
            let pictures = ["small.jpg", "small.png", "small.webp"].map(|name| root().join("tests/corpus").join(name));
            pictures.into_iter().map(std::fs::read).collect::<Result<_, _>>()?
        }
        "body" => vouchers
            .iter()
            .take(1)
            .flat_map(|v| [format!("secret=s&response={v}"), format!(r#"{{"secret":"s","response":"{v}"}}"#)])
            .map(String::into_bytes)
            .collect(),
        // Nobody, and somebody of whom two blocks and the facts of one are known.
        "profile" => {
            let rest = vec![0; 2 * 576 + 2 + 32 + 3];
            let block = [1f32.to_le_bytes().as_slice(), &[5; 32]].concat();
            let hand = [[2, 0, 0, 0, 1, 0].as_slice(), &block, &block, &[9; 25]].concat();
            vec![[b"VSP1\0", rest.as_slice()].concat(), [b"VSP1\x01", hand.as_slice(), &rest].concat()]
        }
        _ => Vec::new(),
    };
    for (i, seed) in seeds.iter().enumerate() {
        std::fs::write(corpus.join(format!("seed-{i}")), seed)?;
    }
    Ok(())
}

fn host() -> Result<String> {
    let version = crate::shell::output(command("rustc").arg("-vV")).context("rustc does not run")?;
    version.lines().find_map(|line| line.strip_prefix("host: ").map(str::to_owned)).context("rustc names no host")
}

const TARGETS: [&str; 8] = ["voucher", "claims", "challenge", "evidence", "trace", "body", "photograph", "profile"];

/// What tells libFuzzer which input reached new code.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";
