use crate::accounts::Policy;
use crate::sites::{self, Site};
use anyhow::{Context, Result, bail, ensure};
use base64ct::{Base64UrlUnpadded, Encoding};
use clap::Parser;
use ipnet::IpNet;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use vouchsafe::voucher::Kind;

/// Where settings come from besides the file.
#[derive(Clone, Debug, Default, Parser)]
pub struct Flags {
    /// Configuration file (TOML; see server/vouchsafe.example.toml)
    #[arg(long, env = "VOUCHSAFE_CONFIG")]
    pub config: Option<PathBuf>,
    /// File of sites that `vouchsafe-server site` manages
    #[arg(long, env = "VOUCHSAFE_SITES")]
    pub sites: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8787]
    #[arg(long, env = "VOUCHSAFE_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// Where redeemed challenges are kept: an SQLite file, `redis://host:port`, or `memory` [default: vouchsafe.db]
    #[arg(long, env = "VOUCHSAFE_DATABASE")]
    pub database: Option<String>,
    /// Secret challenges are signed with: base64url of at least 16 bytes
    #[arg(long, env = "VOUCHSAFE_CHALLENGE_SECRET", hide_env_values = true)]
    pub challenge_secret: Option<String>,
    /// Key receipts are signed with: base64url of 32 bytes
    #[arg(long, env = "VOUCHSAFE_RECEIPT_KEY", hide_env_values = true)]
    pub receipt_key: Option<String>,
    /// Token that /metrics and /admin ask for; without one they are not there
    #[arg(long, env = "VOUCHSAFE_ADMIN_TOKEN", hide_env_values = true)]
    pub admin_token: Option<String>,
    /// Folder with `dist` and `demo` to serve at /dist and /
    #[arg(long, env = "VOUCHSAFE_ASSETS")]
    pub assets: Option<PathBuf>,
    /// Serve the demo: adds the site `demo` for localhost and, without a challenge secret, makes one up
    #[arg(long, env = "VOUCHSAFE_DEMO")]
    pub demo: bool,
    /// How logs are written
    #[arg(long, env = "VOUCHSAFE_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For reading at a terminal.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What the server runs with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// SQLite file, `redis://host:port`, or `memory`.
    pub database: String,
    /// base64url; the first signs, all are accepted.
    pub challenge_secrets: Vec<String>,
    /// base64url of 32 bytes; the first signs receipts, all are published. None: no receipts.
    pub receipt_keys: Vec<String>,
    /// Who receipts say they are from.
    pub issuer: String,
    /// Token of /metrics and /admin.
    pub admin_token: Option<String>,
    /// Leading zero bits of each of the sixteen puzzles, for somebody nothing speaks against.
    pub difficulty: u8,
    /// The most that is ever asked.
    pub max_difficulty: u8,
    /// How long a challenge may be answered, seconds.
    pub challenge_lifetime_s: u64,
    /// How many vouchers' evidence is remembered, to notice when it comes again. 0: none.
    pub novelty_entries: usize,
    /// Challenges a minute for one address, shortened to /24 or /48. 0: no limit.
    pub address_limit: u32,
    /// Challenges a minute for one site. 0: no limit.
    pub site_limit: u32,
    /// Wrong answers to puzzles for one challenge before it is locked.
    pub challenge_tries: u8,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Seconds /healthz says "draining" before the server stops listening.
    pub drain_s: u64,
    /// Whether the published test keys answer.
    pub test_keys: bool,
    /// Folder with `dist` and `demo`.
    pub assets: Option<PathBuf>,
    /// Whether the demo is served.
    pub demo: bool,
    /// Where decisions are kept for the dashboard: an SQLite file or `memory`. None: they are not, but in the demo.
    pub decisions: Option<String>,
    /// How many days they are kept.
    pub decisions_days: u32,
    /// How many are kept at most.
    pub decisions_most: u64,
    /// Accounts of the demo.
    pub accounts: Policy,
    /// File of more sites.
    pub sites_file: Option<PathBuf>,
    /// Sites whose vouchers are verified.
    #[serde(rename = "site")]
    pub sites: Vec<Site>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            database: "vouchsafe.db".into(),
            challenge_secrets: Vec::new(),
            receipt_keys: Vec::new(),
            issuer: "vouchsafe".into(),
            admin_token: None,
            difficulty: 12,
            max_difficulty: 16,
            challenge_lifetime_s: 1800,
            novelty_entries: 16_384,
            address_limit: 240,
            site_limit: 60_000,
            challenge_tries: 3,
            trusted_proxies: Vec::new(),
            drain_s: 0,
            test_keys: false,
            assets: None,
            demo: false,
            decisions: None,
            decisions_days: 30,
            decisions_most: 1_000_000,
            accounts: Policy::default(),
            sites_file: None,
            sites: Vec::new(),
        }
    }
}

