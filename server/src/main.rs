//! `vouchsafe-server`: see `--help`.

use anyhow::{Context, Result};
use clap::Parser;
use tokio::net::TcpListener;
use tracing::info;
use vouchsafe_server::{App, Config, Flags, LogFormat, router};

#[tokio::main]
async fn main() -> Result<()> {
    let flags = Flags::parse();
    start_logs(flags.log_format);
    let config = Config::load(flags)?;
    let (listen, demo) = (config.listen, config.demo);
    let app = App::new(config)?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    info!(address = %listener.local_addr()?, "listening");
    if demo {
        info!("open http://localhost:{}/", listener.local_addr()?.port());
    }
    axum::serve(listener, router(app)).with_graceful_shutdown(stopped()).await?;
    info!("stopped");
    Ok(())
}

fn start_logs(format: LogFormat) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("VOUCHSAFE_LOG").unwrap_or_else(|_| "info".into());
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_target(false);
    match format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
}

/// Returns when the process is asked to stop; requests under way are then finished.
async fn stopped() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
