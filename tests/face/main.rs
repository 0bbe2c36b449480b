//! A face check against a person and against attacks, on clips made from a photograph; the clips are left in
//! `target/clips` for the browser tests.

#[rustfmt::skip]
mod clips;
mod photographs;

use clips::{Actor, FPS, Move, beside, mjpeg, noisy, performance, screen, sheet};
use image::RgbImage;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use vouchsafe::face::liveness::{PROMPTS, Presence, Prompt, Refusal, Step, prompts};
use vouchsafe::face::{Check, FaceEngine, Frame, Role};

fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// One engine for all tests: loading takes longer than looking.
fn with_engine<T>(work: impl FnOnce(&mut FaceEngine, &Actor) -> T) -> T {
    static ENGINE: OnceLock<Mutex<(FaceEngine, Actor)>> = OnceLock::new();
    let shared = ENGINE.get_or_init(|| {
        let mut engine = FaceEngine::default();
        for role in [Role::Detector, Role::Mesh, Role::Continuity, Role::Spoof] {
            let file = path(&format!("models/face/{}.onnx", role.name()));
            engine.load(role, &std::fs::read(file).expect("the model")).expect("a model that loads");
        }
        let actor = Actor::new(&mut engine, &path("tests/corpus/astronaut.jpg"));
        Mutex::new((engine, actor))
    });
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let (engine, actor) = &mut *shared;
    work(engine, actor)
}

/// A nonce whose first attempt asks for prompts the photograph can be made to follow.
fn nonce_asking(wanted: impl Fn(&[Prompt; PROMPTS]) -> bool) -> [u8; 16] {
    (0..=u8::MAX).map(|i| [i; 16]).find(|nonce| wanted(&prompts(nonce, 0))).expect("a nonce")
}

/// Plays `frames`, `ms` apart, to a check; what it ends with, or the last step where it does not end.
fn play(engine: &mut FaceEngine, nonce: &[u8], frames: impl IntoIterator<Item = RgbImage>, ms: f64) -> Step {
    engine.lose();
    let mut check = Check::new(nonce, 0);
    let mut last = Step::Prepare(None);
    for (i, picture) in frames.into_iter().enumerate() {
        let rgba = clips::rgba(&picture);
        let frame = Frame::new(picture.width() as usize, picture.height() as usize, &rgba).expect("a frame");
        last = check.frame(engine, frame, i as f64 * ms).expect("a frame that is looked at").step;
        if matches!(last, Step::Passed(_) | Step::Refused(_)) {
            break;
        }
    }
    last
}

/// Every other frame: a slow laptop's camera.
fn play_slowly(engine: &mut FaceEngine, nonce: &[u8], frames: &[RgbImage]) -> Step {
    play(engine, nonce, frames.iter().step_by(2).cloned(), 2000.0 / FPS)
}

fn keep(name: &str, frames: &[RgbImage]) {
    let folder = path("target/clips");
    std::fs::create_dir_all(&folder).expect("a folder for clips");
    std::fs::write(folder.join(format!("{name}.mjpeg")), mjpeg(frames)).expect("the clip is written");
}

fn filmed(actor: &Actor, moves: &[Move], through: impl Fn(RgbImage) -> RgbImage) -> Vec<RgbImage> {
    moves.iter().enumerate().map(|(i, moved)| noisy(through(actor.act(moved)), i)).collect()
}

fn live(nonce: &[u8]) -> Vec<Move> {
    performance(&prompts(nonce, 0))
}

