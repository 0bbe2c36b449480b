use crate::shell::{self, cargo, command, root, say, which};
use anyhow::{Result, bail};

/// Trains the behaviour model with the pinned Python packages of `models/train`.
pub(crate) fn run() -> Result<()> {
    let data = root().join("../shared/data");
    if !data.is_dir() {
        bail!("no training data: expected the recorded sessions in ../shared/data");
    }
    let Some(python) = which("python3") else {
        bail!("python3 is missing: training needs Python 3.11 or later (building and testing do not)");
    };
    let environment = root().join("target/train-venv");
    let requirements = root().join("models/train/requirements.txt");
    let wanted = std::fs::read(&requirements)?;
    let stamp = environment.join("installed-from");
    if !std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        say("installing the pinned Python packages into target/train-venv");
        shell::run(command(python).args(["-m", "venv"]).arg(&environment))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
        shell::run(command(environment.join("bin/python")).args(pip).arg(&requirements))?;
        std::fs::write(&stamp, wanted)?;
    }
    say("compiling the feature extractor");
    shell::run(cargo().args(["build", "--release", "--package", "vouchsafe", "--bin", "vouchsafe"]))?;
    say("training (a few minutes)");
    shell::run(command(environment.join("bin/python")).arg(root().join("models/train/train.py")))
}
