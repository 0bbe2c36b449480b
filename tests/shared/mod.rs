//! What tests and benches of recorded people have in common.

use std::io::Read;
use std::path::Path;

/// The lines of a data set that is too large for the repository; `None`, said loudly, where it is not here.
pub(crate) fn data_set(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/data/{name}.jsonl.gz"));
    let Ok(file) = std::fs::File::open(&path) else {
        eprintln!("SKIPPED: {} is not here", path.display());
        return None;
    };
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).expect("gzip");
    Some(text)
}
