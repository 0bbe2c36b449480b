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

/// Trains a model with the pinned Python packages of `models/train`.
pub(crate) fn run(subject: Subject) -> Result<()> {
    setup::recordings()?;
    let (environment, requirements, scripts): (_, _, &[_]) = match subject {
        Subject::Behavior => ("target/train-venv", "requirements.txt", &["train.py"]),
        Subject::Identity => ("target/identity-venv", "identity-requirements.txt", &["habits.py", "identity.py"]),
    };
    let folder = root().join("models/train");
    let python = setup::python(environment, &format!("models/train/{requirements}"))?;
    setup::measuring_command()?;
    say("training (a few minutes)");
    scripts.iter().try_for_each(|script| shell::run(command(&python).arg(folder.join(script))))
}
