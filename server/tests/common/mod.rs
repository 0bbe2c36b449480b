//! Shared by the server's tests and its load bench: vouchers as a browser makes them, real server
//! processes, a real Redis.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "every user needs another part")]

use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use vouchsafe::behavior::{Evidence, Family};
use vouchsafe::decision::{Policy, Verdict};
use vouchsafe::trace::codec;
use vouchsafe::voucher::{Challenge, ChallengeKey, Draft, PUZZLES, SolvedChallenge, Solver, Terms, VisitorKey};

pub const CHALLENGE_SECRET: &[u8] = b"the secret of a test's server...";
pub const SITE_SECRET: &str = "the secret of the shop's server";

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Makes vouchers for the site `shop` on `shop.example`, each from another visitor with other evidence.
pub struct Mint {
    key: ChallengeKey,
    people: Vec<Evidence>,
    made: u64,
}

impl Mint {
    /// `series` tells one mint's vouchers from another's.
    pub fn new(series: u64) -> Self {
        let corpus = include_str!("../../../tests/corpus/traces.jsonl").lines();
        let traces = corpus.map(|line| codec::decode(line).unwrap().trace);
        let people = traces.filter(|t| t.id.starts_with("human-pointer")).map(|t| Evidence::of(&t, None)).collect();
        Self { key: ChallengeKey::new(CHALLENGE_SECRET).unwrap(), people, made: series << 32 }
    }

    pub fn voucher(&mut self) -> String {
        self.voucher_with(|_| {})
    }

    pub fn voucher_with(&mut self, edit: impl FnOnce(&mut Terms)) -> String {
        let others = (self.made + 1..).take(100).map(|made| {
            let person = &self.people[made as usize % self.people.len()];
            (made, varied(person, &noise(made)))
        });
        // Noise can make somebody of a person whom a model doubts.
        let person = |(_, evidence): &(u64, Evidence)| Policy::default().decide(evidence).verdict == Verdict::Human;
        let (made, evidence) = { others }.find(person).expect("most whom noise makes of people are people");
        self.made = made;
        self.voucher_of(&evidence, edit)
    }

    pub fn voucher_of(&mut self, evidence: &Evidence, edit: impl FnOnce(&mut Terms)) -> String {
        self.made += 1;
        let noise = noise(self.made);
        let now = now();
        let mut terms = Terms {
            v: 1,
            nonce: base64(&noise[..16]),
            sitekey: "shop".into(),
            hostname: "shop.example".into(),
            action: None,
            iat: now - 300,
            exp: now + 1500,
            difficulty: 0,
            require: Vec::new(),
            step_up: None,
        };
        edit(&mut terms);
        let draft =
            Draft { hostname: terms.hostname.clone(), now, jti: noise[..16].try_into().unwrap(), ..Draft::default() };
        let challenge = Challenge::read(&self.key.issue(&terms)).unwrap();
        sign(challenge, noise[..32].try_into().unwrap(), evidence, draft)
    }

    pub fn person(&self) -> &Evidence {
        &self.people[0]
    }
}

/// Works on a challenge and signs.
pub fn sign(challenge: Challenge, seed: [u8; 32], evidence: &Evidence, draft: Draft) -> String {
    let visitor = VisitorKey::from_seed(seed);
    let mut solver = Solver::new(&challenge, &visitor.thumbprint());
    while solver.step(1000) < PUZZLES {}
    let solved = SolvedChallenge::new(challenge, &visitor, &solver.answer().unwrap()).unwrap();
    solved.sign(&visitor, evidence, &Policy::default().decide(evidence), draft)
}

pub fn base64(bytes: &[u8]) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding};
    Base64UrlUnpadded::encode_string(bytes)
}

/// 64 bytes that follow from `number`.
fn noise(number: u64) -> Vec<u8> {
    let half = |tag: u8| Sha256::new_with_prefix([tag]).chain_update(number.to_le_bytes()).finalize();
    [half(0), half(1)].concat()
}

/// As another visitor might have moved: the bytes of the movement shifted, its counts left as they are.
fn varied(evidence: &Evidence, noise: &[u8]) -> Evidence {
    let mut families = Family::ALL.map(|family| evidence.family(family).map(<[u8]>::to_vec));
    if let Some(bytes) = &mut families[Family::Pointer as usize] {
        for (byte, noise) in bytes.iter_mut().skip(8).zip(noise) {
            if *byte > 0 {
                *byte = byte.saturating_add(noise % 32).saturating_sub(16).max(1);
            }
        }
    }
    Evidence::from_parts(families, evidence.span_ms()).unwrap()
}

/// A configuration for the shop.
pub fn config(database: &str, more: &str) -> String {
    let secret = base64(CHALLENGE_SECRET);
    format!(
        "challenge_secrets = [\"{secret}\"]\ndatabase = '{database}'\n{more}\n\
         [[site]]\nsitekey = \"shop\"\nsecret = \"{SITE_SECRET}\"\nhostnames = [\"shop.example\"]\nmin_score = 0.0\n"
    )
}

/// Starts a program and waits until it says where it listens; then the rest of what it says.
pub fn listening(mut command: Command) -> (Child, String, Lines<BufReader<ChildStdout>>) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = lines.by_ref().map_while(Result::ok);
    let address = said.find_map(|line| Some(line.split_once("\"address\":\"")?.1.split('"').next()?.to_owned()));
    (child, address.expect("the server ended before it listened"), lines)
}

/// A server process on a port of its own; killed when dropped.
pub struct Process {
    child: Child,
    pub url: String,
    logs: std::sync::Arc<std::sync::Mutex<String>>,
}

impl Process {
    /// Starts `program` with the configuration in `folder/server.toml`.
    pub fn start(program: &str, folder: &Path, config: &str) -> Self {
        let path = folder.join(format!("server-{:?}.toml", std::thread::current().id()));
        std::fs::write(&path, config).unwrap();
        Self::start_with(program, &["--config", path.to_str().unwrap()])
    }

    pub fn start_with(program: &str, args: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(args).args(["--listen", "127.0.0.1:0", "--log-format", "json"]);
        let (child, address, lines) = listening(command);
        let logs = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let sink = logs.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut sink = sink.lock().unwrap();
                sink.push_str(&line);
                sink.push('\n');
            }
        });
        Self { child, url: format!("http://{address}"), logs }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn logs(&self) -> String {
        self.logs.lock().unwrap().clone()
    }

    /// SIGKILL: nothing is finished, nothing is flushed.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.id().to_string()]).status().unwrap().success());
    }

    /// What siteverify says to a voucher; `None` where no answer came.
    pub fn siteverify(&self, voucher: &str) -> Option<serde_json::Value> {
        let form = [("secret", SITE_SECRET), ("response", voucher)];
        let mut response = ureq::post(format!("{}/siteverify", self.url)).send_form(form).ok()?;
        serde_json::from_str(&response.body_mut().read_to_string().ok()?).ok()
    }

    pub fn accepts(&self, voucher: &str) -> bool {
        self.siteverify(voucher).is_some_and(|answer| answer["success"] == serde_json::json!(true))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Redis of the test's own, on a socket in `folder`, without persistence.
pub struct Redis {
    child: Child,
    pub url: String,
}

impl Redis {
    pub fn start(folder: &Path) -> Self {
        let socket = folder.join("redis.sock");
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--unixsocket"]).arg(&socket).current_dir(folder);
        let child = command.stdout(Stdio::null()).spawn();
        let child = child.expect("redis-server is needed: `cargo xtask setup` installs it");
        let start = Instant::now();
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "redis-server does not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, url: format!("redis+unix://{}", socket.display()) }
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
