//! The browser package: Rust to WebAssembly, bindings, bundles, sizes.

use crate::Profile;
use crate::setup;
use crate::shell::{command, hex, root, run, say};
use anyhow::{Context, Result, bail};
use base64ct::{Base64, Encoding};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256, Sha384};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use wasm_bindgen_cli_support::Bindgen;

/// Builds `www/dist`.
pub(crate) fn package(profile: Profile) -> Result<()> {
    setup::npm_packages()?;
    let core = core_sources()?;
    let compiled = ARTEFACTS.iter().map(|artefact| compile(artefact, profile, &core)).collect::<Result<Vec<_>>>()?;
    let dist = root().join("www/dist");
    let stamp = stamp(&compiled, profile)?;
    if std::fs::read_to_string(dist.join(".stamp")).is_ok_and(|built| built == stamp) {
        say("www/dist is up to date");
    } else {
        std::fs::create_dir_all(&dist)?;
        for (artefact, wasm) in ARTEFACTS.iter().zip(&compiled) {
            bindings(artefact, wasm, profile)?;
            shrink(artefact, profile)?;
        }
        bundle(profile)?;
        models(&dist)?;
        charts(&dist)?;
        integrity(&dist)?;
        std::fs::write(dist.join(".stamp"), stamp)?;
    }
    sizes(&dist, profile)
}

/// One WebAssembly module made from the core.
struct Artefact {
    /// Feature of the crate that chooses what is in it.
    feature: &'static str,
    /// Name of its bindings in `www/build`.
    bindings: &'static str,
    /// Name in `www/dist`.
    module: &'static str,
    /// Cargo profile of a release.
    release: &'static str,
    /// Compiled for vector instructions.
    simd: bool,
    /// Formats no text: what a panic would say is cut out.
    mute: bool,
}

const ARTEFACTS: [Artefact; 5] = [
    Artefact {
        feature: "web",
        bindings: "core",
        module: "vouchsafe.wasm",
        release: "wasm-release",
        simd: false,
        mute: true,
    },
    Artefact {
        feature: "seal",
        bindings: "seal",
        module: "seal.wasm",
        release: "wasm-release",
        simd: false,
        mute: true,
    },
    Artefact {
        feature: "node",
        bindings: "verify",
        module: "verify.wasm",
        release: "wasm-release",
        simd: false,
        mute: false,
    },
    Artefact {
        feature: "camera",
        bindings: "camera",
        module: "face.wasm",
        release: "wasm-face",
        simd: true,
        mute: false,
    },
    Artefact {
        feature: "session",
        bindings: "session",
        module: "session.wasm",
        release: "wasm-face",
        simd: true,
        mute: false,
    },
];

/// The module as the compiler leaves it. Cargo takes the artefacts for one and makes each anew when the features
/// change, so the modules are kept, each with what it was made from.
fn compile(artefact: &Artefact, profile: Profile, core: &str) -> Result<PathBuf> {
    let name = match profile {
        // The arithmetic would take seconds a frame.
        Profile::Dev if artefact.simd => artefact.release,
        Profile::Dev => "wasm-dev",
        Profile::Release => artefact.release,
    };
    let toolchain = setup::wasm_toolchain()?;
    // Only the module: made together with a Rust library it would be optimised a crate at a time.
    let mut cargo = toolchain.cargo("rustc", artefact.simd);
    cargo.args(["--profile", name, "--package", "vouchsafe", "--lib", "--crate-type", "cdylib"]);
    cargo.args(["--no-default-features", "--features", artefact.feature]);
    let folder = if artefact.simd { "target/wasm-simd" } else { "target/wasm" };
    let folder = root().join(folder).join("wasm32-unknown-unknown").join(name);
    let kept = folder.join(artefact.module.replace(".wasm", "-compiled.wasm"));
    let stamp_path = kept.with_extension("stamp");
    let stamp = format!("{cargo:?}\n{core}");
    if kept.is_file() && std::fs::read_to_string(&stamp_path).is_ok_and(|built| built == stamp) {
        say(format!("the core for {} is up to date", artefact.module));
        return Ok(kept);
    }
    say(format!("compiling the core to WebAssembly ({name}, {})", artefact.feature));
    run(&mut cargo)?;
    std::fs::copy(folder.join("vouchsafe.wasm"), &kept).context("the module was not built")?;
    std::fs::write(stamp_path, stamp)?;
    Ok(kept)
}

