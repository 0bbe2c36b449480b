//! Telling people apart by their movement: the command on recorded people.
#![cfg(not(target_arch = "wasm32"))]

mod shared;

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn identify(enroll: &Path, probe: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
    command.args(["identify", "--enroll"]).arg(enroll).arg("--probe").arg(probe).args(more);
    command.output().expect("the command runs")
}

fn records(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn written(folder: &Path, name: &str, traces: &[Value]) -> PathBuf {
    let file = folder.join(name);
    let lines: Vec<String> = traces.iter().map(Value::to_string).collect();
    std::fs::write(&file, lines.join("\n")).expect("a file");
    file
}

/// Loops of one size and pace.
fn loops(id: &str, user: Option<&str>, moves: usize, size: f64, pace: f64) -> Value {
    let event = |i: usize| {
        let angle = i as f64 * pace;
        json!([i as f64 * 16.7, "move", 600.0 + size * angle.cos(), 400.0 + size * (angle * 2.0).sin()])
    };
    json!({ "id": id, "source": "made", "user": user, "viewport": [1280, 800], "events": (0..moves).map(event).collect::<Vec<_>>() })
}

#[test]
fn each_probe_is_compared_with_each_enrolled_person() {
    let folder = tempfile::tempdir().expect("a folder");
    let slow = |id, user| loops(id, user, 700, 60.0, 0.03);
    let quick = |id, user| loops(id, user, 700, 300.0, 0.2);
    let enroll = written(folder.path(), "enroll.jsonl", &[slow("a", Some("ada")), quick("b", Some("bob"))]);
    let probe = written(folder.path(), "probe.jsonl", &[slow("p", None), quick("q", Some("ada"))]);
    let output = identify(&enroll, &probe, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = records(&output);
    let of = |i: usize| (told[i]["probe"].as_str().unwrap(), told[i]["user"].as_str().unwrap());
    assert_eq!((0..4).map(of).collect::<Vec<_>>(), [("p", "ada"), ("p", "bob"), ("q", "ada"), ("q", "bob")]);
    let score = |i: usize| told[i]["score"].as_f64().unwrap();
    assert!(score(0) > score(1) + 1.0 && score(3) > score(2) + 1.0, "{told:?}");
    // 699 steps are five blocks.
    assert_eq!(records(&identify(&enroll, &probe, &["--blocks", "1"])).len(), 2 * 2 * 5);
    assert_eq!(records(&identify(&enroll, &probe, &["--blocks", "2"])).len(), 2 * 2 * 2);
}

#[test]
fn what_cannot_be_compared_is_said_and_the_rest_is_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let nobodys = loops("x", None, 300, 50.0, 0.1);
    let still = loops("s", Some("still"), 10, 50.0, 0.1);
    let enroll = written(folder.path(), "enroll.jsonl", &[nobodys, still, loops("a", Some("ada"), 300, 50.0, 0.1)]);
    let probe = written(folder.path(), "probe.jsonl", &[loops("short", None, 20, 50.0, 0.1)]);
    let output = identify(&enroll, &probe, &[]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("enroll.jsonl:1: an enrolled trace needs a user"), "{said}");
    assert!(said.contains("still: too few moves"), "{said}");
    let scores: Vec<_> = records(&output).iter().map(|record| record["score"].clone()).collect();
    assert_eq!(scores, [Value::Null, Value::Null]);
    let said = String::from_utf8_lossy(&identify(&enroll, &probe, &["--blocks", "5"]).stderr).into_owned();
    assert!(said.contains("probe.jsonl:1: fewer than 640 moves"), "{said}");
    assert_eq!(identify(&enroll, &folder.path().join("none"), &[]).status.code(), Some(2));
    assert_eq!(identify(&enroll, &probe, &["--blocks", "0"]).status.code(), Some(2));
}

/// Users 61 to 80, whom the network was not trained on (`models/identity.md`).
#[test]
fn strangers_to_the_network_are_told_apart() {
    let Some(text) = shared::data_set("human-pointer") else { return };
    let traces: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let of = |session: &str| {
        let wanted: Vec<String> = (61..=80).map(|user| format!("sapimouse-user{user}-{session}")).collect();
        let found = traces.iter().filter(|trace| wanted.iter().any(|id| trace["id"] == **id)).cloned();
        written(folder.path(), &format!("{session}.jsonl"), &found.collect::<Vec<_>>())
    };
    let (mut same, mut other) = (Vec::new(), Vec::new());
    for record in records(&identify(&of("3min"), &of("1min"), &["--blocks", "5"])) {
        let own = record["probe"].as_str().unwrap() == format!("sapimouse-{}-1min", record["user"].as_str().unwrap());
        if own { &mut same } else { &mut other }.push(record["score"].as_f64().unwrap());
    }
    assert!(same.len() > 40 && other.len() > 700, "{} and {}", same.len(), other.len());
    let share =
        |scores: &[f64], least: f64| scores.iter().filter(|s| **s >= least).count() as f64 / scores.len() as f64;
    let rates = same.iter().map(|least| (1.0 - share(&same, *least)).max(share(&other, *least)));
    let equal = rates.fold(1.0, f64::min);
    println!("equal error rate at 5 blocks: {:.1} %", equal * 100.0);
    assert!(equal < 0.06, "{equal}");
}
