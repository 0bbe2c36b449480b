//! Decisions in SQLite: a row each, and tallies an hour so that a chart reads hundreds of rows and not millions.

use crate::store::connect;
use anyhow::{Context, Result};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;
use vouchsafe::behavior::Family;
use vouchsafe::decision::Reason;
use vouchsafe::voucher::{EvidenceClaim, VerifiedVoucher};

/// One verification.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    pub(crate) site: String,
    /// `ok`, or the code it was refused with.
    pub(crate) outcome: &'static str,
    pub(crate) took_us: u64,
    /// Of a voucher that was read; absent where nothing could be.
    pub(crate) judged: Option<Judged>,
}

/// What a voucher said, put into words where nobody waits for it.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    /// The voucher's own random number, to find it by when feedback comes.
    jti: String,
    action: Option<String>,
    score: f32,
    signals: [(Family, Option<f32>); 7],
    /// What was passed on doubt.
    challenge: Option<&'static str>,
    reasons: Vec<Reason>,
    evidence: EvidenceClaim,
}

impl Judged {
    pub(crate) fn of(voucher: &VerifiedVoucher) -> Self {
        let claims = voucher.claims();
        Self {
            jti: claims.jti.clone(),
            action: claims.action.clone(),
            score: voucher.score(),
            signals: *voucher.signals(),
            challenge: voucher.pass().map(|pass| pass.kind.name()),
            reasons: voucher.reasons().to_vec(),
            evidence: claims.evidence.clone(),
        }
    }
}

/// Something that happened besides.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// Seconds since 1970.
    pub(crate) at: u64,
    pub(crate) site: String,
    pub(crate) what: &'static str,
    pub(crate) key: &'static str,
}

/// What is looked at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Filter {
    pub(crate) site: Option<String>,
    pub(crate) outcome: Option<String>,
    /// Seconds since 1970.
    pub(crate) from: Option<u64>,
    pub(crate) to: Option<u64>,
    pub(crate) score_from: Option<f64>,
    pub(crate) score_to: Option<f64>,
    /// Older than this one.
    pub(crate) before: Option<i64>,
    pub(crate) limit: Option<u32>,
}

/// A row of the list.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Shown {
    pub(crate) id: i64,
    pub(crate) at: u64,
    pub(crate) site: String,
    pub(crate) outcome: String,
    pub(crate) action: String,
    pub(crate) score: Option<f64>,
    pub(crate) challenge: Option<String>,
    pub(crate) took_us: u64,
    /// What somebody said it was: a person or not.
    pub(crate) human: Option<bool>,
}

/// How often, and the sum of what was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Counted {
    pub(crate) what: String,
    pub(crate) key: String,
    pub(crate) count: u64,
    pub(crate) sum: f64,
}

/// Of scores up to a threshold: people and others as somebody said, and all.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Threshold {
    pub(crate) threshold: f64,
    pub(crate) humans: u64,
    pub(crate) others: u64,
    pub(crate) all: u64,
}

pub(crate) struct Store {
    connection: Connection,
}

impl Store {
    pub(crate) fn open(database: &str) -> Result<Self> {
        let connection = connect(Path::new(database))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A power cut may lose the last moments of the dashboard, and no more.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(SCHEMA).with_context(|| format!("{database} holds no decisions"))?;
        Ok(Self { connection })
    }

