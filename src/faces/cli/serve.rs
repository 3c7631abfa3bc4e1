//! `sohoa serve` and `sohoa worker`.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Exit, Place, Stop};
use crate::{
    domain::job::Urgency,
    faces::{self, worker},
    workflows::context::Ctx,
};

#[derive(Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    place: Place,
    /// Địa chỉ nghe (mặc định 127.0.0.1:8080); khi chưa có tài khoản, chỉ trong máy này
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

#[derive(Args)]
pub(super) struct WorkerArgs {
    /// Tệp cấu hình
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// Thư mục dữ liệu
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

pub(super) async fn serve(args: ServeArgs) -> Result<Exit, Stop> {
    let mut config = args.place.config()?;
    if let Some(listen) = args.listen {
        config.listen = listen;
    }
    let address = config.loopback()?;
    let ctx = super::open(&config, None, None).await?;
    let is_trial = config.officer().1;
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|e| Stop::new(Exit::Failure, format!("không nghe được trên {address}: {e}")))?;
    let address = listener.local_addr().map_err(|e| Stop::new(Exit::Failure, e.to_string()))?;
    let stop = CancellationToken::new();
    let workers = start_workers(&ctx, config.readers.n_readers, &stop);
    let app = faces::app(ctx, is_trial, config.readers.max_bytes);
    // For people and for scripts that wait for the service.
    eprintln!("sohoa đang mở tại http://{address} (Ctrl+C để dừng)");
    axum::serve(listener, app)
        .with_graceful_shutdown(stopped(stop.clone()))
        .await
        .map_err(|e| Stop::new(Exit::Failure, e.to_string()))?;
    stop.cancel();
    workers.wait().await;
    Ok(Exit::Done)
}

pub(super) async fn worker(args: WorkerArgs) -> Result<Exit, Stop> {
    let config = Place { config: args.config, data: args.data, database: None }.config()?;
    let ctx = super::open(&config, None, None).await?;
    let stop = CancellationToken::new();
    let workers = start_workers(&ctx, config.readers.n_readers, &stop);
    stopped(stop.clone()).await;
    stop.cancel();
    workers.wait().await;
    Ok(Exit::Done)
}

pub(super) fn start_workers(ctx: &Ctx, n_workers: usize, stop: &CancellationToken) -> TaskTracker {
    let tracker = TaskTracker::new();
    for _ in 0..n_workers.max(1) {
        tracker.spawn(worker::work(ctx.clone(), stop.clone(), Urgency::Pile));
        // While the first are busy with long papers of a pile, what people wait for is taken up beside them.
        tracker.spawn(worker::work(ctx.clone(), stop.clone(), Urgency::Desk));
    }
    tracker.spawn(worker::remind(ctx.clone(), stop.clone()));
    tracker.spawn(worker::keep_trace(ctx.clone(), stop.clone()));
    tracker.close();
    tracker
}

/// Returns when the process is asked to end.
pub(super) async fn stopped(stop: CancellationToken) {
    let interrupt = tokio::signal::ctrl_c();
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
        () = stop.cancelled() => {}
    }
    tracing::info!("stopping: work under way is finished first");
    stop.cancel();
}
