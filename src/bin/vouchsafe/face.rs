//! Looking at photographs.

use clap::Subcommand;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use vouchsafe::face::{
    Ask, EXPRESSIONS, Embedding, Face, FaceEngine, FaceError, Frame, MAX_PIXELS, Rect, Role, SAME_PERSON_SIMILARITY,
};

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
        Command::Compare { first, second, threshold } => compare(first, second, *threshold, out),
    }
}

fn analyze(images: &[PathBuf], embedding: bool, out: &mut impl Write) -> io::Result<bool> {
    let mut roles = vec![Role::Detector, Role::Mesh, Role::Expression, Role::Spoof];
    roles.extend(embedding.then_some(Role::Identity));
    let mut engine = engine(&roles).map_err(io::Error::other)?;
    let ask = Ask { expression: true, spoof: true, embedding };
    let mut clean = true;
    for path in images {
        match look(&mut engine, path, ask) {
            Ok(faces) => {
                let faces: Vec<Value> = faces.iter().map(described).collect();
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
    writeln!(out, "{}", json!({ "distance": number(distance), "threshold": number(threshold), "same": same }))?;
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
            Role::Identity => include_bytes!("../../../models/face/identity.onnx"),
            Role::Expression => include_bytes!("../../../models/face/expression.onnx"),
            Role::Spoof => include_bytes!("../../../models/face/spoof.onnx"),
        };
        engine.load(*role, onnx)?;
    }
    Ok(engine)
}

fn look(engine: &mut FaceEngine, path: &Path, ask: Ask) -> Result<Vec<Face>, String> {
    let image = read(path)?.into_rgba8();
    let (width, height) = (image.width() as usize, image.height() as usize);
    let frame = Frame::new(width, height, image.as_raw()).map_err(|error| error.to_string())?;
    engine.analyze(frame, ask).map_err(|error| error.to_string())
}

/// The picture as it is shown. Its size is looked at before anything is unpacked.
fn read(path: &Path) -> Result<DynamicImage, String> {
    if path.is_dir() {
        return Err("is a folder, not a photograph".into());
    }
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
    let mut reader = reader.map_err(|error| error.to_string())?;
    if reader.format().is_none() {
        return Err("is not a JPEG, PNG or WebP picture".into());
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_PIXELS as u64 * 8);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| one_line(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS as u64 {
        return Err(format!("{width} x {height} pixels are too many (up to {MAX_PIXELS} are read)"));
    }
    let orientation = decoder.orientation().map_err(|error| one_line(&error))?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| one_line(&error))?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn one_line(error: &image::ImageError) -> String {
    error.to_string().replace('\n', " ")
}

fn described(face: &Face) -> Value {
    let mut described = seen(face);
    if let Some(embedding) = &face.embedding {
        described["embedding"] = embedding.values().iter().map(|v| number(*v)).collect();
    }
    described
}

fn seen(face: &Face) -> Value {
    let Rect { x, y, w, h } = face.bounds;
    let quality = &face.quality;
    let hints: Vec<Value> = quality.hints.iter().map(|h| json!({ "code": h, "text": h.text() })).collect();
    json!({
        "box": numbers([x, y, w, h]),
        "confidence": number(face.confidence),
        "landmarks": face.mesh.as_ref().map_or_else(Vec::new, |mesh| mesh.points.iter().map(|p| numbers(*p)).collect()),
        "points": Vec::from(face.points.map(|p| numbers([p.x, p.y]))),
        "pose": face.pose.map(|p| json!({ "yaw": number(p.yaw), "pitch": number(p.pitch), "roll": number(p.roll) })),
        "eyes": face.mesh.as_ref().map(|mesh| numbers(mesh.eye_aspect_ratio())),
        "mouth": face.mesh.as_ref().map(|mesh| number(mesh.mouth_aspect_ratio())),
        "expression": face.expression.map(|expression| {
            let mut shares: Map<String, Value> =
                EXPRESSIONS.iter().zip(expression.shares).map(|(name, share)| ((*name).to_owned(), number(share))).collect();
            shares.insert("dominant".into(), expression.dominant().into());
            shares
        }),
        "spoof": face.spoof.map(number),
        "quality": {
            "eye_distance": number(quality.eye_distance),
            "brightness": number(quality.brightness),
            "contrast": number(quality.contrast),
            "sharpness": number(quality.sharpness),
            "inside": number(quality.inside),
            "hints": hints,
        },
    })
}

fn numbers<const N: usize>(values: [f32; N]) -> Value {
    values.map(number).to_vec().into()
}

/// Four decimals; printing the nearest `f64` of the `f32` would show nine.
fn number(value: f32) -> Value {
    json!((f64::from(value) * 10_000.0).round() / 10_000.0)
}
