//! `vouchsafe-server`: see `--help`.

mod command;

use anyhow::{Context, Result};
use clap::Parser;
use command::Command;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tracing::info;
use vouchsafe_server::{App, Config, Flags, LogFormat, router};

/// Issues challenges, verifies vouchers, serves the demo.
///
/// Without a command it serves. Settings come from the configuration file, then from the environment,
/// then from the command line; the later one wins. SIGHUP reads them again; SIGTERM finishes the
/// requests under way and stops.
#[derive(Debug, Parser)]
#[command(name = "vouchsafe-server", version, about)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Some(command) => command.run(&cli.flags),
        None => serve(cli.flags),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // Plain words, also where RUST_BACKTRACE is set.
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve(flags: Flags) -> Result<()> {
    start_logs(flags.log_format);
    let app = App::start(flags)?;
    let Config { listen, demo, drain_s, admin_token, .. } = app.config();
    // Before anybody can know that the server is there: what it is told from then on is heard.
    reload_on_hangup(app.clone());
    let told_to_stop = told_to_stop()?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    info!(address = %listener.local_addr()?, "listening");
    if demo {
        let port = listener.local_addr()?.port();
        info!("open http://localhost:{port}/");
        if let Some(token) = admin_token {
            info!("dashboard: http://localhost:{port}/dashboard/#token={token}");
        }
    }
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let stop = async move {
        told_to_stop.await;
        app.drain();
        if drain_s > 0 {
            info!(drain_s, "draining");
            tokio::time::sleep(Duration::from_secs(drain_s)).await;
        }
    };
    axum::serve(listener, service).with_graceful_shutdown(stop).await?;
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

#[cfg(unix)]
fn reload_on_hangup(app: App) {
    let Ok(mut hangups) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()) else { return };
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            // It says itself how it went.
            let _ = app.reload();
        }
    });
}

#[cfg(not(unix))]
fn reload_on_hangup(_: App) {}

/// Over when the process is asked to stop, from this call on; requests under way are then finished.
fn told_to_stop() -> Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    #[cfg(unix)]
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
