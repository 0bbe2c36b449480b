use crate::setup;
use crate::shell::{self, command, root, say};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// What is trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Subject {
    /// What tells people from programs: models/behavior.bin and its card
    #[default]
    Behavior,
    /// What tells people apart: models/identity.bin, models/habits.bin and the table of their card
    Identity,
}

/// Plays the adversaries in a real Chromium and keeps what a page sees of them for training.
pub(crate) fn record() -> Result<()> {
    setup::recordings()?;
    let browser = setup::browser()?;
    setup::screen()?;
    setup::npm_packages()?;
    let python = setup::training_python()?;
    say("recording the adversaries in Chromium (half an hour; leave the machine alone)");
    shell::run(script(&python, "record.py").env("CHROMIUM", browser.chromium))
}

/// Trains a model with the pinned Python packages of `models/train`.
pub(crate) fn run(subject: Subject) -> Result<()> {
    setup::recordings()?;
    let (python, scripts): (_, &[_]) = match subject {
        Subject::Behavior => (setup::training_python()?, &["train.py"]),
        Subject::Identity => {
            let python = setup::python("target/identity-venv", "models/train/identity-requirements.txt")?;
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
