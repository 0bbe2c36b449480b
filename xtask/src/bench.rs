use crate::shell::{cargo, command, root, run as shell_run, say};
use crate::{Profile, build, setup};
use anyhow::Result;

/// Native benches, then the same in headless Chromium.
pub(crate) fn run() -> Result<()> {
    say("native (criterion)");
    shell_run(cargo().args(["bench", "--package", "vouchsafe", "--bench", "core", "--", "--quiet"]))?;
    let browser = setup::browser()?;
    build::package(Profile::Release)?;
    say("in the browser");
    let mut node = command("node");
    shell_run(node.arg(root().join("benches/browser.mjs")).env("CHROMIUM", browser.chromium))
}