impl Config {
    /// File, environment and command line put together and checked.
    pub fn load(flags: &Flags) -> Result<Self> {
        let mut config = Self::unchecked(flags)?;
        if let Some(path) = &config.sites_file {
            config.sites.extend(sites::read(path)?);
        }
        if config.demo {
            config.add_demo();
        }
        config.check()?;
        Ok(config)
    }

    /// The same without the sites that are in a file of their own, and unchecked.
    pub fn unchecked(flags: &Flags) -> Result<Self> {
        let mut config = match &flags.config {
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                toml::from_str(&text).with_context(|| format!("{} is not a configuration", path.display()))?
            }
            None => Self::default(),
        };
        let flags = flags.clone();
        config.listen = flags.listen.unwrap_or(config.listen);
        config.database = flags.database.unwrap_or(config.database);
        config.assets = flags.assets.or(config.assets);
        config.sites_file = flags.sites.or(config.sites_file);
        config.admin_token = flags.admin_token.or(config.admin_token);
        config.demo |= flags.demo;
        if let Some(secret) = flags.challenge_secret {
            config.challenge_secrets.insert(0, secret);
        }
        if let Some(key) = flags.receipt_key {
            config.receipt_keys.insert(0, key);
        }
        Ok(config)
    }

    /// An SQLite file beside the server's own; `memory` where that is none.
    pub(crate) fn beside_database(&self, extension: &str) -> String {
        match self.database.as_str() {
            main if main == "memory" || main.starts_with("redis") => "memory".into(),
            main => Path::new(main).with_extension(extension).to_string_lossy().into_owned(),
        }
    }

    /// Where decisions go; the demo's beside its database.
    pub(crate) fn decisions_database(&self) -> Option<String> {
        self.decisions.clone().or_else(|| self.demo.then(|| self.beside_database("decisions.db")))
    }

    fn add_demo(&mut self) {
        if self.admin_token.is_none() {
            self.admin_token = Some(demo_token());
        }
        if self.challenge_secrets.is_empty() {
            self.challenge_secrets.push(demo_secret());
        }
        let site = |sitekey, min_score, challenges: &[Kind]| Site {
            // Nobody needs to know it: the demo's server is this process.
            secret: Some(Base64UrlUnpadded::encode_string(&crate::random::<32>())),
            min_score,
            challenges: challenges.to_vec(),
            ..Site::new(sitekey, &["localhost", "127.0.0.1"])
        };
        let [_work, asking @ ..] = Kind::ALL;
        let [faceless @ .., _face] = Kind::ALL;
        let sites = [
            site(DEMO_SITEKEY, 0.4, &faceless),
            site(DOUBT_SITEKEY, 1.0, &asking),
            site(ACCOUNTS_SITEKEY, self.accounts.min_score, &Kind::ALL),
        ];
        for site in sites {
            if !self.sites.iter().any(|known| known.sitekey == site.sitekey) {
                self.sites.push(site);
            }
        }
    }

    fn check(&self) -> Result<()> {
        if self.challenge_secrets.is_empty() {
            bail!(
                "no challenge secret: set challenge_secrets in the configuration file or VOUCHSAFE_CHALLENGE_SECRET \
                 (`vouchsafe-server keygen` makes one; or try --demo)"
            );
        }
        if self.sites.is_empty() && !self.test_keys {
            bail!(
                "no site: add a [[site]] to the configuration file or run `vouchsafe-server site add` (or try --demo)"
            );
        }
        for (i, site) in self.sites.iter().enumerate() {
            site.check()?;
            let twice = self.sites[..i].iter().any(|other| other.sitekey == site.sitekey);
            ensure!(!twice, "site {:?} is there twice", site.sitekey);
        }
        self.accounts.check()?;
        if self.difficulty > 20 || self.max_difficulty > 20 {
            bail!("a difficulty over 20 would keep visitors waiting for minutes");
        }
        ensure!(self.difficulty <= self.max_difficulty, "difficulty must not be over max_difficulty");
        ensure!(
            (1..=86_400).contains(&self.challenge_lifetime_s),
            "challenge_lifetime_s must be within a second and a day"
        );
        ensure!((1..=10).contains(&self.challenge_tries), "challenge_tries must be within 1 to 10");
        ensure!(
            self.novelty_entries <= 1_000_000,
            "novelty_entries over a million would cost every voucher milliseconds: it is compared with all of them"
        );
        let short = self.admin_token.as_ref().is_some_and(|token| token.len() < 16);
        ensure!(!short, "the admin token must have at least 16 characters");
        Ok(())
    }
}

