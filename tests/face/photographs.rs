//! The command on photographs, good and bad.

use super::path;
use image::{Rgb, RgbImage};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn face(arguments: &[&Path]) -> Output {
    let (verb, images) = arguments.split_first().expect("a verb");
    Command::new(env!("CARGO_BIN_EXE_vouchsafe")).arg("face").arg(verb).args(images).output().expect("the command runs")
}

fn records(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn written(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, bytes).expect("a file");
    file
}

fn astronaut() -> PathBuf {
    path("tests/corpus/astronaut.jpg")
}

#[test]
fn a_portrait_is_described_in_full() {
    let output = face(&[Path::new("analyze"), &astronaut()]);
    assert!(output.status.success());
    let [record] = &records(&output)[..] else { panic!("one record") };
    let [face] = &record["faces"].as_array().expect("faces")[..] else { panic!("one face: {record}") };
    assert_eq!(face["landmarks"].as_array().expect("landmarks").len(), 468);
    assert_eq!(face["box"].as_array().expect("a box").len(), 4);
    assert!(face["pose"]["yaw"].as_f64().expect("yaw").abs() < 8.0);
    assert_eq!(face["expression"]["dominant"], "happy");
    assert!(face["spoof"].as_f64().expect("spoof") < 0.5);
    assert!(face["confidence"].as_f64().expect("confidence") > 0.8);
}

#[test]
fn a_picture_on_its_side_or_upside_down_shows_the_same_face() {
    let folder = tempfile::tempdir().expect("a folder");
    let upright = image::open(astronaut()).expect("the picture");
    for (name, turned) in [("90", upright.rotate90()), ("180", upright.rotate180()), ("270", upright.rotate270())] {
        let file = folder.path().join(format!("{name}.png"));
        turned.save(&file).expect("a picture");
        let output = face(&[Path::new("compare"), &astronaut(), &file]);
        assert_eq!(records(&output)[0]["same"], true, "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_face_that_fills_the_picture_is_found_and_is_the_same_person() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = image::open(astronaut()).expect("the picture");
    for (name, x, y, side) in [("tight", 180, 72, 88), ("tighter", 186, 80, 76)] {
        let file = folder.path().join(format!("{name}.png"));
        whole.crop_imm(x, y, side, side).save(&file).expect("a picture");
        let output = face(&[Path::new("compare"), &astronaut(), &file]);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(records(&output)[0]["same"], true, "{name}");
    }
}

#[test]
fn dark_blurred_small_and_cut_faces_come_with_advice() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = image::open(astronaut()).expect("the picture");
    let portrait = whole.crop_imm(120, 20, 210, 210);
    let dark = RgbImage::from_fn(210, 210, |x, y| Rgb(portrait.to_rgb8().get_pixel(x, y).0.map(|c| c / 6)));
    let mut cases =
        vec![("dark", image::DynamicImage::from(dark), "more-light"), ("blurred", portrait.blur(5.0), "hold-still")];
    cases.push(("small", whole.thumbnail(160, 160), "come-closer"));
    cases.push(("cut", whole.crop_imm(205, 20, 200, 200), "move-into-view"));
    for (name, picture, wanted) in cases {
        let file = folder.path().join(format!("{name}.png"));
        picture.save(&file).expect("a picture");
        let record = &records(&face(&[Path::new("analyze"), &file]))[0];
        let hints = record["faces"][0]["quality"]["hints"].to_string();
        assert!(hints.contains(wanted), "{name}: {hints} in {record:.300}");
    }
}

#[test]
fn no_face_is_an_answer_and_a_comparison_without_one_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, width, height) in [("one.png", 1, 1), ("line.png", 20_000, 1), ("wall.png", 300, 200)] {
        let file = folder.path().join(name);
        RgbImage::from_pixel(width, height, Rgb([120, 140, 160])).save(&file).expect("a picture");
        let output = face(&[Path::new("analyze"), &file]);
        assert!(output.status.success(), "{name}");
        assert_eq!(records(&output)[0]["faces"], serde_json::json!([]), "{name}");
        let output = face(&[Path::new("compare"), &file, &astronaut()]);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        assert!(String::from_utf8_lossy(&output.stderr).contains("no face in it"));
    }
}

