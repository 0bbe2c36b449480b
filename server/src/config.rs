use anyhow::{Context, Result, bail};
use base64ct::{Base64UrlUnpadded, Encoding};
use clap::Parser;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Issues challenges, verifies vouchers, serves the demo.
///
/// Settings come from the configuration file, then from the environment, then from the command line;
/// the later one wins.
#[derive(Debug, Default, Parser)]
#[command(name = "vouchsafe-server", version, about)]
pub struct Flags {
    /// Configuration file (TOML; see server/vouchsafe.example.toml)
    #[arg(long, env = "VOUCHSAFE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8787]
    #[arg(long, env = "VOUCHSAFE_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// SQLite file for redeemed challenges, or `memory` [default: vouchsafe.db]
    #[arg(long, env = "VOUCHSAFE_DATABASE")]
    pub database: Option<PathBuf>,
    /// Secret challenges are signed with: base64url of at least 16 bytes
    #[arg(long, env = "VOUCHSAFE_CHALLENGE_SECRET", hide_env_values = true)]
    pub challenge_secret: Option<String>,
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// SQLite file, or `memory`.
    pub database: PathBuf,
    /// base64url; the first signs, all are accepted.
    pub challenge_secrets: Vec<String>,
    /// Leading zero bits of each of the sixteen puzzles.
    pub difficulty: u8,
    /// How long a challenge may be answered, seconds.
    pub challenge_lifetime_s: u64,
    /// Folder with `dist` and `demo`.
    pub assets: Option<PathBuf>,
    /// Whether the demo is served.
    pub demo: bool,
    /// Sites whose vouchers are verified.
    #[serde(rename = "site")]
    pub sites: Vec<Site>,
}

/// One site.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Public key of the site, in the page.
    pub sitekey: String,
    /// Secret of the site's server.
    pub secret: String,
    /// Host names its pages have.
    pub hostnames: Vec<String>,
    /// Vouchers scoring below this do not succeed. 0.4 refuses the verdict "bot" and lets "uncertain"
    /// through: somebody with a keyboard and a screen reader gives little evidence.
    #[serde(default = "default_min_score")]
    pub min_score: f32,
}

fn default_min_score() -> f32 {
    0.4
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            database: "vouchsafe.db".into(),
            challenge_secrets: Vec::new(),
            difficulty: 12,
            challenge_lifetime_s: 1800,
            assets: None,
            demo: false,
            sites: Vec::new(),
        }
    }
}

impl Config {
    /// File, environment and command line put together and checked.
    pub fn load(flags: Flags) -> Result<Self> {
        let mut config = match &flags.config {
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                toml::from_str(&text).with_context(|| format!("{} is not a configuration", path.display()))?
            }
            None => Self::default(),
        };
        config.listen = flags.listen.unwrap_or(config.listen);
        config.database = flags.database.unwrap_or(config.database);
        config.assets = flags.assets.or(config.assets);
        config.demo |= flags.demo;
        if let Some(secret) = flags.challenge_secret {
            config.challenge_secrets.insert(0, secret);
        }
        if config.demo {
            config.add_demo();
        }
        config.check()?;
        Ok(config)
    }

    fn add_demo(&mut self) {
        if self.challenge_secrets.is_empty() {
            self.challenge_secrets.push(Base64UrlUnpadded::encode_string(&crate::random::<32>()));
        }
        if !self.sites.iter().any(|site| site.sitekey == DEMO_SITEKEY) {
            self.sites.push(Site {
                sitekey: DEMO_SITEKEY.into(),
                // Nobody needs to know it: the demo's server is this process.
                secret: Base64UrlUnpadded::encode_string(&crate::random::<32>()),
                hostnames: vec!["localhost".into(), "127.0.0.1".into()],
                min_score: default_min_score(),
            });
        }
    }

    fn check(&self) -> Result<()> {
        if self.challenge_secrets.is_empty() {
            bail!(
                "no challenge secret: set challenge_secrets in the configuration file or VOUCHSAFE_CHALLENGE_SECRET (or try --demo)"
            );
        }
        if self.sites.is_empty() {
            bail!("no site: add a [[site]] to the configuration file (or try --demo)");
        }
        for site in &self.sites {
            if site.secret.len() < 16 {
                bail!("site {:?}: its secret must have at least 16 characters", site.sitekey);
            }
            if site.hostnames.is_empty() {
                bail!("site {:?}: name at least one of its host names", site.sitekey);
            }
            if !(0.0..=1.0).contains(&site.min_score) {
                bail!("site {:?}: min_score must be within 0 to 1", site.sitekey);
            }
        }
        if self.difficulty > 20 {
            bail!("difficulty {} would keep visitors waiting for minutes; 20 is the most", self.difficulty);
        }
        Ok(())
    }
}

/// The demo's sitekey.
pub const DEMO_SITEKEY: &str = "demo";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_without_secrets_or_sites_says_what_is_missing() {
        let error = Config::load(Flags::default()).unwrap_err().to_string();
        assert!(error.contains("challenge secret"), "{error}");
        let flags = Flags { challenge_secret: Some("A".repeat(43)), ..Flags::default() };
        let error = Config::load(flags).unwrap_err().to_string();
        assert!(error.contains("[[site]]"), "{error}");
    }

    #[test]
    fn the_demo_needs_no_configuration() {
        let config = Config::load(Flags { demo: true, ..Flags::default() }).unwrap();
        assert_eq!(config.sites[0].sitekey, DEMO_SITEKEY);
    }

    #[test]
    fn the_example_configuration_is_one() {
        let flags = Flags { config: Some("vouchsafe.example.toml".into()), ..Flags::default() };
        assert_eq!(Config::load(flags).unwrap().sites.len(), 1);
    }

    #[test]
    fn the_command_line_wins_over_the_file() {
        let flags = Flags {
            config: Some("vouchsafe.example.toml".into()),
            listen: Some("127.0.0.1:1".parse().unwrap()),
            ..Flags::default()
        };
        assert_eq!(Config::load(flags).unwrap().listen.port(), 1);
    }
}
