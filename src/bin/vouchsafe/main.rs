//! The `vouchsafe` command: the core that ships as WebAssembly, native, reading files.

mod face;
mod identify;
mod traces;
mod verify;

use clap::{Parser, Subcommand};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Scores recorded sessions, looks at photographs and checks vouchers, with the code that runs in the browser.
///
/// Records go to standard output as JSONL, one per input, in input order. Bad input is reported on
/// standard error as `file:line: what is wrong`; the rest is still processed and the exit code is 2.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Score each trace: {"id","score","verdict","signals","reasons"}
    Score {
        /// Trace files (JSONL; gzip when the name ends in .gz; - for standard input)
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print what is measured of each trace, feature by feature
    Features {
        /// Trace files (JSONL; gzip when the name ends in .gz; - for standard input)
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// One byte a feature, as a voucher carries them, instead of values; and each stroke's facts
        #[arg(long)]
        bytes: bool,
    },
    /// Tell how alike the movement of each probe trace is to each enrolled person's: {"probe","user","score"}
    ///
    /// The score is in standard deviations above what strangers' likeness is by chance; higher means more likely
    /// the same person, and null that a trace has too few moves. The user field of the enrolled traces says whose
    /// they are; the one in the probes is not looked at.
    Identify(identify::Options),
    /// Look at photographs
    #[command(subcommand)]
    Face(face::Command),
    /// Check a voucher from standard input: {"success","score",...} or {"success","error-codes"}
    ///
    /// Exit code 0 when it is good, 1 when it is refused, 2 when there is nothing to check. Single use
    /// is not checked: only the server's store knows.
    Verify(verify::Options),
}

fn main() -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let result = match Cli::parse().command {
        Command::Score { files } => traces::each(&files, &mut out, traces::score),
        Command::Features { files, bytes } => {
            traces::each(&files, &mut out, if bytes { traces::feature_bytes } else { traces::features })
        }
        Command::Identify(options) => identify::run(&options, &mut out),
        Command::Face(command) => face::run(&command, &mut out),
        Command::Verify(options) => return verify::run(&options, &mut out),
    };
    match result.and_then(|clean| out.flush().map(|()| clean)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        // A reader that has seen enough (`| head`) is not an error.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vouchsafe: {error}");
            ExitCode::from(2)
        }
    }
}