fn refusal(step: Step) -> Refusal {
    match step {
        Step::Refused(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_live_person_passes_whatever_is_asked() {
    with_engine(|engine, actor| {
        // Every prompt but the smile, which cannot grow on the one in the photograph.
        for wanted in [Prompt::LookUp, Prompt::Blink, Prompt::MoveCloser] {
            let nonce = nonce_asking(|all| all.contains(&wanted) && !all.contains(&Prompt::Smile));
            let moves = live(&nonce);
            let frames = filmed(actor, &moves, |picture| picture);
            let step = play_slowly(engine, &nonce, &frames);
            let Step::Passed(presence) = step else { panic!("{:?}: {step:?}", prompts(&nonce, 0)) };
            assert_eq!(presence.judge(), Ok(()));
            assert_eq!(Presence::from_bytes(&presence.to_bytes()), Some(presence));
            println!("{:?}: {presence:?}", prompts(&nonce, 0));
            if wanted == Prompt::Blink {
                // Then once more and half as fast, as a person does whom a busy machine did not understand.
                let slowly = moves.iter().flat_map(|moved| [*moved, *moved]);
                let moves: Vec<_> = moves.iter().copied().chain(slowly).collect();
                keep("live", &filmed(actor, &moves, |picture| picture));
            }
        }
    });
}

#[test]
fn a_photograph_does_nothing_it_is_asked() {
    with_engine(|engine, actor| {
        let nonce = nonce_asking(|_| true);
        let frames: Vec<_> = (0..90).map(|i| noisy(actor.still().clone(), i)).collect();
        keep("photograph", &frames);
        let still = (0..80).map(|i| noisy(actor.still().clone(), i));
        assert_eq!(refusal(play(engine, &nonce, still, 250.0)), Refusal::TimedOut);
    });
}

#[test]
fn a_photograph_that_is_turned_and_tilted_is_flat_or_does_not_follow() {
    with_engine(|engine, actor| {
        // Nothing but movements of the head, which a hand can make with a sheet of paper.
        let nonce = nonce_asking(|all| {
            all.iter().all(|p| matches!(p, Prompt::TurnLeft | Prompt::TurnRight | Prompt::LookUp | Prompt::MoveCloser))
        });
        let mut moves = live(&nonce);
        moves.iter_mut().for_each(|moved| moved.yaw *= 1.2);
        let frames: Vec<_> = moves.iter().enumerate().map(|(i, moved)| noisy(sheet(actor.still(), moved), i)).collect();
        keep("sheet", &frames);
        let step = play_slowly(engine, &nonce, &frames);
        println!("{:?}: {step:?}", prompts(&nonce, 0));
        assert!(!matches!(step, Step::Passed(_)), "{step:?}");
    });
}

#[test]
fn a_recording_of_other_movements_is_refused() {
    with_engine(|engine, actor| {
        let nonce = nonce_asking(|all| all[0] == Prompt::Blink && all.contains(&Prompt::TurnLeft));
        let recorded = [Prompt::TurnRight, Prompt::OpenMouth, Prompt::MoveCloser, Prompt::TurnLeft, Prompt::Blink];
        let frames = filmed(actor, &performance(&recorded), |picture| screen(&picture));
        keep("screen", &frames);
        assert_eq!(refusal(play_slowly(engine, &nonce, &frames)), Refusal::WrongMovement);
    });
}

#[test]
fn two_people_are_asked_to_be_one() {
    with_engine(|engine, actor| {
        let nonce = nonce_asking(|all| !all.contains(&Prompt::Smile));
        let picture = beside(actor.still(), actor.still());
        let frames: Vec<_> = (0..60).map(|i| noisy(picture.clone(), i)).collect();
        keep("two-people", &frames);
        let hint = Step::Prepare(Some(vouchsafe::face::Hint::OnePersonOnly));
        assert_eq!(play_slowly(engine, &nonce, &frames), hint);
        // Somebody who joins on the way ends it.
        let mut joined = filmed(actor, &live(&nonce)[..70], |picture| picture);
        joined.extend(frames);
        assert!(matches!(refusal(play_slowly(engine, &nonce, &joined)), Refusal::SeveralFaces | Refusal::Jump));
    });
}

#[test]
fn nobody_is_not_waited_for_for_ever() {
    with_engine(|engine, _| {
        let nobody =
            RgbImage::from_fn(clips::WIDTH, clips::HEIGHT, |x, y| image::Rgb([(x / 4) as u8, (y / 3) as u8, 90]));
        let frames: Vec<_> = (0..90).map(|i| noisy(nobody.clone(), i)).collect();
        keep("nobody", &frames);
        assert_eq!(refusal(play(engine, &[1; 16], frames, 1000.0)), Refusal::NoFace);
    });
}

#[test]
fn a_picture_that_stands_still_or_comes_again_is_no_camera() {
    with_engine(|engine, actor| {
        let nonce = nonce_asking(|_| true);
        let calm: Vec<_> = (0..40).map(|i| noisy(actor.still().clone(), i)).collect();
        let frozen = calm.iter().cloned().chain(std::iter::repeat_n(calm[39].clone(), 60));
        assert_eq!(refusal(play(engine, &nonce, frozen, 1000.0 / FPS)), Refusal::Frozen);
        let looped = calm.iter().cloned().chain(calm.iter().cloned());
        assert_eq!(refusal(play(engine, &nonce, looped, 1000.0 / FPS)), Refusal::Repeated);
    });
}

#[test]
fn another_face_half_way_is_noticed() {
    let other = path("../shared/data/faces/obama-1.jpg");
    if !other.exists() {
        eprintln!("skipped: {} is not there", other.display());
        return;
    }
    with_engine(|engine, actor| {
        let other = Actor::new(engine, &other);
        let nonce = nonce_asking(|all| all[0] == Prompt::OpenMouth && !all.contains(&Prompt::Smile));
        let moves = live(&nonce);
        let half = moves.len() / 2;
        let frames: Vec<_> = moves
            .iter()
            .enumerate()
            .map(|(i, moved)| noisy(if i < half { actor.act(moved) } else { other.act(moved) }, i))
            .collect();
        keep("swap", &frames);
        let refusal = refusal(play_slowly(engine, &nonce, &frames));
        assert!(matches!(refusal, Refusal::OtherFace | Refusal::Jump), "{refusal:?}");
    });
}
