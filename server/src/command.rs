//! The commands besides serving.

use anyhow::{Context, Result, bail};
use base64ct::{Base64UrlUnpadded, Encoding};
use clap::Subcommand;
use std::path::PathBuf;
use vouchsafe::voucher::Kind;
use vouchsafe_server::{Config, Flags, Site, random, sites};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print a new secret, for challenges or for receipts
    Keygen,
    /// Manage the sites in the file that --sites, VOUCHSAFE_SITES or `sites_file` names
    #[command(subcommand)]
    Site(SiteCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum SiteCommand {
    /// Add a site; prints its secret, which is not to be had again
    Add {
        /// Public name of the site, in its pages
        sitekey: String,
        /// Host name of the site's pages; give it again for more
        #[arg(long = "hostname", required = true)]
        hostnames: Vec<String>,
        /// Vouchers scoring below this do not succeed
        #[arg(long)]
        min_score: Option<f32>,
        /// What somebody who scores below may do instead: work, pictures, fit, question, hold, face; give it again for more
        #[arg(long = "challenge", value_parser = kind)]
        challenges: Vec<Kind>,
    },
    /// List the sites
    List,
    /// Remove a site
    Remove {
        /// Which
        sitekey: String,
    },
    /// Draw a new secret for a site; the old one ends with the next reload
    Rotate {
        /// Which
        sitekey: String,
    },
}

impl Command {
    pub(crate) fn run(self, flags: &Flags) -> Result<()> {
        match self {
            Self::Keygen => println!("{}", Base64UrlUnpadded::encode_string(&random::<32>())),
            Self::Site(command) => command.run(flags)?,
        }
        Ok(())
    }
}

impl SiteCommand {
    fn run(self, flags: &Flags) -> Result<()> {
        let path = sites_file(flags)?;
        let mut sites = sites::read(&path)?;
        let missing = |sitekey: &str| format!("no site {sitekey:?} in {}", path.display());
        match self {
            Self::Add { sitekey, hostnames, min_score, challenges } => {
                if sites.iter().any(|site| site.sitekey == sitekey) {
                    bail!("site {sitekey:?} is there already");
                }
                let hosts: Vec<&str> = hostnames.iter().map(String::as_str).collect();
                let mut site = Site::new(&sitekey, &hosts);
                site.min_score = min_score.unwrap_or(site.min_score);
                site.challenges = challenges;
                let secret = site.draw_secret();
                sites.push(site);
                sites::write(&path, sites)?;
                println!("sitekey = {sitekey}\nsecret  = {secret}");
                eprintln!("Keep the secret: only its hash was written to {}.", path.display());
            }
            Self::List => {
                for site in &sites {
                    println!("{}\t{}\tmin_score {}", site.sitekey, site.hostnames.join(" "), site.min_score);
                }
                if sites.is_empty() {
                    eprintln!("No sites in {} yet.", path.display());
                }
            }
            Self::Remove { sitekey } => {
                let before = sites.len();
                sites.retain(|site| site.sitekey != sitekey);
                if sites.len() == before {
                    bail!(missing(&sitekey));
                }
                sites::write(&path, sites)?;
            }
            Self::Rotate { sitekey } => {
                let site = sites.iter_mut().find(|site| site.sitekey == sitekey);
                let secret = site.with_context(|| missing(&sitekey))?.draw_secret();
                sites::write(&path, sites)?;
                println!("sitekey = {sitekey}\nsecret  = {secret}");
            }
        }
        Ok(())
    }
}

fn kind(name: &str) -> Result<Kind, String> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    kind.ok_or_else(|| format!("one of {}", Kind::ALL.map(Kind::name).join(", ")))
}

fn sites_file(flags: &Flags) -> Result<PathBuf> {
    let config = match &flags.config {
        Some(_) => Config::unchecked(flags)?.sites_file,
        None => flags.sites.clone(),
    };
    config.context("which file? name it with --sites, VOUCHSAFE_SITES, or sites_file in the configuration")
}
