use crate::shell::{cargo, command, root, run as shell_run, say};
use crate::{Profile, build, setup, train};
use anyhow::Result;

/// What is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Subject {
    /// An event, a score, a signature, a verification: native and in headless Chromium
    #[default]
    Core,
    /// Programs told from people, beside BotD on the same pages, and on recorded sessions
    Behavior,
    /// Verdicts on recorded sessions shown with another screen, rate or clock
    Accidents,
    /// Verdicts on published libraries that nothing is trained on
    Unseen,
    /// The server under load, beside the peers' verifiers
    Server,
    /// What challenges on doubt are worth against programs written for them
    Challenges,
    /// Each page of the dashboard over a million decisions
    Dashboard,
    /// The face engine in headless Chromium, beside onnxruntime-web on the same models
    Face,
    /// Takeovers, false alarms, typing and cost of a known person's session; the forest beside scikit-learn's
    Identity,
    /// What a page pays for the widget, beside ALTCHA's, Cap's and BotD's packages
    Weight,
}

pub(crate) fn run(subject: Subject, arguments: &[String]) -> Result<()> {
    match subject {
        Subject::Core => core(),
        Subject::Behavior => behavior(arguments),
        Subject::Accidents => accidents(),
        Subject::Unseen => unseen(),
        Subject::Server => server(arguments),
        Subject::Challenges => server_bench("step_up", "challenges on doubt, against programs"),
        Subject::Dashboard => server_bench("dashboard", "the dashboard over a million decisions"),
        Subject::Face => face(),
        Subject::Identity => identity(),
        Subject::Weight => weight(),
    }
}

fn server(arguments: &[String]) -> Result<()> {
    setup::redis()?;
    setup::wrk()?;
    setup::client_packages()?;
    say("the server under load");
    let mut bench = cargo();
    bench.args(["bench", "--package", "vouchsafe-server", "--bench", "load", "--"]).args(arguments);
    shell_run(&mut bench)
}

fn core() -> Result<()> {
    say("native (criterion)");
    shell_run(cargo().args(["bench", "--package", "vouchsafe", "--bench", "core", "--", "--quiet"]))?;
    let browser = setup::browser()?;
    build::package(Profile::Release)?;
    say("in the browser");
    let mut node = command("node");
    shell_run(node.arg(root().join("benches/browser.mjs")).env("CHROMIUM", browser.chromium))
}

fn server_bench(name: &str, what: &str) -> Result<()> {
    say(what);
    shell_run(cargo().args(["bench", "--quiet", "--package", "vouchsafe-server", "--bench", name]))
}

fn face() -> Result<()> {
    let browser = setup::browser()?;
    setup::bench_peers()?;
    build::package(Profile::Release)?;
    shell_run(cargo().args(["build", "--package", "vouchsafe-server", "--quiet"]))?;
    say("the face engine in the browser");
    let mut node = command("node");
    shell_run(node.arg(root().join("benches/face.mjs")).env("CHROMIUM", browser.chromium))
}

fn identity() -> Result<()> {
    let bench = |arguments: &[&str]| {
        let mut bench = cargo();
        bench.args(["bench", "--quiet", "--package", "vouchsafe", "--bench", "identity", "--"]).args(arguments);
        shell_run(&mut bench)
    };
    let browser = setup::browser()?;
    let python = setup::training_python()?;
    build::package(Profile::Release)?;
    shell_run(cargo().args(["build", "--package", "vouchsafe-server", "--quiet"]))?;
    say("recorded people (four minutes)");
    bench(&[])?;
    let facts = root().join("target/facts.json");
    bench(&["--facts", &facts.to_string_lossy()])?;
    if facts.exists() {
        say("the forest beside scikit-learn's");
        shell_run(command(python).arg(root().join("benches/forest.py")).arg(facts))?;
    }
    say("in the browser");
    let mut node = command("node");
    shell_run(node.arg(root().join("benches/identity.mjs")).env("CHROMIUM", browser.chromium))
}

fn behavior(arguments: &[String]) -> Result<()> {
    let browser = setup::browser()?;
    setup::screen()?;
    setup::npm_install("benches/peers")?;
    setup::npm_install("tests/attack")?;
    build::package(Profile::Release)?;
    shell_run(cargo().args(["build", "--package", "vouchsafe-server", "--quiet"]))?;
    setup::measuring_command()?;
    say("published tools on the demo's page, and recorded sessions");
    let mut node = command("node");
    node.arg(root().join("benches/behavior.mjs")).args(arguments);
    shell_run(node.env("CHROMIUM", browser.chromium))
}

fn accidents() -> Result<()> {
    setup::recordings()?;
    let python = setup::training_python()?;
    setup::measuring_command()?;
    say("recorded sessions, shown otherwise (half a minute)");
    shell_run(&mut train::script(&python, "accidents.py"))
}

fn unseen() -> Result<()> {
    let python = setup::training_python()?;
    setup::unseen_libraries(&python)?;
    setup::measuring_command()?;
    say("libraries that nothing is trained on (half a minute)");
    shell_run(&mut train::script(&python, "unseen.py"))
}

fn weight() -> Result<()> {
    let browser = setup::browser()?;
    setup::npm_install("benches/peers")?;
    build::package(Profile::Release)?;
    shell_run(cargo().args(["build", "--package", "vouchsafe-server", "--quiet"]))?;
    say("pages in a browser slowed four times");
    let mut node = command("node");
    shell_run(node.arg(root().join("benches/weight.mjs")).env("CHROMIUM", browser.chromium))
}
