//! The face models against their manifest.

use crate::shell::{hex, root, say};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
struct Entry {
    role: String,
    file: String,
    bytes: u64,
    sha256: String,
    licence: String,
}

/// Says of every model what it is, and fails where a file is not the one in the manifest.
pub(crate) fn verify() -> Result<()> {
    let folder = root().join("models/face");
    let manifest = std::fs::read_to_string(folder.join("manifest.json")).context("models/face/manifest.json")?;
    let entries: Vec<Entry> = serde_json::from_str(&manifest).context("models/face/manifest.json")?;
    say("face models against models/face/manifest.json");
    for Entry { role, file, bytes, sha256, licence } in &entries {
        let model = std::fs::read(folder.join(file)).with_context(|| format!("models/face/{file}"))?;
        let digest = hex(Sha256::digest(&model));
        if model.len() as u64 != *bytes || digest != *sha256 {
            bail!("models/face/{file} is not the file in the manifest ({} bytes, SHA-256 {digest})", model.len());
        }
        eprintln!("    {role:<12} {bytes:>10} bytes  {licence}");
    }
    for file in folder.read_dir()? {
        let name = file?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".onnx") && !entries.iter().any(|entry| entry.file == name) {
            bail!("models/face/{name} is not in the manifest");
        }
    }
    Ok(())
}
