//! Every test, in the order in which they fail fastest.

use crate::shell::{self, cargo, command, root, say};
use crate::{Profile, build, fuzz, models, setup};
use anyhow::{Result, bail};
use clap::ValueEnum;
use std::time::Instant;

/// A part of the test suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Format and lints
    Lint,
    /// Unit, property and integration tests of the workspace
    Native,
    /// Everything that parses outside input, fuzzed for a few seconds (longer: cargo xtask fuzz)
    Fuzz,
    /// wasm-bindgen-test in headless Chromium
    Browser,
    /// The npm package: build, size budget, type check
    Package,
    /// The whole line in Chromium against the running server
    E2e,
}

/// Runs `only`, or all of them.
pub(crate) fn run(only: Option<Part>) -> Result<()> {
    let parts = match &only {
        Some(part) => std::slice::from_ref(part),
        None => Part::value_variants(),
    };
    let mut times = Vec::new();
    for part in parts {
        let start = Instant::now();
        say(format!("test: {part:?}"));
        match part {
            Part::Lint => lint()?,
            Part::Native => native()?,
            Part::Fuzz => fuzz::fuzz(None, 8)?,
            Part::Browser => browser()?,
            Part::Package => package()?,
            Part::E2e => end_to_end()?,
        }
        times.push(format!("{part:?} {:.0} s", start.elapsed().as_secs_f64()));
    }
    say(format!("all tests passed: {}", times.join(", ")));
    Ok(())
}

fn lint() -> Result<()> {
    models::verify()?;
    shell::run(cargo().args(["fmt", "--all", "--check"]))?;
    shell::run(cargo().args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))?;
    if !shell::quietly(cargo().args(["deny", "--version"])) {
        say("cargo-deny is not installed: licences and duplicate versions are not checked (cargo install cargo-deny)");
        return Ok(());
    }
    shell::run(cargo().args(["fetch", "--quiet"]))?;
    let deny = ["deny", "--log-level", "error", "--workspace", "--offline", "check", "bans", "licenses", "sources"];
    shell::run(cargo().args(deny))
}

fn native() -> Result<()> {
    setup::redis()?;
    shell::run(cargo().args(["test", "--workspace", "--quiet"]))
}

fn browser() -> Result<()> {
    let browser = setup::browser()?;
    let toolchain = setup::wasm_toolchain()?;
    let mut test = toolchain.cargo("test", false);
    test.args(["--profile", "wasm-dev", "--package", "vouchsafe", "--no-default-features", "--features", "web,seal"]);
    test.args(["--test", "browser", "--test", "parity"]);
    let runner = format!("{} wasm-test-runner", std::env::current_exe()?.display());
    test.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner).env("CHROMEDRIVER", browser.driver);
    test.env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    shell::run(&mut test)
}

fn package() -> Result<()> {
    build::package(Profile::Release)?;
    let www = root().join("www");
    shell::run(command(www.join("node_modules/.bin/tsc")).args(["--noEmit"]).current_dir(&www))
}

fn end_to_end() -> Result<()> {
    let browser = setup::browser()?;
    setup::screen()?;
    build::package(Profile::Release)?;
    let python = setup::client_packages()?;
    // Each by itself, as everything else here builds them: what cargo chooses for all together would be compiled anew by
    // the next `cargo xtask serve`.
    for package in ["vouchsafe-server", "vouchsafe", "vouchsafe-example-axum"] {
        shell::run(cargo().args(["build", "--package", package, "--quiet"]))?;
    }
    if !root().join("target/clips/live.mjpeg").exists() {
        say("making the clips that the face check is shown");
        shell::run(cargo().args(["test", "--package", "vouchsafe", "--test", "face", "--quiet"]))?;
    }
    let tests = root().join("tests/e2e");
    let mut files: Vec<_> = tests.read_dir()?.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    if files.is_empty() {
        bail!("no end-to-end tests in {}", tests.display());
    }
    let mut node = command("node");
    if let Some(firefox) = setup::firefox() {
        node.env("FIREFOX", firefox);
    }
    node.args(["--test", "--test-concurrency=1", "--test-timeout=300000", "--test-reporter=spec"]).args(files);
    shell::run(node.env("CHROMIUM", browser.chromium).env("VOUCHSAFE_TEST_PYTHON", python))
}
