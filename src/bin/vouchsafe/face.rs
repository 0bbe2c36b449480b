//! Looking at photographs.

use base64ct::{Base64UrlUnpadded, Encoding};
use clap::Subcommand;
use image::RgbaImage;
use serde_json::json;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use vouchsafe::face::{
    Ask, Embedding, Face, FaceEngine, FaceError, Frame, MAX_PIXELS, Role, SAME_PERSON_SIMILARITY, liveness,
};
use vouchsafe::{four_decimals, photograph};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Describe every face in each photograph (JPEG, PNG, WebP), largest first
    ///
    /// {"image","faces":[{"box","confidence","landmarks","pose","expression","spoof","quality"}]}: boxes and
    /// landmarks in px of the photograph as it is shown (turned as its EXIF data say), angles in degrees.
    /// A photograph without a face is answered with an empty list.
    Analyze {
        /// Photographs
        #[arg(required = true)]
        images: Vec<PathBuf>,
        /// Also each face's embedding: 128 numbers whose cosine tells people apart
        #[arg(long)]
        embedding: bool,
    },
    /// Print what a face check asks for: {"nonce","prompts"} for each nonce of a challenge
    Prompts {
        /// Nonces, base64url
        #[arg(required = true, allow_hyphen_values = true)]
        nonces: Vec<String>,
        /// Which attempt, from 0; before the nonces
        #[arg(long, default_value_t = 0)]
        attempt: u8,
    },
    /// Tell whether the largest faces of two photographs are of one person: {"distance","threshold","same"}
    ///
    /// The distance is 1 minus the cosine of the two embeddings.
    Compare {
        /// A photograph
        first: PathBuf,
        /// Another one
        second: PathBuf,
        /// Distance up to which two faces are of one person
        #[arg(long, default_value_t = 1.0 - SAME_PERSON_SIMILARITY)]
        threshold: f32,
    },
}

/// Runs `command`. `Ok(false)` when some input was bad.
pub(crate) fn run(command: &Command, out: &mut impl Write) -> io::Result<bool> {
    match command {
        Command::Analyze { images, embedding } => analyze(images, *embedding, out),
        Command::Prompts { nonces, attempt } => asked(nonces, *attempt, out),
        Command::Compare { first, second, threshold } => compare(first, second, *threshold, out),
    }
}

fn analyze(images: &[PathBuf], embedding: bool, out: &mut impl Write) -> io::Result<bool> {
    let mut roles = vec![Role::Detector, Role::Mesh, Role::Expression, Role::Spoof];
    roles.extend(embedding.then_some(Role::Identity));
    let mut engine = engine(&roles).map_err(io::Error::other)?;
    let ask = Ask { expression: true, spoof: true, embedding, likeness: false };
    let mut clean = true;
    for path in images {
        match look(&mut engine, path, ask) {
            Ok(faces) => {
                let faces: Vec<_> = faces.iter().map(Face::describe).collect();
                writeln!(out, "{}", json!({ "image": path.to_string_lossy(), "faces": faces }))?;
            }
            Err(what) => {
                eprintln!("{}: {what}", path.display());
                clean = false;
            }
        }
    }
    Ok(clean)
}

fn asked(nonces: &[String], attempt: u8, out: &mut impl Write) -> io::Result<bool> {
    let mut clean = true;
    for nonce in nonces {
        match Base64UrlUnpadded::decode_vec(nonce) {
            Ok(bytes) => {
                let prompts = liveness::prompts(&bytes, attempt);
                writeln!(out, "{}", json!({ "nonce": nonce, "prompts": prompts }))?;
            }
            Err(_) => {
                eprintln!("{nonce}: not base64url");
                clean = false;
            }
        }
    }
    Ok(clean)
}

fn compare(first: &Path, second: &Path, threshold: f32, out: &mut impl Write) -> io::Result<bool> {
    let mut engine = engine(&[Role::Detector, Role::Mesh, Role::Identity]).map_err(io::Error::other)?;
    let mut embeddings = Vec::new();
    for path in [first, second] {
        match embedding(&mut engine, path) {
            Ok(embedding) => embeddings.push(embedding),
            Err(what) => eprintln!("{}: {what}", path.display()),
        }
    }
    let [a, b] = embeddings.as_slice() else { return Ok(false) };
    let distance = 1.0 - a.similarity(b);
    let same = distance <= threshold;
    writeln!(
        out,
        "{}",
        json!({ "distance": four_decimals(distance), "threshold": four_decimals(threshold), "same": same })
    )?;
    Ok(true)
}

/// Of the largest face.
fn embedding(engine: &mut FaceEngine, path: &Path) -> Result<Embedding, String> {
    let faces = look(engine, path, Ask { embedding: true, ..Ask::default() })?;
    let largest = faces.into_iter().next().ok_or("no face in it")?;
    largest.embedding.ok_or_else(|| "no embedding".into())
}

fn engine(roles: &[Role]) -> Result<FaceEngine, FaceError> {
    let mut engine = FaceEngine::default();
    for role in roles {
        let onnx: &[u8] = match role {
            Role::Detector => include_bytes!("../../../models/face/detector.onnx"),
            Role::Mesh => include_bytes!("../../../models/face/mesh.onnx"),
            Role::Continuity => include_bytes!("../../../models/face/continuity.onnx"),
            Role::Identity => include_bytes!("../../../models/face/identity.onnx"),
            Role::Expression => include_bytes!("../../../models/face/expression.onnx"),
            Role::Spoof => include_bytes!("../../../models/face/spoof.onnx"),
        };
        engine.load(*role, onnx)?;
    }
    Ok(engine)
}

fn look(engine: &mut FaceEngine, path: &Path, ask: Ask) -> Result<Vec<Face>, String> {
    let image = read(path)?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    let frame = Frame::new(width, height, image.as_raw()).map_err(|error| error.to_string())?;
    engine.analyze(frame, ask).map_err(|error| error.to_string())
}

/// The picture as it is shown.
fn read(path: &Path) -> Result<RgbaImage, String> {
    if path.is_dir() {
        return Err("is a folder, not a photograph".into());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("is longer than {MAX_FILE_BYTES} bytes"));
    }
    photograph::decode(&bytes, MAX_PIXELS).map_err(|error| error.to_string())
}

/// Longest file read; a 64-megapixel photograph has about 30 MB.
const MAX_FILE_BYTES: u64 = 256 << 20;
