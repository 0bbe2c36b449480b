use crate::shell::{cargo, command, root, run, say};
use crate::{Profile, build};
use anyhow::Result;

/// Builds everything and serves the demo until interrupted.
pub(crate) fn serve(profile: Profile, port: u16) -> Result<()> {
    build::package(profile)?;
    say("compiling the server");
    run(cargo().args(["build", "--package", "vouchsafe-server"]))?;
    let data = root().join("target/demo");
    std::fs::create_dir_all(&data)?;
    say(format!("serving the demo on http://localhost:{port}/ (Ctrl-C stops)"));
    let mut server = command(root().join("target/debug/vouchsafe-server"));
    server.args(["--demo", "--listen", &format!("127.0.0.1:{port}")]);
    server.arg("--database").arg(data.join("vouchsafe.db")).arg("--assets").arg(root().join("www"));
    run(&mut server)
}
