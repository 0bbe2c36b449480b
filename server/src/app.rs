use crate::accounts::{self, Accounts};
use crate::client::Client;
use crate::config::{Config, Flags, digest};
use crate::dashboard::{self, Dashboard, Judged, Record};
use crate::metrics::Metrics;
use crate::pressure::{Pressure, shortened};
use crate::sites::Site;
use crate::{admin, challenge, demo, keys, siteverify, step_up, store};
use anyhow::{Context, Result};
use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::routing::{get, post};
use base64ct::{Base64UrlUnpadded, Encoding};
use moka::future::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tracing::{info, warn};
use vouchsafe::voucher::{
    Answer, CLOCK_SKEW_S, ChallengeKey, Expectation, Kind, NoveltyFilter, ReceiptKey, ReplayStore, StoreError,
    VOUCHER_LIFETIME_S, VerifiedVoucher, Verifier, VerifyError,
};

/// What every request shares.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    flags: Option<Flags>,
    settings: ArcSwap<Settings>,
    store: Arc<dyn ReplayStore>,
    store_waits: bool,
    novelty: Arc<NoveltyFilter>,
    /// Of the demo.
    accounts: Option<Arc<Accounts>>,
    dashboard: Option<Arc<Dashboard>>,
    addresses: Pressure,
    sites: Pressure,
    answers: Cache<AnswerKey, (StatusCode, Arc<Answer>)>,
    metrics: Metrics,
    draining: AtomicBool,
}

/// What a reload replaces.
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) key: ChallengeKey,
    pub(crate) receipts: Vec<ReceiptKey>,
    verifier: Verifier,
    /// In the order of `config.sites`.
    secrets: Vec<[u8; 32]>,
}

/// Sitekey, idempotency key, hash of the voucher.
pub(crate) type AnswerKey = (String, String, [u8; 32]);

impl App {
    /// Opens the store and reads the keys.
    pub fn new(config: Config) -> Result<Self> {
        Self::with(config, None)
    }

    /// The same from command line, environment and file, which [`App::reload`] reads again.
    pub fn start(flags: Flags) -> Result<Self> {
        Self::with(Config::load(&flags)?, Some(flags))
    }

    fn with(config: Config, flags: Option<Flags>) -> Result<Self> {
        let (store, store_waits) = store::open(&config.database)?;
        let novelty = Arc::new(NoveltyFilter::new(config.novelty_entries));
        let dashboard = config.decisions_database();
        let dashboard = dashboard.map(|file| Dashboard::open(&file, config.decisions_days, config.decisions_most));
        let dashboard = dashboard.transpose()?.map(Arc::new);
        let accounts =
            || Accounts::open(config.accounts.clone(), config.beside_database("accounts.db"), dashboard.clone());
        let accounts = config.demo.then(accounts).transpose()?.map(Arc::new);
        let settings = Settings::new(config, &novelty)?;
        let lifetime = Duration::from_secs(VOUCHER_LIFETIME_S);
        Ok(Self(Arc::new(Shared {
            flags,
            settings: ArcSwap::from_pointee(settings),
            store,
            store_waits,
            novelty,
            accounts,
            dashboard,
            addresses: Pressure::new(),
            sites: Pressure::new(),
            answers: Cache::builder().max_capacity(MOST_ANSWERS).time_to_live(lifetime).build(),
            metrics: Metrics::new(),
            draining: AtomicBool::new(false),
        })))
    }

    /// Reads the configuration again: sites, policies, keys, limits. The address, the databases, and what the dashboard
    /// keeps and the demo's accounts go by stay what they were. With an error nothing changes. Either way it is logged.
    pub fn reload(&self) -> Result<()> {
        let flags = self.0.flags.as_ref().context("this server was not started from a configuration");
        let settings = flags.and_then(Config::load).and_then(|config| Settings::new(config, &self.0.novelty));
        match settings {
            Ok(settings) => {
                self.0.settings.store(Arc::new(settings));
                info!("configuration reloaded");
                Ok(())
            }
            Err(error) => {
                warn!("configuration not reloaded: {error:#}");
                Err(error)
            }
        }
    }