/// `www/build`: the JavaScript that wasm-bindgen generates, and the module it loads.
fn bindings(artefact: &Artefact, wasm: &Path, profile: Profile) -> Result<()> {
    say(format!("generating bindings ({})", artefact.feature));
    let out = root().join("www/build");
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name(artefact.bindings).typescript(true).web(true)?.omit_default_module_path(true);
    bindgen.generate(&out)?;
    if artefact.mute && profile == Profile::Release {
        mute(&out.join(format!("{}_bg.wasm", artefact.bindings)))?;
    }
    shorten_names(&out, artefact.bindings)
}

/// A panic in a page ends in a trap and its words are read by nobody: what would put them together traps at once, and
/// everything that only it needs goes. A module that formats text for other ends would trap there: tests run it all.
fn mute(path: &Path) -> Result<()> {
    let mut module = walrus::Module::from_file(path)?;
    let wordy = |function: &walrus::Function| {
        let name = function.name.as_deref().unwrap_or_default();
        matches!(function.kind, walrus::FunctionKind::Local(_)) && WORDY.iter().any(|part| name.contains(part))
    };
    let silenced: Vec<_> = module.funcs.iter().filter(|f| wordy(f)).map(|f| (f.id(), f.ty())).collect();
    for (id, ty) in silenced {
        let (params, results) = (module.types.params(ty).to_vec(), module.types.results(ty).to_vec());
        let mut trap = walrus::FunctionBuilder::new(&mut module.types, &params, &results);
        trap.func_body().unreachable();
        let arguments = params.iter().map(|ty| module.locals.add(*ty)).collect();
        module.funcs.get_mut(id).kind = walrus::FunctionKind::Local(trap.local_func(arguments));
    }
    let segments: Vec<_> = module.data.iter().map(|data| data.id()).collect();
    for id in segments {
        blank_paths(&mut module.data.get_mut(id).value);
    }
    module.emit_wasm_file(path)
}

/// Where panics come from, which nothing says any more: `registry/src/.../lib.rs` and the like become zeros.
fn blank_paths(data: &mut [u8]) {
    let is_path = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    for at in 0..data.len() {
        if SOURCES.iter().any(|start| data[at..].starts_with(start)) {
            let rest = &data[at..];
            let path = &rest[..rest.iter().position(|byte| !is_path(byte)).unwrap_or(rest.len())];
            if let Some(end) = path.windows(3).position(|part| part == b".rs") {
                data[at..at + end + 3].fill(0);
            }
        }
    }
}

/// How the paths of sources begin, once those of this machine are taken off.
const SOURCES: [&[u8]; 4] = [b"/rustc/", b"/rust/deps/", b"registry/src/", b"src/"];

/// Parts of the names of functions that panic or format.
const WORDY: [&str; 8] =
    ["::panicking", "::fmt", "rust_panic", "rust_begin_unwind", "_fail", "panic_", "_overflow", "handle_error"];

/// Names of imports and exports are long, carry hashes that do not compress, and appear in the module and in its script.
fn shorten_names(out: &Path, name: &str) -> Result<()> {
    let (module_path, script_path) = (out.join(format!("{name}_bg.wasm")), out.join(format!("{name}.js")));
    let mut module = walrus::Module::from_file(&module_path)?;
    let mut script = std::fs::read_to_string(&script_path)?;
    for (i, import) in module.imports.iter_mut().enumerate() {
        let (old, new) = (format!("{}: function", import.name), format!("i{i}: function"));
        // Imports that are not functions of the script (a table, say) keep their names.
        if script.matches(&old).count() == 1 {
            script = script.replace(&old, &new);
            import.name = format!("i{i}");
        }
    }
    for (i, export) in module.exports.iter_mut().enumerate() {
        let new = format!("e{i}");
        script = renamed(&script, &export.name, &new);
        export.name = new;
    }
    module.emit_wasm_file(&module_path)?;
    std::fs::write(script_path, script).context("cannot write the bindings")
}

/// A script in which the module's export `old` is called `new`.
fn renamed(script: &str, old: &str, new: &str) -> String {
    let long = format!("wasm.{old}");
    let mut parts = script.split(&long);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let ends = !part.starts_with(|next: char| next.is_alphanumeric() || "_$".contains(next));
        out += &format!("wasm.{}{part}", if ends { new } else { old });
    }
    out
}