    pub(crate) fn write(&mut self, records: &[Record], events: &[Event]) -> Result<()> {
        let transaction = self.connection.transaction()?;
        let mut tallies: HashMap<(u64, &str, &str, String), (u64, f64)> = HashMap::new();
        {
            let mut insert = transaction.prepare_cached(INSERT)?;
            for record in records {
                let hour = record.at / 3_600_000;
                let mut tally = |what: &'static str, key: String, value: f64| {
                    let entry = tallies.entry((hour, &record.site, what, key)).or_default();
                    *entry = (entry.0 + 1, entry.1 + value);
                };
                tally("outcome", record.outcome.into(), 0.0);
                tally("latency", format!("{}", record.took_us.max(1).ilog2()), record.took_us as f64);
                let judged = record.judged.as_ref();
                let reasons: Vec<String> =
                    judged.map_or(Vec::new(), |judged| judged.reasons.iter().map(Reason::text).collect());
                if let Some(Judged { score, signals, .. }) = judged {
                    tally("score", format!("{}", bin(f64::from(*score))), f64::from(*score));
                    for (family, signal) in signals {
                        if let Some(signal) = signal {
                            tally("family", family.name().into(), f64::from(*signal));
                        }
                    }
                    for reason in reasons.iter().take(3) {
                        tally("reason", reason.clone(), 0.0);
                    }
                }
                insert.execute(params![
                    record.at,
                    record.site,
                    record.outcome,
                    judged.and_then(|judged| judged.action.as_deref()).unwrap_or_default(),
                    record.took_us,
                    judged.map(|judged| &judged.jti),
                    judged.map(|judged| f64::from(judged.score)),
                    judged.and_then(|judged| judged.challenge),
                    judged.map(|_| reasons.join("\n")),
                    judged.map(|judged| serde_json::to_string(&judged.evidence).unwrap_or_default()),
                ])?;
            }
            for event in events {
                tallies.entry((event.at / 3600, &event.site, event.what, event.key.into())).or_default().0 += 1;
            }
            let mut count = transaction.prepare_cached(COUNT)?;
            for ((hour, site, what, key), (number, sum)) in tallies {
                count.execute(params![hour, site, what, key, number, sum])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Forgets what is older than `since` (seconds since 1970) or beyond the newest `most`.
    pub(crate) fn sweep(&self, since: u64, most: u64) -> Result<()> {
        self.connection.execute("DELETE FROM decisions WHERE at < ?", [since * 1000])?;
        let newest: i64 =
            self.connection.query_row("SELECT ifnull(max(id), 0) FROM decisions", [], |row| row.get(0))?;
        self.connection.execute("DELETE FROM decisions WHERE id <= ?", [newest - i64::try_from(most)?])?;
        self.connection
            .execute("DELETE FROM tallies WHERE hour < ?", [(since / 3600).saturating_sub(TALLIES_LONGER_H)])?;
        Ok(())
    }

    /// Everything that was counted in a time.
    pub(crate) fn counts(&self, filter: &Filter) -> Result<Vec<Counted>> {
        let (condition, values) = filter.hours();
        let sql =
            format!("SELECT what, key, sum(number), sum(total) FROM tallies WHERE {condition} GROUP BY what, key");
        let read =
            |row: &Row<'_>| Ok(Counted { what: row.get(0)?, key: row.get(1)?, count: row.get(2)?, sum: row.get(3)? });
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(values), read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Outcomes over time: start of a step (seconds since 1970), outcome, count.
    pub(crate) fn timeline(&self, filter: &Filter, step_h: u64) -> Result<Vec<(u64, String, u64)>> {
        let (condition, values) = filter.hours();
        let sql = format!(
            "SELECT hour / {step_h} * {step_h} * 3600, key, sum(number) FROM tallies \
             WHERE {condition} AND what = 'outcome' GROUP BY 1, 2 ORDER BY 1"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The newest first.
    pub(crate) fn list(&self, filter: &Filter) -> Result<Vec<Shown>> {
        let (condition, mut values) = filter.rows();
        values.push(i64::from(filter.limit.unwrap_or(50).clamp(1, MOST_ROWS)).into());
        let sql = format!("SELECT {COLUMNS} FROM decisions WHERE {condition} ORDER BY id DESC LIMIT ?");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(values), shown)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One, with its reasons and its evidence claim.
    pub(crate) fn one(&self, id: i64) -> Result<Option<(Shown, String, String)>> {
        let sql = format!("SELECT {COLUMNS}, ifnull(reasons, ''), ifnull(evidence, '') FROM decisions WHERE id = ?");
        let read = |row: &Row<'_>| Ok((shown(row)?, row.get(9)?, row.get(10)?));
        Ok(self.connection.query_row(&sql, [id], read).optional()?)
    }

    /// Somebody says what it was.
    pub(crate) fn label(&self, id: i64, human: Option<bool>) -> Result<bool> {
        Ok(self.connection.execute("UPDATE decisions SET human = ? WHERE id = ?", params![human, id])? == 1)
    }

    pub(crate) fn label_voucher(&self, site: &str, jti: &str, human: bool) -> Result<bool> {
        let sql = "UPDATE decisions SET human = ? WHERE jti = ? AND site = ?";
        Ok(self.connection.execute(sql, params![human, jti, site])? > 0)
    }

    /// What asking below each twentieth would have meant.
    pub(crate) fn thresholds(&self, filter: &Filter) -> Result<Vec<Threshold>> {
        let mut points: Vec<Threshold> =
            (0..=BINS).map(|i| Threshold { threshold: i as f64 / BINS as f64, ..Threshold::default() }).collect();
        for counted in self.counts(filter)?.iter().filter(|counted| counted.what == "score") {
            let bin: usize = counted.key.parse().unwrap_or(0);
            points.iter_mut().skip(bin + 1).for_each(|point| point.all += counted.count);
        }
        let (condition, values) = filter.rows();
        let sql =
            format!("SELECT score, human FROM decisions WHERE human IS NOT NULL AND score IS NOT NULL AND {condition}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?)))?;
        for row in rows {
            let (score, human): (f64, bool) = row?;
            for point in points.iter_mut().skip(bin(score) + 1) {
                *(if human { &mut point.humans } else { &mut point.others }) += 1;
            }
        }
        Ok(points)
    }

    /// How many decisions are kept.
    pub(crate) fn kept(&self) -> Result<u64> {
        let span = "SELECT ifnull(max(id) - min(id) + 1, 0) FROM decisions";
        Ok(self.connection.query_row(span, [], |row| row.get(0))?)
    }
}

impl Filter {
    fn hours(&self) -> (String, Vec<Sql>) {
        let hour = |seconds: u64| Sql::from(i64::try_from(seconds / 3600).unwrap_or(i64::MAX));
        let mut condition = "hour >= ? AND hour <= ?".to_owned();
        let mut values = vec![hour(self.from.unwrap_or(0)), hour(self.to.unwrap_or(u64::MAX / 2))];
        if let Some(site) = &self.site {
            condition += " AND site = ?";
            values.push(site.clone().into());
        }
        (condition, values)
    }

    fn rows(&self) -> (String, Vec<Sql>) {
        let ms = |seconds: u64| Sql::from(i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX));
        let conditions = [
            ("site = ?", self.site.clone().map(Sql::from)),
            ("outcome = ?", self.outcome.clone().map(Sql::from)),
            ("at >= ?", self.from.map(ms)),
            ("at <= ?", self.to.map(ms)),
            ("score >= ?", self.score_from.map(Sql::from)),
            ("score <= ?", self.score_to.map(Sql::from)),
            ("id < ?", self.before.map(Sql::from)),
        ];
        let (mut condition, mut values) = ("1".to_owned(), Vec::new());
        for (text, value) in conditions {
            if let Some(value) = value {
                condition += " AND ";
                condition += text;
                values.push(value);
            }
        }
        (condition, values)
    }
}

fn shown(row: &Row<'_>) -> rusqlite::Result<Shown> {
    Ok(Shown {
        id: row.get(0)?,
        at: row.get(1)?,
        site: row.get(2)?,
        outcome: row.get(3)?,
        action: row.get(4)?,
        score: row.get(5)?,
        challenge: row.get(6)?,
        took_us: row.get(7)?,
        human: row.get(8)?,
    })
}

/// Which twentieth a score lies in.
fn bin(score: f64) -> usize {
    ((score * BINS as f64) as usize).min(BINS - 1)
}

const BINS: usize = 20;
/// As many as an export holds.
pub(crate) const MOST_ROWS: u32 = 100_000;
/// Tallies name nobody and are small: kept a year longer than decisions.
const TALLIES_LONGER_H: u64 = 365 * 24;

const COLUMNS: &str = "id, at, site, outcome, action, score, challenge, took_us, human";
const INSERT: &str = "INSERT INTO decisions (at, site, outcome, action, took_us, jti, score, challenge, reasons, evidence) \
                      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const COUNT: &str = "INSERT INTO tallies (hour, site, what, key, number, total) VALUES (?, ?, ?, ?, ?, ?) \
                     ON CONFLICT DO UPDATE SET number = number + excluded.number, total = total + excluded.total";
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS decisions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        site TEXT NOT NULL,
        outcome TEXT NOT NULL,
        action TEXT NOT NULL,
        took_us INTEGER NOT NULL,
        jti TEXT,
        score REAL,
        challenge TEXT,
        reasons TEXT,
        evidence TEXT,
        human INTEGER
    ) STRICT;
    CREATE INDEX IF NOT EXISTS by_outcome ON decisions (outcome, id);
    CREATE INDEX IF NOT EXISTS by_site ON decisions (site, id);
    CREATE INDEX IF NOT EXISTS by_time ON decisions (at);
    CREATE INDEX IF NOT EXISTS by_jti ON decisions (jti) WHERE jti IS NOT NULL;
    CREATE INDEX IF NOT EXISTS labelled ON decisions (human, score) WHERE human IS NOT NULL;
    CREATE TABLE IF NOT EXISTS tallies (
        hour INTEGER NOT NULL,
        site TEXT NOT NULL,
        what TEXT NOT NULL,
        key TEXT NOT NULL,
        number INTEGER NOT NULL,
        total REAL NOT NULL,
        PRIMARY KEY (hour, site, what, key)
    ) STRICT, WITHOUT ROWID;";
