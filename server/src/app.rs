use crate::config::{Config, Site};
use crate::store::SqliteStore;
use crate::{challenge, demo, siteverify};
use anyhow::{Context, Result};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::routing::{get, post};
use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use vouchsafe::voucher::{ChallengeKey, Expectation, MemoryStore, ReplayStore, VerifiedVoucher, Verifier, VerifyError};

/// What every request shares.
#[derive(Clone)]
pub struct App {
    pub(crate) config: Arc<Config>,
    pub(crate) key: ChallengeKey,
    verifier: Verifier,
    store: Arc<dyn ReplayStore>,
}

impl App {
    /// Opens the store and reads the keys.
    pub fn new(config: Config) -> Result<Self> {
        let key = challenge_key(&config.challenge_secrets)?;
        let store: Arc<dyn ReplayStore> = if config.database == Path::new("memory") {
            Arc::new(MemoryStore::default())
        } else {
            Arc::new(SqliteStore::open(&config.database)?)
        };
        Ok(Self { verifier: Verifier::new(key.clone()), key, store, config: Arc::new(config) })
    }

    pub(crate) fn site(&self, sitekey: &str) -> Option<&Site> {
        self.config.sites.iter().find(|site| site.sitekey == sitekey)
    }

    /// The site a secret belongs to. Looks at every site, in constant time each.
    pub(crate) fn site_of_secret(&self, secret: &str) -> Option<&Site> {
        let given = Sha256::digest(secret);
        self.config.sites.iter().fold(None, |found, site| {
            let same: bool = Sha256::digest(&site.secret).ct_eq(&given).into();
            if same { Some(site) } else { found }
        })
    }

    /// Verifies and redeems, away from the threads that serve requests: stores may wait for disks.
    pub(crate) async fn verify(&self, site: &Site, response: String) -> Result<VerifiedVoucher, VerifyError> {
        let (app, site) = (self.clone(), site.clone());
        let job = tokio::task::spawn_blocking(move || {
            let expected = Expectation { sitekey: Some(&site.sitekey), hostnames: &site.hostnames, action: None };
            app.verifier.verify(&response, &expected, crate::now(), app.store.as_ref())
        });
        let died = |error| VerifyError::Store(vouchsafe::voucher::StoreError(format!("verification died: {error}")));
        job.await.unwrap_or_else(|error| Err(died(error)))
    }
}

fn challenge_key(secrets: &[String]) -> Result<ChallengeKey> {
    let decode = |secret: &String| {
        Base64UrlUnpadded::decode_vec(secret).ok().context("a challenge secret is not base64url without padding")
    };
    let mut key = None;
    for secret in secrets {
        let bytes = decode(secret)?;
        key = Some(match key {
            None => ChallengeKey::new(&bytes).context("a challenge secret must have at least 16 bytes")?,
            Some(key) => ChallengeKey::accepting(key, &bytes),
        });
    }
    key.context("no challenge secret")
}

/// All routes.
pub fn router(app: App) -> Router {
    let mut router = Router::new()
        .route("/challenge", get(challenge::issue))
        .route("/siteverify", post(siteverify::siteverify))
        .route("/healthz", get(async || "ok"));
    if app.config.demo {
        router = router.route("/demo/signup", post(demo::signup));
    }
    if let Some(assets) = &app.config.assets {
        router = router.nest_service("/dist", ServeDir::new(assets.join("dist")));
        if app.config.demo {
            router = router.fallback_service(ServeDir::new(assets.join("demo")));
        }
    }
    let set = |name, value: &'static str| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    router
        .with_state(app)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(10)))
        .layer(CompressionLayer::new())
        .layer(set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "strict-origin-when-cross-origin"))
        .layer(set(header::CACHE_CONTROL, "no-cache"))
}

/// A voucher has at most 8 KiB; twice that leaves room for the other fields and their escapes.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// The strictest policy the widget is promised to run under.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     worker-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'self'; frame-src 'self'; require-trusted-types-for 'script'";
