use crate::setup;
use crate::shell::{self, cargo, command, root, say};
use anyhow::{Result, bail};

/// Trains the behaviour model with the pinned Python packages of `models/train`.
pub(crate) fn run() -> Result<()> {
    let data = root().join("../shared/data");
    if !data.is_dir() {
        bail!("no training data: expected the recorded sessions in ../shared/data");
    }
    let python = setup::python("target/train-venv", "models/train/requirements.txt")?;
    say("compiling the feature extractor");
    shell::run(cargo().args(["build", "--release", "--package", "vouchsafe", "--bin", "vouchsafe"]))?;
    say("training (a few minutes)");
    shell::run(command(python).arg(root().join("models/train/train.py")))
}