#[test]
fn what_is_no_picture_gets_one_line_and_exit_code_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let jpeg = std::fs::read(astronaut()).expect("the picture");
    let mut png = Vec::new();
    let picture = image::open(astronaut()).expect("the picture").thumbnail(64, 64);
    picture.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).expect("a picture");
    // The header of a picture of 20,000 x 20,000 px, which would take 1.6 GB.
    let mut huge = png.clone();
    huge[16..20].copy_from_slice(&20_000u32.to_be_bytes());
    huge[20..24].copy_from_slice(&20_000u32.to_be_bytes());
    let checksum = crc32(&huge[12..29]);
    huge[29..33].copy_from_slice(&checksum.to_be_bytes());
    let mut bad = vec![
        written(folder.path(), "empty.jpg", b""),
        written(folder.path(), "text.jpg", b"not a picture"),
        written(folder.path(), "huge.png", &huge),
        folder.path().to_owned(),
        folder.path().join("nowhere.jpg"),
    ];
    for cut in [2, 20, 200, 1000] {
        bad.push(written(folder.path(), &format!("cut-{cut}.jpg"), &jpeg[..cut]));
        bad.push(written(folder.path(), &format!("cut-{cut}.png"), &png[..cut.min(png.len() / 2)]));
    }
    for file in &bad {
        // The others are still looked at.
        let output = face(&[Path::new("analyze"), file, &astronaut()]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{}: {said}", file.display());
        assert_eq!(said.lines().count(), 1, "{}: {said}", file.display());
        assert_eq!(records(&output).len(), 1, "{}", file.display());
    }
}

/// As PNG checks its chunks.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// Every photograph of the data: all faces found, and every pair of named people told apart.
#[test]
fn people_in_photographs_are_found_and_told_apart() {
    let folder = path("../shared/data/faces");
    if !folder.exists() {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    }
    let mut images: Vec<PathBuf> = folder.read_dir().expect("a folder").flatten().map(|entry| entry.path()).collect();
    images.retain(|image| image.extension().is_some_and(|e| e == "jpg" || e == "png"));
    images.sort();
    let arguments: Vec<&Path> = [Path::new("analyze"), Path::new("--embedding")]
        .into_iter()
        .chain(images.iter().map(PathBuf::as_path))
        .collect();
    let output = face(&arguments);
    assert!(output.status.success());
    let mut people: Vec<(String, Vec<f64>)> = Vec::new();
    for record in records(&output) {
        let name = Path::new(record["image"].as_str().expect("a path"))
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let faces = record["faces"].as_array().expect("faces");
        let wanted = match name.as_str() {
            "group-obama-biden" => 3,
            "group-two-people" => 2,
            _ => 1,
        };
        assert_eq!(faces.len(), wanted, "{name}");
        if wanted == 1 {
            let numbers = faces[0]["embedding"].as_array().expect("an embedding");
            let person = name.rsplit_once('-').expect("person-number").0.to_owned();
            people.push((person, numbers.iter().map(|n| n.as_f64().expect("a number")).collect()));
        }
    }
    let (mut least_same, mut most_other) = (1.0f64, -1.0f64);
    for (i, (a, x)) in people.iter().enumerate() {
        for (b, y) in &people[..i] {
            let cosine: f64 = x.iter().zip(y).map(|(x, y)| x * y).sum();
            let same = cosine >= f64::from(vouchsafe::face::SAME_PERSON_SIMILARITY);
            assert_eq!(same, a == b, "{a} and {b}: {cosine:.3}");
            if a == b { least_same = least_same.min(cosine) } else { most_other = most_other.max(cosine) }
        }
    }
    println!("{} photographs: one person from {least_same:.3}, two people up to {most_other:.3}", people.len());
}