/// Drawn once for a process: a reload must not change it, or open pages would fail.
fn demo_secret() -> String {
    static DRAWN: OnceLock<String> = OnceLock::new();
    DRAWN.get_or_init(|| Base64UrlUnpadded::encode_string(&crate::random::<32>())).clone()
}

/// Drawn once for a process, and told when the demo starts.
fn demo_token() -> String {
    static DRAWN: OnceLock<String> = OnceLock::new();
    DRAWN.get_or_init(|| Base64UrlUnpadded::encode_string(&crate::random::<18>())).clone()
}

/// SHA-256 of a secret: what is kept of it and compared.
pub(crate) fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// The demo's sitekey.
pub const DEMO_SITEKEY: &str = "demo";
/// Site of the demo page that doubts everybody.
pub(crate) const DOUBT_SITEKEY: &str = "demo-doubt";
/// Site of the demo's accounts.
pub(crate) const ACCOUNTS_SITEKEY: &str = "demo-accounts";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_without_secrets_or_sites_says_what_is_missing() {
        let error = Config::load(&Flags::default()).unwrap_err().to_string();
        assert!(error.contains("challenge secret"), "{error}");
        let flags = Flags { challenge_secret: Some("A".repeat(43)), ..Flags::default() };
        let error = Config::load(&flags).unwrap_err().to_string();
        assert!(error.contains("[[site]]"), "{error}");
    }

    #[test]
    fn the_demo_needs_no_configuration() {
        let config = Config::load(&Flags { demo: true, ..Flags::default() }).unwrap();
        assert_eq!(config.sites[0].sitekey, DEMO_SITEKEY);
    }

    #[test]
    fn the_example_configuration_is_one() {
        let flags = Flags { config: Some("vouchsafe.example.toml".into()), ..Flags::default() };
        assert_eq!(Config::load(&flags).unwrap().sites.len(), 1);
    }

    #[test]
    fn the_command_line_wins_over_the_file() {
        let flags = Flags {
            config: Some("vouchsafe.example.toml".into()),
            listen: Some("127.0.0.1:1".parse().unwrap()),
            ..Flags::default()
        };
        assert_eq!(Config::load(&flags).unwrap().listen.port(), 1);
    }

    #[test]
    fn settings_that_cannot_work_are_refused_in_words() {
        for (text, what) in [
            ("difficulty = 15\nmax_difficulty = 14", "max_difficulty"),
            ("difficulty = 30", "over 20"),
            ("challenge_lifetime_s = 0", "challenge_lifetime_s"),
            ("admin_token = 'short'", "admin token"),
            ("trusted_proxies = ['nowhere']", "trusted_proxies"),
            ("colour = 'red'", "colour"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("c.toml");
            std::fs::write(&path, text).unwrap();
            let flags = Flags { config: Some(path), demo: true, ..Flags::default() };
            let error = format!("{:#}", Config::load(&flags).unwrap_err());
            assert!(error.contains(what), "{error}");
        }
    }
}
