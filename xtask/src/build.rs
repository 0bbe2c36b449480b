//! The browser package: Rust to WebAssembly, bindings, bundles, sizes.

use crate::Profile;
use crate::setup;
use crate::shell::{command, root, run, say};
use anyhow::{Context, Result, bail};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};
use wasm_bindgen_cli_support::Bindgen;

/// Builds `www/dist`.
pub(crate) fn package(profile: Profile) -> Result<()> {
    setup::npm_packages()?;
    let wasm = compile(profile)?;
    let dist = root().join("www/dist");
    let stamp = stamp(&wasm, profile)?;
    if std::fs::read_to_string(dist.join(".stamp")).is_ok_and(|built| built == stamp) {
        say("www/dist is up to date");
    } else {
        bindings(&wasm)?;
        bundle(profile)?;
        std::fs::write(dist.join(".stamp"), stamp)?;
    }
    sizes(&dist, profile)
}

/// `vouchsafe.wasm` as the compiler leaves it.
fn compile(profile: Profile) -> Result<PathBuf> {
    let name = match profile {
        Profile::Dev => "wasm-dev",
        Profile::Release => "wasm-release",
    };
    say(format!("compiling the core to WebAssembly ({name})"));
    let toolchain = setup::wasm_toolchain()?;
    let mut cargo = toolchain.cargo("build");
    cargo.args(["--profile", name, "--package", "vouchsafe", "--lib", "--no-default-features", "--features", "web"]);
    run(&mut cargo)?;
    Ok(root().join(format!("target/wasm/wasm32-unknown-unknown/{name}/vouchsafe.wasm")))
}

/// `www/build`: the JavaScript that wasm-bindgen generates, and the module it loads.
fn bindings(wasm: &Path) -> Result<()> {
    say("generating bindings");
    let out = root().join("www/build");
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name("core").typescript(true).web(true)?.omit_default_module_path(true);
    bindgen.generate(&out)?;
    shorten_imports(&out)
}

/// Import names carry hashes that do not compress and appear in the module and in its script.
fn shorten_imports(out: &Path) -> Result<()> {
    let (module_path, script_path) = (out.join("core_bg.wasm"), out.join("core.js"));
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
    module.emit_wasm_file(&module_path)?;
    std::fs::write(script_path, script).context("cannot write the bindings")
}

fn bundle(profile: Profile) -> Result<()> {
    let (www, dist) = (root().join("www"), root().join("www/dist"));
    std::fs::create_dir_all(&dist)?;
    let tools = www.join("node_modules/.bin");
    let module = www.join("build/core_bg.wasm");
    match profile {
        Profile::Dev => {
            std::fs::copy(&module, dist.join("vouchsafe.wasm"))?;
        }
        Profile::Release => {
            say("shrinking the WebAssembly with wasm-opt");
            let mut opt = command(tools.join("wasm-opt"));
            opt.arg(&module).arg("-o").arg(dist.join("vouchsafe.wasm"));
            // What every browser that runs the page has: the features Rust's target turns on.
            // Dead code and duplicates go; the passes that trade one shape of code for another are left
            // out, because what they save raw costs more gzip (measured: 82.0 KB against 85.4 with -Oz).
            opt.args(["--dce", "--vacuum", "--precompute", "--optimize-instructions", "--remove-unused-brs"]);
            opt.args(["--remove-unused-names", "--remove-unused-module-elements", "--duplicate-function-elimination"]);
            opt.args(["--strip-debug", "--strip-producers", "--strip-target-features"]);
            opt.args(["--enable-bulk-memory", "--enable-nontrapping-float-to-int", "--enable-sign-ext"]);
            opt.args(["--enable-mutable-globals", "--enable-reference-types", "--enable-multivalue"]);
            run(&mut opt)?;
        }
    }
    say("bundling the scripts");
    let mut esbuild = command(tools.join("esbuild"));
    esbuild.current_dir(&www).args(["src/vouchsafe.ts", "src/worker.ts", "--bundle", "--format=esm"]);
    esbuild.args([
        "--target=es2022",
        "--outdir=dist",
        "--splitting",
        "--chunk-names=shared",
        "--loader:.css=text",
        "--sourcemap",
        "--log-level=warning",
    ]);
    if profile == Profile::Release {
        esbuild.arg("--minify");
    }
    run(&mut esbuild)
}

/// Changes when anything that goes into `www/dist` does.
fn stamp(wasm: &Path, profile: Profile) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(format!("{profile:?}"));
    hash.update(std::fs::read(wasm).with_context(|| format!("{} was not built", wasm.display()))?);
    let mut sources = vec![root().join("www/package-lock.json"), root().join("xtask/src/build.rs")];
    collect(&root().join("www/src"), &mut sources)?;
    sources.sort();
    for source in sources {
        hash.update(std::fs::read(source)?);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
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

/// Prints what a visitor's first page load costs, and fails past the budget.
fn sizes(dist: &Path, profile: Profile) -> Result<()> {
    let mut total = 0;
    say(format!("first load ({profile:?} profile, the model is inside the wasm):"));
    eprintln!("    {:<18} {:>10} {:>10}", "file", "bytes", "gzip");
    for name in FIRST_LOAD {
        let bytes = std::fs::read(dist.join(name)).with_context(|| format!("{name} was not built"))?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&bytes)?;
        let packed = gzip.finish()?.len();
        total += packed;
        eprintln!("    {name:<18} {:>10} {packed:>10}", bytes.len());
    }
    eprintln!("    {:<18} {:>10} {total:>10}", "total", "");
    if profile == Profile::Release && total > BUDGET_BYTES {
        bail!("the first load is {total} bytes gzip, over the budget of {BUDGET_BYTES}");
    }
    Ok(())
}

/// Everything the widget loads: no other file is fetched for an English page.
const FIRST_LOAD: [&str; 4] = ["vouchsafe.js", "shared.js", "worker.js", "vouchsafe.wasm"];
const BUDGET_BYTES: usize = 80 * 1024;
