//! The attack laboratory: tools that others publish, against the demo, on this machine only.

use crate::shell::{cargo, command, root, run as shell_run, say};
use crate::{Profile, build, setup};
use anyhow::Result;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let browser = setup::browser()?;
    setup::screen()?;
    setup::npm_install("tests/attack")?;
    build::package(Profile::Release)?;
    shell_run(cargo().args(["build", "--package", "vouchsafe-server", "--quiet"]))?;
    say("attacks on the demo (half a minute for each session of all)");
    let mut node = command("node");
    node.arg(root().join("tests/attack/laboratory.mjs")).args(arguments);
    shell_run(node.env("CHROMIUM", browser.chromium))
}
