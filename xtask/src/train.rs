use crate::setup;
use crate::shell::{self, command, root, say};
use anyhow::Result;
use clap::ValueEnum;
use std::path::Path;
use std::process::Command;

/// What is trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Subject {
    /// What tells people from programs: models/behavior.bin and its card
    #[default]
    Behavior,
    /// What tells people apart: models/identity.bin, models/habits.bin and the table of their card
    Identity,
}

/// What is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Adversaries of models/train, and people played in the same way (half an hour)
    Adversaries,
    /// Published libraries (ten minutes)
    Libraries,
}

/// Plays adversaries and libraries in a real Chromium and keeps what a page sees of them for training.
pub(crate) fn record(part: Option<Part>) -> Result<()> {
    setup::recordings()?;
    let browser = setup::browser()?;
    setup::screen()?;
    setup::npm_packages()?;
    let python = setup::python("target/record-venv", &[setup::TRAINING, "models/train/record-requirements.txt"])?;
    say("recording in Chromium (up to three quarters of an hour; leave the machine alone)");
    let mut script = script(&python, "record.py");
    if let Some(part) = part.as_ref().and_then(ValueEnum::to_possible_value) {
        script.arg(part.get_name());
    }
    // One of the libraries writes a log where it is run.
    shell::run(script.env("CHROMIUM", browser.chromium).current_dir(root().join("target")))
}

/// Trains a model with the pinned Python packages of `models/train`.
pub(crate) fn run(subject: Subject) -> Result<()> {
    setup::recordings()?;
    let (python, scripts): (_, &[_]) = match subject {
        Subject::Behavior => {
            let python = setup::training_python()?;
            setup::published_people(&python)?;
            (python, &["train.py"])
        }
        Subject::Identity => {
            let python = setup::python("target/identity-venv", &["models/train/identity-requirements.txt"])?;
            (python, &["habits.py", "identity.py"])
        }
    };
    setup::measuring_command()?;
    say("training (a few minutes)");
    scripts.iter().try_for_each(|name| shell::run(&mut script(&python, name)))
}

/// A script of `models/train` that comes to the same on every x86-64 processor with AVX2. numpy and OpenBLAS choose their
/// code by the processor, and a last bit that differs is another draw of every session after it.
pub(crate) fn script(python: &Path, name: &str) -> Command {
    let mut script = command(python);
    script.arg(root().join("models/train").join(name));
    script.env("NPY_DISABLE_CPU_FEATURES", "X86_V4,AVX512_ICL,AVX512_SPR").env("OPENBLAS_CORETYPE", "Haswell");
    script
}
