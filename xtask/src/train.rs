use crate::setup;
use crate::shell::{self, command, root, say};
use anyhow::Result;

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
    shell::run(command(&python).arg(root().join("models/train/record.py")).env("CHROMIUM", browser.chromium))
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
    let folder = root().join("models/train");
    scripts.iter().try_for_each(|script| shell::run(command(&python).arg(folder.join(script))))
}
