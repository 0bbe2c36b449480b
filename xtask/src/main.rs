//! `cargo xtask`: sets up, builds, serves, tests and measures Vouchsafe. See `cargo xtask --help`.

mod attack;
mod bench;
mod build;
mod fuzz;
mod models;
mod serve;
mod setup;
mod shell;
mod test;
mod train;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::process::ExitCode;

/// Sets up, builds, serves, tests and measures Vouchsafe.
///
/// Every command first installs what it needs and says so; what is there already is left alone.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what building and testing need: wasm standard library, npm packages, Chromium
    Setup,
    /// Build the browser package into www/dist and print its sizes
    Build {
        /// How the WebAssembly is compiled
        #[arg(long, value_enum, default_value_t)]
        profile: Profile,
    },
    /// Build everything and serve the demo until interrupted
    Serve {
        /// How the WebAssembly is compiled
        #[arg(long, value_enum, default_value_t)]
        profile: Profile,
        /// Port to listen on
        #[arg(long, default_value_t = 8787)]
        port: u16,
    },
    /// Run every test: format, lints, native, browser, end to end
    Test {
        /// Only this part
        #[arg(value_enum)]
        only: Option<test::Part>,
    },
    /// Measure speed, beside the peers in the same run
    Bench {
        /// What to measure
        #[arg(value_enum, default_value_t)]
        subject: bench::Subject,
        /// Passed on to the bench, such as --million for the server
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Attack the demo on this machine with published tools in a real Chromium, and print what came of it
    Attack {
        /// Passed on: --sessions N, --only TEXT, --write (puts the table into docs/attacks.md and the demo)
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Feed mutated input to everything that parses what comes from outside
    Fuzz {
        /// Only this target: voucher, claims, challenge, evidence, trace, body, photograph or profile
        target: Option<String>,
        /// Seconds for each target
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Check the face models against their manifest: origin, digest, licence
    Models,
    /// Train a model from ../shared/data and write it and its tables to models/
    Train {
        /// Which one
        #[arg(value_enum, default_value_t)]
        subject: train::Subject,
    },
    /// Play the adversaries of models/train and published libraries in a real Chromium and keep what a page sees, to train
    /// against
    Record {
        /// What to record anew; the rest stays as it is
        #[arg(value_enum)]
        part: Option<train::Part>,
    },
    /// Runs one compiled test file in the browser; called by cargo
    #[command(hide = true)]
    WasmTestRunner {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

/// How the WebAssembly is compiled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Profile {
    /// Quick to compile.
    Dev,
    /// Small: optimised for size, shrunk with wasm-opt.
    #[default]
    Release,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        // Plain words, also where RUST_BACKTRACE is set.
        Err(error) => {
            eprintln!("\x1b[1;31merror:\x1b[0m {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Setup => setup::everything(),
        Command::Build { profile } => build::package(profile),
        Command::Serve { profile, port } => serve::serve(profile, port),
        Command::Test { only } => test::run(only),
        Command::Bench { subject, arguments } => bench::run(subject, &arguments),
        Command::Attack { arguments } => attack::run(&arguments),
        Command::Fuzz { target, seconds } => fuzz::fuzz(target.as_deref(), seconds),
        Command::Models => models::verify(),
        Command::Train { subject } => train::run(subject),
        Command::Record { part } => train::record(part),
        Command::WasmTestRunner { args } => {
            let args = [OsString::from("wasm-bindgen-test-runner")].into_iter().chain(args);
            wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(args)
        }
    }
}