    /// What it runs with now.
    pub fn config(&self) -> Config {
        self.settings().config.clone()
    }

    /// From now on /healthz asks load balancers to send nobody any more.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.0.settings.load_full()
    }

    pub(crate) fn accounts(&self) -> Option<Arc<Accounts>> {
        self.0.accounts.clone()
    }

    pub(crate) fn dashboard(&self) -> Option<Arc<Dashboard>> {
        self.0.dashboard.clone()
    }

    /// A page asked for a challenge; for operators, as the next.
    pub(crate) fn challenged(&self, sitekey: &str, outcome: &'static str) {
        self.0.metrics.challenged(sitekey, outcome);
        if let Some(dashboard) = &self.0.dashboard {
            dashboard.happened(sitekey, "challenge", outcome);
        }
    }

    /// A puzzle was asked, passed or failed.
    pub(crate) fn stepped_up(&self, sitekey: &str, kind: Kind, outcome: &'static str) {
        self.0.metrics.asked(kind, outcome);
        if let Some(dashboard) = &self.0.dashboard {
            dashboard.happened(sitekey, outcome, kind.name());
        }
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn answers(&self) -> &Cache<AnswerKey, (StatusCode, Arc<Answer>)> {
        &self.0.answers
    }

    /// Charges a client for `amount` requests; over 1 is over the limit.
    pub(crate) fn charge_address(&self, settings: &Settings, client: Client, amount: f32) -> f32 {
        self.0.addresses.add(&shortened(client.0), amount, settings.config.address_limit)
    }

    /// Charges a site for one request; over 1 is over the limit.
    pub(crate) fn charge_site(&self, settings: &Settings, sitekey: &str) -> f32 {
        self.0.sites.add(&sitekey, 1.0, settings.config.site_limit)
    }

    /// Runs a job with the store where it may wait for a disk or another machine.
    async fn with_store<T: Send + 'static>(
        &self,
        job: impl FnOnce(&dyn ReplayStore) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.0.store.clone();
        if !self.0.store_waits {
            return Ok(job(store.as_ref()));
        }
        // Away from the threads that serve requests.
        let done = tokio::task::spawn_blocking(move || job(store.as_ref()));
        done.await.map_err(|error| StoreError(format!("verification died: {error}")))
    }

    /// Marks `id` as used until `until`; false where it was used before.
    pub(crate) async fn redeem(&self, id: [u8; 16], until: u64, now: u64) -> Result<bool, StoreError> {
        self.with_store(move |store| store.insert_if_absent(&id, until + CLOCK_SKEW_S, now)).await.flatten()
    }

    /// Verifies and redeems.
    pub(crate) async fn verify(
        &self,
        settings: &Arc<Settings>,
        site: &Site,
        response: String,
    ) -> Result<VerifiedVoucher, VerifyError> {
        let started = Instant::now();
        let settings = settings.clone();
        let (sitekey, hostnames) = (site.sitekey.clone(), site.hostnames.clone());
        let job = move |store: &dyn ReplayStore| {
            let expected = Expectation { sitekey: Some(&sitekey), hostnames: &hostnames, action: None };
            settings.verifier.verify(&response, &expected, crate::now(), store)
        };
        let outcome = self.with_store(job).await.map_err(VerifyError::Store).flatten();
        let took = started.elapsed();
        self.0.metrics.verified(&site.sitekey, &outcome, took);
        if let Some(dashboard) = &self.0.dashboard {
            dashboard.decided(record(site, &outcome, took));
        }
        outcome
    }
}

