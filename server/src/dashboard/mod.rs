//! What a site sees: every decision for a while, and counts for longer. Nothing here names a person: no address, no key,
//! no text of a page.

mod routes;
mod store;

pub(crate) use routes::{feedback, routes};
pub(crate) use store::{Judged, Record};

use anyhow::Result;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Event, Store};

/// Decisions on their way to a file, and the file to read from.
pub(crate) struct Dashboard {
    notes: SyncSender<Note>,
    store: Arc<Mutex<Store>>,
    /// Not written because the disk was too slow.
    lost: AtomicU64,
}

enum Note {
    Decided(Box<Record>),
    Happened(Event),
    /// Answers once everything before it is written.
    Flush(SyncSender<()>),
}

impl Dashboard {
    /// An SQLite file, or `memory`; what is older than `days` or beyond the newest `most` is forgotten.
    pub(crate) fn open(database: &str, days: u32, most: u64) -> Result<Self> {
        let store = Arc::new(Mutex::new(Store::open(database)?));
        let (notes, inbox) = sync_channel(WAITING);
        let writer = store.clone();
        std::thread::Builder::new().name("dashboard".into()).spawn(move || write(&writer, &inbox, days, most))?;
        Ok(Self { notes, store, lost: AtomicU64::new(0) })
    }

    /// Never waits: whoever verifies is in more of a hurry than whoever looks.
    pub(crate) fn decided(&self, record: Record) {
        self.note(Note::Decided(Box::new(record)));
    }

    pub(crate) fn happened(&self, site: &str, what: &'static str, key: &'static str) {
        self.note(Note::Happened(Event { at: crate::now(), site: site.to_owned(), what, key }));
    }

    fn note(&self, note: Note) {
        if self.notes.try_send(note).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns when all that was noted before is there to be read.
    fn settle(&self) {
        let (done, wait) = sync_channel(1);
        if self.notes.send(Note::Flush(done)).is_ok() {
            let _ = wait.recv_timeout(Duration::from_secs(5));
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// Until the dashboard is dropped. Everything that waits goes into one transaction.
fn write(store: &Mutex<Store>, inbox: &Receiver<Note>, days: u32, most: u64) {
    let mut swept = 0;
    while let Ok(first) = inbox.recv() {
        let batch: Vec<Note> = std::iter::once(first).chain(inbox.try_iter().take(LARGEST_BATCH)).collect();
        let (mut records, mut events, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        for note in batch {
            match note {
                Note::Decided(record) => records.push(*record),
                Note::Happened(event) => events.push(event),
                Note::Flush(done) => waiting.push(done),
            }
        }
        let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = store.write(&records, &events) {
            tracing::warn!("dashboard: {error:#}");
        }
        let now = crate::now();
        if now >= swept + SWEEP_EVERY_S {
            swept = now;
            if let Err(error) = store.sweep(now.saturating_sub(u64::from(days) * 86_400), most) {
                tracing::warn!("dashboard: {error:#}");
            }
        }
        drop(store);
        for done in waiting {
            let _ = done.send(());
        }
    }
}

const WAITING: usize = 20_000;
const LARGEST_BATCH: usize = 5_000;
const SWEEP_EVERY_S: u64 = 600;