/// `www/dist/*.wasm`.
fn shrink(artefact: &Artefact, profile: Profile) -> Result<()> {
    let www = root().join("www");
    let module = www.join(format!("build/{}_bg.wasm", artefact.bindings));
    let shipped = www.join("dist").join(artefact.module);
    if profile == Profile::Dev {
        std::fs::copy(&module, shipped)?;
        return Ok(());
    }
    say(format!("shrinking {} with wasm-opt", artefact.module));
    let mut opt = command(www.join("node_modules/.bin/wasm-opt"));
    opt.arg(&module).arg("-o").arg(shipped);
    // Dead code and duplicates go; the passes that trade one shape of code for another are left out,
    // because what they save raw costs more gzip (measured: 82.0 KB against 85.4 with -Oz).
    opt.args(["--dce", "--vacuum", "--precompute", "--optimize-instructions", "--remove-unused-brs"]);
    opt.args(["--remove-unused-names", "--remove-unused-module-elements", "--duplicate-function-elimination"]);
    // Each of these took 10 to 400 bytes off in the order given; thirty other passes did not.
    opt.args(["--dae-optimizing", "--merge-blocks", "--rse", "--simplify-locals-nostructure", "--dealign", "--vacuum"]);
    opt.args(["--strip-debug", "--strip-producers", "--strip-target-features"]);
    // What every browser that runs the page has: the features Rust's target turns on.
    opt.args(["--enable-bulk-memory", "--enable-nontrapping-float-to-int", "--enable-sign-ext"]);
    if artefact.simd {
        opt.arg("--enable-simd");
    }
    opt.args(["--enable-mutable-globals", "--enable-reference-types", "--enable-multivalue"]);
    run(&mut opt)
}

fn bundle(profile: Profile) -> Result<()> {
    say("bundling the scripts");
    let esbuild = |sources: &[String], options: &[&str]| {
        let mut esbuild = command(root().join("www/node_modules/.bin/esbuild"));
        esbuild.current_dir(root().join("www")).args(sources).args(options).arg("--log-level=warning");
        if profile == Profile::Release {
            esbuild.arg("--minify");
        }
        run(&mut esbuild)
    };
    // Styles are texts in the scripts, where nothing else would take their comments out.
    esbuild(&sources("src", "css")?, &["--outdir=build", "--outbase=src"])?;
    let script = |sources: &[String], options: &[&str]| {
        let common = ["--bundle", "--sourcemap", "--format=esm", "--outdir=dist"];
        esbuild(sources, &[&common[..], options].concat())
    };
    let named = |names: &[&str]| names.iter().map(|name| format!("src/{name}.ts")).collect::<Vec<_>>();
    // Each Worker by itself: a bundler that moves it elsewhere knows nothing of files beside it.
    let page =
        named(&["vouchsafe", "seal", "why", "step-up", "worker", "face", "face-worker", "session", "session-worker"]);
    script(
        &page,
        &[
            "--target=es2022",
            "--loader:.css=text",
            "--external:./languages/*",
            "--external:./seal.js",
            "--external:./why.js",
            "--external:./step-up.js",
            "--external:./face.js",
            "--external:./vouchsafe.js",
        ],
    )?;
    script(&sources("languages", "json")?, &["--target=es2022", "--charset=utf8", "--outdir=dist/languages"])?;
    let classic = named(&["compat/vouchsafe", "compat/turnstile", "compat/hcaptcha", "compat/recaptcha"]);
    script(&classic, &["--target=es2022", "--format=iife", "--outdir=dist/compat"])?;
    script(&named(&["verify"]), &["--platform=node", "--target=node20"])
}

/// Files of a kind in a folder of `www`, by their paths there.
fn sources(folder: &str, extension: &str) -> Result<Vec<String>> {
    let www = root().join("www");
    let mut files = Vec::new();
    collect(&www.join(folder), &mut files)?;
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.iter().map(|file| Ok(file.strip_prefix(&www)?.to_string_lossy().into_owned())).collect()
}

/// The face models, beside the engine that fetches them.
fn models(dist: &Path) -> Result<()> {
    let to = dist.join("models");
    std::fs::create_dir_all(&to)?;
    for file in root().join("models/face").read_dir()? {
        let file = file?.path();
        if file.extension().is_some_and(|extension| extension == "onnx") {
            std::fs::copy(&file, to.join(file.file_name().context("a model without a name")?))?;
        }
    }
    Ok(())
}

