//! Reading trace files and answering about each trace.

use flate2::read::MultiGzDecoder;
use serde_json::{Map, Value, json};
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use vouchsafe::behavior::{Evidence, Family, stroke_bytes};
use vouchsafe::decision::Policy;
use vouchsafe::four_decimals;
use vouchsafe::trace::{Trace, codec};

/// Writes `answer` for each trace of `files` to `out`. `Ok(false)` when some input was bad.
pub(crate) fn each(files: &[PathBuf], out: &mut impl Write, answer: fn(&Trace) -> Value) -> io::Result<bool> {
    read(files, |trace, _| writeln!(out, "{}", answer(&trace)).map(|()| true))
}

/// Gives every trace of `files` to `take`, with where it stands (`file:line`). `Ok(false)` when some input was bad,
/// to the reader or to `take`.
pub(crate) fn read(
    files: &[PathBuf],
    mut take: impl FnMut(Trace, &dyn Display) -> io::Result<bool>,
) -> io::Result<bool> {
    let mut clean = true;
    for file in files {
        let shown = file.display();
        let mut input = match open(file) {
            Ok(input) => input,
            Err(error) => {
                eprintln!("{shown}: {error}");
                clean = false;
                continue;
            }
        };
        let mut line = Vec::new();
        let (mut skipped, mut number, mut read) = (0, 0, 0);
        loop {
            number += 1;
            line.clear();
            match input.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut line) {
                Ok(0) if read == 0 => {
                    eprintln!("{shown}: no traces in it");
                    clean = false;
                    break;
                }
                Ok(0) => break,
                Ok(_) if line.len() as u64 > MAX_LINE => {
                    eprintln!(
                        "{shown}:{number}: line is longer than {MAX_LINE} bytes; the rest of the file is not read"
                    );
                    clean = false;
                    break;
                }
                Ok(bytes) => read += bytes,
                Err(error) => {
                    eprintln!("{shown}:{number}: {error}");
                    clean = false;
                    break;
                }
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let decoded = match std::str::from_utf8(&line) {
                Ok(text) => codec::decode(text).map_err(|error| error.to_string()),
                Err(_) => Err("not UTF-8".to_owned()),
            };
            match decoded {
                Ok(decoded) => {
                    skipped += decoded.skipped;
                    clean &= take(decoded.trace, &format_args!("{shown}:{number}"))?;
                }
                Err(what) => {
                    eprintln!("{shown}:{number}: {what}");
                    clean = false;
                }
            }
        }
        if skipped > 0 {
            eprintln!("{shown}: skipped {skipped} unknown fields or events");
        }
    }
    Ok(clean)
}

fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    if path.is_dir() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "is a folder, not a file"));
    }
    let file = File::open(path)?;
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz")) {
        return Ok(Box::new(BufReader::new(MultiGzDecoder::new(file))));
    }
    Ok(Box::new(BufReader::new(file)))
}

/// `{"id","score","verdict","signals":{family: score or null},"reasons":[...]}`
pub(crate) fn score(trace: &Trace) -> Value {
    let decision = Policy::default().decide(&Evidence::of(trace, None));
    let signals: Map<String, Value> = decision
        .signals
        .iter()
        .map(|(family, score)| (family.name().to_owned(), score.map(four_decimals).into()))
        .collect();
    let reasons: Vec<String> = decision.reasons.iter().map(vouchsafe::decision::Reason::text).collect();
    json!({
        "id": trace.id,
        "score": four_decimals(decision.score),
        "verdict": decision.verdict,
        "signals": signals,
        "reasons": reasons,
    })
}

/// `{"id","source","user","label","features":{family: {name: value or null} or null}}`
pub(crate) fn features(trace: &Trace) -> Value {
    let evidence = Evidence::of(trace, None);
    described(trace, |family| {
        let values = evidence.values(family)?;
        Some(values.map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>().into())
    })
}

/// The same with `{family: [byte, ...] or null}`, and `"strokes": [[byte, ...], ...]`.
pub(crate) fn feature_bytes(trace: &Trace) -> Value {
    let evidence = Evidence::of(trace, None);
    let mut described = described(trace, |family| evidence.family(family).map(|bytes| json!(bytes)));
    described["strokes"] = json!(stroke_bytes(trace));
    described
}

fn described(trace: &Trace, family: impl Fn(Family) -> Option<Value>) -> Value {
    let features: Map<String, Value> =
        Family::ALL.iter().map(|f| (f.name().to_owned(), family(*f).unwrap_or(Value::Null))).collect();
    json!({"id": trace.id, "source": trace.source, "user": trace.user, "label": trace.label, "features": features})
}

/// Longest line read, in bytes: a day of events.
const MAX_LINE: u64 = 256 << 20;