/// What is kept of a decision.
fn record(site: &Site, outcome: &Result<VerifiedVoucher, VerifyError>, took: Duration) -> Record {
    let (code, judged) = match outcome {
        Ok(voucher) => (voucher.shortfall(site.min_score).unwrap_or("ok"), Some(Judged::of(voucher))),
        Err(error) => (error.code(), None),
    };
    Record { at: crate::now_ms(), site: site.sitekey.clone(), outcome: code, took_us: took.as_micros() as u64, judged }
}

impl Settings {
    fn new(config: Config, novelty: &Arc<NoveltyFilter>) -> Result<Self> {
        let key = ChallengeKey::read(&config.challenge_secrets)?;
        let receipts = config.receipt_keys.iter().map(|key| receipt_key(key)).collect::<Result<_>>()?;
        let secrets = config.sites.iter().map(Site::secret_digest).collect::<Result<_>>()?;
        let verifier = Verifier::new(key.clone()).with_novelty(novelty.clone());
        Ok(Self { config, key, receipts, verifier, secrets })
    }

    pub(crate) fn site(&self, sitekey: &str) -> Option<&Site> {
        self.config.sites.iter().find(|site| site.sitekey == sitekey)
    }

    /// The site a secret belongs to. Looks at every site, in constant time each.
    pub(crate) fn site_of_secret(&self, secret: &str) -> Option<&Site> {
        let given = digest(secret);
        self.config.sites.iter().zip(&self.secrets).fold(None, |found, (site, expected)| {
            let same: bool = expected.ct_eq(&given).into();
            if same { Some(site) } else { found }
        })
    }
}

fn receipt_key(text: &str) -> Result<ReceiptKey> {
    let seed = Base64UrlUnpadded::decode_vec(text).ok().and_then(|bytes| bytes.try_into().ok());
    Ok(ReceiptKey::from_seed(seed.context("a receipt key is not base64url of 32 bytes")?))
}

/// All routes.
pub fn router(app: App) -> Router {
    let settings = app.settings();
    let set = |name, value: &'static str| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    let verify = || post(siteverify::siteverify).get(siteverify::siteverify);
    let mut router = Router::new()
        .route("/challenge", get(challenge::issue))
        .route("/step-up", post(step_up::ask))
        .route("/step-up/answer", post(step_up::answer))
        .route("/siteverify", verify())
        // Where the clients of other services look once their host name is changed.
        .route("/recaptcha/api/siteverify", verify())
        .route("/turnstile/v0/siteverify", verify())
        .route("/.well-known/jwks.json", get(keys::jwks))
        .route("/healthz", get(healthz))
        .route("/metrics", get(admin::metrics))
        .route("/admin/sites", get(admin::sites))
        .route("/admin/reload", post(admin::reload))
        .nest("/admin/dashboard", dashboard::routes())
        .route("/feedback", post(dashboard::feedback));
    if settings.config.demo {
        router = router.route("/demo/signup", post(demo::signup)).route("/demo/doubt", post(demo::doubt));
        router = router.nest("/account", accounts::routes());
    }
    if let Some(assets) = &settings.config.assets {
        // For pages of every site: a module and its WebAssembly are read across origins.
        let dist = Router::new()
            .fallback_service(ServeDir::new(assets.join("dist")))
            .layer(set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
            .layer(set(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"));
        router = router.nest_service("/dist", dist);
        if settings.config.admin_token.is_some() {
            router = router.nest_service("/dashboard", ServeDir::new(assets.join("dashboard")));
        }
        if settings.config.demo {
            router = router.fallback_service(ServeDir::new(assets.join("demo")));
        }
    }
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

async fn healthz(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.0.draining.load(Ordering::Relaxed) {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    } else {
        (StatusCode::OK, "ok")
    }
}

/// A voucher has at most 8 KiB; twice that leaves room for the other fields and their escapes.
const MAX_BODY_BYTES: usize = 16 * 1024;
/// Answers kept for requests that are sent again with the same idempotency key.
const MOST_ANSWERS: u64 = 10_000;

/// The strictest policy the widget is promised to run under.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     worker-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'self'; frame-src 'self'; require-trusted-types-for 'script'";