/// The library that draws the demo's charts; no part of the package.
fn charts(dist: &Path) -> Result<()> {
    let (from, to) = (root().join("www/node_modules/uplot/dist"), dist.join("demo"));
    std::fs::create_dir_all(&to)?;
    for name in ["uPlot.esm.js", "uPlot.min.css"] {
        std::fs::copy(from.join(name), to.join(name)).with_context(|| format!("{name} is not installed"))?;
    }
    Ok(())
}

/// `integrity.json`: what a page writes into `integrity="..."` of each script it may name.
fn integrity(dist: &Path) -> Result<()> {
    let compat = ["vouchsafe", "turnstile", "hcaptcha", "recaptcha"].map(|name| format!("compat/{name}.js"));
    let scripts = ["vouchsafe.js", "face.js", "session.js"].map(str::to_owned).into_iter().chain(compat);
    let digest = |name: String| {
        let bytes = std::fs::read(dist.join(&name)).with_context(|| format!("{name} was not built"))?;
        Ok((name, format!("sha384-{}", Base64::encode_string(&Sha384::digest(bytes)))))
    };
    let digests: BTreeMap<String, String> = scripts.map(digest).collect::<Result<_>>()?;
    say("integrity of the scripts (www/dist/integrity.json):");
    for (name, digest) in &digests {
        eprintln!("    {name:<20} {digest}");
    }
    Ok(std::fs::write(dist.join("integrity.json"), serde_json::to_string_pretty(&digests)?)?)
}

/// Changes when anything that a module of the core is compiled from does, or the compiler.
fn core_sources() -> Result<String> {
    let mut sources = ["Cargo.toml", "Cargo.lock"].map(|name| root().join(name)).to_vec();
    for folder in ["src", "vendor"] {
        collect(&root().join(folder), &mut sources)?;
    }
    for entry in root().join("models").read_dir()? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "bin" || extension == "digest") {
            sources.push(path);
        }
    }
    Ok(format!("{}\n{}", setup::wasm_toolchain()?.version()?, fingerprint(sources)?))
}

/// Changes when anything that goes into `www/dist` does.
fn stamp(compiled: &[PathBuf], profile: Profile) -> Result<String> {
    let mut sources = compiled.to_vec();
    sources.extend([root().join("www/package-lock.json"), root().join("xtask/src/build.rs")]);
    for folder in ["www/src", "www/languages", "models/face"] {
        collect(&root().join(folder), &mut sources)?;
    }
    Ok(format!("{profile:?} {}", fingerprint(sources)?))
}

/// Of files, in the order of their names.
fn fingerprint(mut files: Vec<PathBuf>) -> Result<String> {
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?);
    }
    Ok(hex(hash.finalize()))
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else {
            into.push(path);
        }
    }
    Ok(())
}

/// Prints what a page costs its visitors, and fails past the budgets.
fn sizes(dist: &Path, profile: Profile) -> Result<()> {
    say(format!("first load ({profile:?} profile, the model is inside the wasm):"));
    let first = listed(dist, &FIRST_LOAD)?;
    say("and when a check begins:");
    let check = listed(dist, &CHECK_LOAD)?;
    for (what, total, budget) in [("first load", first, FIRST_BUDGET_BYTES), ("a check", check, CHECK_BUDGET_BYTES)] {
        if profile == Profile::Release && total > budget {
            bail!("{what} is {total} bytes gzip, over the budget of {budget}");
        }
    }
    Ok(())
}

/// Prints files with their sizes; their sum, gzip.
fn listed(dist: &Path, files: &[&str]) -> Result<usize> {
    let mut total = 0;
    eprintln!("    {:<18} {:>10} {:>10}", "file", "bytes", "gzip");
    for name in files {
        let bytes = std::fs::read(dist.join(name)).with_context(|| format!("{name} was not built"))?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&bytes)?;
        let packed = gzip.finish()?.len();
        total += packed;
        eprintln!("    {name:<18} {:>10} {packed:>10}", bytes.len());
    }
    eprintln!("    {:<18} {:>10} {total:>10}", "total", "");
    Ok(total)
}

/// What an English page loads before anybody has touched it.
const FIRST_LOAD: [&str; 2] = ["vouchsafe.js", "vouchsafe.wasm"];
const FIRST_BUDGET_BYTES: usize = 50_000;
/// What it loads besides when somebody has.
const CHECK_LOAD: [&str; 3] = ["seal.js", "seal.wasm", "worker.js"];
const CHECK_BUDGET_BYTES: usize = 20_000;
