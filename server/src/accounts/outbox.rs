//! Mail that is not sent: a file each in a folder, and the last of them to be looked at in the demo.

use anyhow::{Context, Result};
use serde::Serialize;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// One mail.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    /// Of the page, where there is something to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
}

pub(crate) struct Outbox {
    folder: PathBuf,
    last: Mutex<VecDeque<Mail>>,
}

impl Outbox {
    pub(crate) fn open(folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { folder, last: Mutex::default() })
    }

    /// Writes it down. A mail that cannot be written is logged; nobody is kept from going on.
    pub(crate) fn send(&self, mail: Mail) {
        let name = format!("{}-{:08x}.txt", crate::now_ms(), u32::from_le_bytes(crate::random()));
        let link = mail.link.as_deref().unwrap_or_default();
        let text = format!("To: {}\nSubject: {}\n\n{}\n\n{link}\n", mail.to, mail.subject, mail.text);
        if let Err(error) = std::fs::write(self.folder.join(name), text) {
            tracing::warn!("mail not written: {error}");
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.push_front(mail);
        last.truncate(SHOWN);
    }

    /// The newest first.
    pub(crate) fn last(&self) -> Vec<Mail> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

const SHOWN: usize = 20;
