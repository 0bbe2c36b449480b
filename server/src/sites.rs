//! Sites: who may use this server, and the file the command line keeps them in.

use crate::config::digest;
use anyhow::{Context, Result, bail, ensure};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;
use vouchsafe::behavior::Family;
use vouchsafe::voucher::Kind;

/// One site and its policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Public key of the site, in the page.
    pub sitekey: String,
    /// Secret of the site's server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Instead of the secret: its SHA-256, base64url. Secrets are 32 random bytes, so that a plain hash
    /// of one cannot be reversed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_sha256: Option<String>,
    /// Host names its pages have.
    pub hostnames: Vec<String>,
    /// Vouchers scoring below this do not succeed. 0.4 refuses the verdict "bot" and lets "uncertain"
    /// through: somebody with a keyboard and a screen reader gives little evidence.
    #[serde(default = "default_min_score")]
    pub min_score: f32,
    /// Families every voucher must have evidence of. Leave it empty unless every visitor can give it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub require: Vec<Family>,
    /// What somebody who scores below `min_score` may do instead of being refused. Empty: nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub challenges: Vec<Kind>,
}

fn default_min_score() -> f32 {
    0.4
}

impl Site {
    /// A site with the usual policy and no secret yet.
    pub fn new(sitekey: &str, hostnames: &[&str]) -> Self {
        Self {
            sitekey: sitekey.into(),
            secret: None,
            secret_sha256: None,
            hostnames: hostnames.iter().map(|host| (*host).to_owned()).collect(),
            min_score: default_min_score(),
            require: Vec::new(),
            challenges: Vec::new(),
        }
    }

    /// What a given secret's hash is compared with.
    pub(crate) fn secret_digest(&self) -> Result<[u8; 32]> {
        let name = &self.sitekey;
        match (&self.secret, &self.secret_sha256) {
            (Some(secret), None) => {
                ensure!(secret.len() >= 16, "site {name:?}: its secret must have at least 16 characters");
                Ok(digest(secret))
            }
            (None, Some(hash)) => {
                let bytes = Base64UrlUnpadded::decode_vec(hash).ok().and_then(|bytes| bytes.try_into().ok());
                bytes.with_context(|| format!("site {name:?}: secret_sha256 is not base64url of 32 bytes"))
            }
            (Some(_), Some(_)) => bail!("site {name:?}: give secret or secret_sha256, not both"),
            (None, None) => bail!("site {name:?}: give it a secret or a secret_sha256"),
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let name = &self.sitekey;
        ensure!(!name.is_empty() && name.len() <= 100, "a sitekey has 1 to 100 characters, not {name:?}");
        self.secret_digest()?;
        ensure!(!self.hostnames.is_empty(), "site {name:?}: name at least one of its host names");
        for host in &self.hostnames {
            let bare = !host.is_empty() && !host.contains(['/', ' ', '*']) && *host == host.to_ascii_lowercase();
            ensure!(bare, "site {name:?}: {host:?} is not a bare host name in lower case, such as www.example.org");
        }
        ensure!((0.0..=1.0).contains(&self.min_score), "site {name:?}: min_score must be within 0 to 1");
        // Nobody is kept out for want of sight, hearing, a steady hand or a camera.
        let open = self.challenges.is_empty() || self.challenges.contains(&Kind::Question);
        ensure!(open, "site {name:?}: challenges must have \"question\" among them, which everybody can answer");
        Ok(())
    }

    /// Draws a new secret, keeps its hash, and returns it: it is not to be had again.
    pub fn draw_secret(&mut self) -> String {
        let secret = Base64UrlUnpadded::encode_string(&crate::random::<32>());
        self.secret = None;
        self.secret_sha256 = Some(Base64UrlUnpadded::encode_string(&digest(&secret)));
        secret
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SitesFile {
    #[serde(default, rename = "site")]
    sites: Vec<Site>,
}

/// The sites of a file; none where there is no such file yet.
pub fn read(path: &Path) -> Result<Vec<Site>> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let file: SitesFile =
                toml::from_str(&text).with_context(|| format!("{} is not a file of sites", path.display()))?;
            Ok(file.sites)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Replaces the file in one step, so that a reader or a crash never sees half of it.
pub fn write(path: &Path, sites: Vec<Site>) -> Result<()> {
    for site in &sites {
        site.check()?;
    }
    let text = toml::to_string(&SitesFile { sites })?;
    let draft = path.with_extension("toml.new");
    let cannot = || format!("cannot write {}", path.display());
    let mut file = std::fs::File::create(&draft).with_context(cannot)?;
    file.write_all(b"# Written by `vouchsafe-server site`. Secrets are kept as SHA-256 only.\n\n")
        .with_context(cannot)?;
    file.write_all(text.as_bytes()).with_context(cannot)?;
    file.sync_all().with_context(cannot)?;
    std::fs::rename(&draft, path).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_come_back_from_their_file_without_their_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sites.toml");
        assert!(read(&path).unwrap().is_empty(), "no file, no sites");
        let mut site = Site::new("shop", &["shop.example"]);
        let secret = site.draw_secret();
        write(&path, vec![site]).unwrap();
        assert!(!std::fs::read_to_string(&path).unwrap().contains(&secret));
        let back = read(&path).unwrap();
        assert_eq!(back[0].secret_digest().unwrap(), digest(&secret));
        assert_eq!(back[0].min_score, 0.4);
    }

    #[test]
    fn a_site_that_cannot_work_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sites.toml");
        for hosts in [&[][..], &["https://shop.example/"], &["*.shop.example"], &["Shop.example"]] {
            let mut site = Site::new("shop", hosts);
            site.draw_secret();
            assert!(write(&path, vec![site]).is_err(), "{hosts:?}");
        }
        assert!(!path.exists());
    }
}
