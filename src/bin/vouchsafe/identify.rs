//! Telling people apart by how they move.

use super::traces;
use clap::Args;
use serde_json::json;
use std::io::{self, Write};
use std::path::PathBuf;
use vouchsafe::four_decimals;
use vouchsafe::profile::{BLOCK_MOVES, Centroid, Signature};

#[derive(Args)]
pub(crate) struct Options {
    /// Traces of known people: all of one user are learnt together
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    enroll: Vec<PathBuf>,
    /// Traces to compare with each of them
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    probe: Vec<PathBuf>,
    /// Decide after every N blocks of 128 moves, a record each; without it once a trace, from all its moves
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    blocks: Option<u16>,
}

/// `Ok(false)` when some input was bad.
pub(crate) fn run(options: &Options, out: &mut impl Write) -> io::Result<bool> {
    let mut enrolled: Vec<(String, Vec<Signature>)> = Vec::new();
    let mut clean = traces::read(&options.enroll, |trace, place| {
        let Some(user) = trace.user.clone() else {
            eprintln!("{place}: an enrolled trace needs a user");
            return Ok(false);
        };
        let signatures = Signature::of(&trace);
        match enrolled.iter_mut().find(|(known, _)| *known == user) {
            Some((_, learnt)) => learnt.extend(signatures),
            None => enrolled.push((user, signatures)),
        }
        Ok(true)
    })?;
    let centroids: Vec<_> = enrolled.iter().map(|(user, learnt)| (Centroid::new(learnt), user)).collect();
    for (centroid, user) in &centroids {
        if centroid.is_none() {
            eprintln!("{user}: too few moves to learn from");
        }
    }
    clean &= traces::read(&options.probe, |trace, place| {
        let signatures = Signature::of(&trace);
        let groups: Vec<&[Signature]> = match options.blocks {
            Some(blocks) => signatures.chunks_exact(usize::from(blocks)).collect(),
            None => vec![&signatures],
        };
        if groups.is_empty() {
            eprintln!("{place}: fewer than {} moves, no record", options.blocks.map_or(1, usize::from) * BLOCK_MOVES);
        }
        for group in groups {
            let seen = Centroid::new(group);
            for (centroid, user) in &centroids {
                let score = centroid.as_ref().zip(seen.as_ref()).map(|(known, seen)| four_decimals(known.score(seen)));
                writeln!(out, "{}", json!({ "probe": trace.id, "user": user, "score": score }))?;
            }
        }
        Ok(true)
    })?;
    Ok(clean)
}
