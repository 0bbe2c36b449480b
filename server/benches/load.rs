//! How many vouchers a second a server verifies, beside the peers' verifiers on the same machine.
//!
//! `cargo xtask bench server` (`-- --million` for a million verifications of each store).

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Mint, Redis, SITE_SECRET};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

const SERVER: &str = env!("CARGO_BIN_EXE_vouchsafe-server");
const SECONDS: u32 = 6;
const CONNECTIONS: u32 = 32;

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("load");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    if std::env::args().any(|arg| arg == "--million") {
        million(&folder);
    } else {
        compare(&folder);
    }
    let _ = std::fs::remove_dir_all(&folder);
}

/// The table that docs/server.md shows.
fn compare(folder: &Path) {
    println!("{CONNECTIONS} connections, {SECONDS} s each, load generator (wrk, one thread) on the same machine");
    println!("{:<34} {:>10} {:>10} {:>10} {:>9}", "", "per second", "median ms", "p99 ms", "refused");
    let mut series = 0;
    let sqlite = folder.join("load.db").to_str().unwrap().to_owned();
    let redis = Redis::start(folder);
    for (name, database) in [("memory", "memory"), ("SQLite", &sqlite), ("Redis", &redis.url)] {
        series += 1;
        let file = mint(folder, series, if name == "memory" { 160_000 } else { 100_000 });
        let server = Running::vouchsafe(folder, database);
        let result = load(&server, &file, "application/x-www-form-urlencoded", SECONDS);
        result.print(&format!("vouchsafe-server, {name}"));
    }
    for (peer, count) in [("altcha", 60_000), ("cap", 12_000)] {
        let file = folder.join(format!("{peer}.txt"));
        let server = Running::peer(peer, count, &file);
        let result = load(&server, &file, "application/json", SECONDS);
        result.print(match peer {
            "altcha" => "altcha-lib 2.8 on node:http",
            _ => "@cap.js/server 4.0 on node:http",
        });
    }
}

/// Whether memory stays flat, and what a live voucher costs.
fn million(folder: &Path) {
    for database in ["memory", folder.join("million.db").to_str().unwrap()] {
        let server = Running::vouchsafe(folder, database);
        let store = if database == "memory" { "memory" } else { "SQLite" };
        println!("{store}: resident set of the server, KiB");
        let mut after_first = 0;
        for round in 1..=10 {
            let file = mint(folder, 100 + round, 100_000);
            let result = load(&server, &file, "application/x-www-form-urlencoded", 30);
            let resident = server.resident_kib();
            println!("  {:>9} verified, {} refused: {resident}", round * 100_000, result.refused);
            if round == 1 {
                after_first = resident;
            } else if round == 10 {
                println!(
                    "  {:.1} bytes of memory a live voucher",
                    (resident - after_first) as f64 * 1024.0 / 900_000.0
                );
            }
        }
    }
}

/// Request bodies with a voucher each, made by two threads.
fn mint(folder: &Path, series: u64, count: usize) -> PathBuf {
    let path = folder.join("bodies.txt");
    let mut out = BufWriter::new(std::fs::File::create(&path).unwrap());
    let (send, receive) = std::sync::mpsc::sync_channel::<String>(1024);
    std::thread::scope(|scope| {
        for half in 0..2 {
            let send = send.clone();
            scope.spawn(move || {
                let mut mint = Mint::new(series * 2 + half);
                for _ in 0..count / 2 {
                    let voucher = mint.voucher();
                    let fields = [("secret", SITE_SECRET), ("response", &voucher)];
                    send.send(serde_urlencoded::to_string(fields).unwrap()).unwrap();
                }
            });
        }
        drop(send);
        for body in receive {
            writeln!(out, "{body}").unwrap();
        }
    });
    out.flush().unwrap();
    path
}

struct Running {
    child: Child,
    url: String,
}

impl Running {
    fn vouchsafe(folder: &Path, database: &str) -> Self {
        let config = folder.join("server.toml");
        std::fs::write(&config, common::config(database, "")).unwrap();
        let mut command = Command::new(SERVER);
        command.arg("--config").arg(config).args(["--listen", "127.0.0.1:0", "--log-format", "json"]);
        // The line that says where it listens, and none for each request.
        command.env("VOUCHSAFE_LOG", "vouchsafe_server=info,vouchsafe_server::siteverify=warn");
        Self::spawn(command, "/siteverify")
    }

    fn peer(name: &str, count: usize, file: &Path) -> Self {
        let mut command = Command::new("node");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers.mjs")).arg(name);
        command.arg(count.to_string()).arg(file);
        Self::spawn(command, "/")
    }

    fn spawn(command: Command, path: &str) -> Self {
        let (child, address, lines) = common::listening(command);
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url: format!("http://{address}{path}") }
    }

    fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Load {
    per_second: f64,
    median_us: f64,
    p99_us: f64,
    refused: u64,
    out_of_lines: bool,
}

impl Load {
    fn print(&self, name: &str) {
        let note = if self.out_of_lines { "  (ran out of vouchers: slower than it is)" } else { "" };
        println!(
            "{name:<34} {:>10.0} {:>10.2} {:>10.2} {:>9}{note}",
            self.per_second,
            self.median_us / 1000.0,
            self.p99_us / 1000.0,
            self.refused
        );
    }
}

fn load(server: &Running, bodies: &Path, kind: &str, seconds: u32) -> Load {
    let mut wrk = Command::new("wrk");
    wrk.args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s"), "--latency", "-s"]);
    wrk.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/load.lua")).arg(&server.url).arg("--").arg(bodies).arg(kind);
    let output = wrk.output().expect("wrk is needed: `cargo xtask bench server` installs it");
    let text = String::from_utf8(output.stdout).unwrap();
    let result = text.lines().find_map(|line| line.strip_prefix("RESULT "));
    let numbers: Vec<f64> = result.unwrap_or_else(|| panic!("{text}")).split(' ').map(|n| n.parse().unwrap()).collect();
    let [requests, duration_us, median_us, p99_us, refused, errors, out_of_lines] = numbers[..] else {
        panic!("{text}")
    };
    assert_eq!(errors, 0.0, "{text}");
    Load {
        per_second: requests / (duration_us / 1e6),
        median_us,
        p99_us,
        refused: refused as u64,
        out_of_lines: out_of_lines > 0.0,
    }
}
