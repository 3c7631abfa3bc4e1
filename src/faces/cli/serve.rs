//! `sohoa serve` and `sohoa worker`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use axum::Router;
use axum_server::Handle;
use clap::Args;
use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto::Builder,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Exit, Place, Stop, tls::Tls};
use crate::{
    config::Config,
    domain::job::Urgency,
    faces::{
        self, Notice, Served,
        gate::{Rates, Reached},
        worker,
    },
    workflows::{accounts, context::Ctx},
};

/// How long requests under way may take when the service ends.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a client may take to say what it wants.
const HEADERS_WITHIN: Duration = Duration::from_secs(20);

#[derive(Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    place: Place,
    /// Địa chỉ nghe (mặc định 127.0.0.1:8080); khi chưa có tài khoản, chỉ trong máy này
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Mở bản dùng thử có sẵn năm tài khoản, chỉ trong máy này
    #[arg(long)]
    demo: bool,
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
    super::log(&config)?;
    let ctx = super::open(&config, None, None).await?;
    let notice = notice(&ctx, &config, args.demo).await?;
    let address = config.address(accounts::exist(&ctx).await?)?;
    let tls = Tls::of(&config.service)?;
    let listener = std::net::TcpListener::bind(address)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|e| Stop::new(Exit::Failure, format!("không nghe được trên {address}: {e}")))?;
    let address = listener.local_addr().map_err(|e| Stop::new(Exit::Failure, e.to_string()))?;
    let stop = CancellationToken::new();
    let workers = start_workers(&ctx, config.readers.n_readers, &stop);
    let served = Served {
        notice,
        max_bytes: config.readers.max_bytes,
        reached: Reached {
            is_secure: tls.is_some() || !config.service.proxies.is_empty(),
            proxies: config.service.proxies.clone().into(),
        },
        hosts: config.service.hosts.clone(),
        metrics_from: config.service.metrics_from.clone().into(),
        rates: Rates {
            client: config.service.requests_per_second,
            sign_in: config.service.sign_ins_per_minute,
        },
    };
    let app = faces::app(ctx, &served);
    // For people and for scripts that wait for the service.
    let scheme = if tls.is_some() { "https" } else { "http" };
    eprintln!("sohoa đang mở tại {scheme}://{address} (Ctrl+C để dừng)");
    answer(listener, tls, app, stop.clone()).await.map_err(|e| Stop::new(Exit::Failure, e.to_string()))?;
    stop.cancel();
    workers.wait().await;
    Ok(Exit::Done)
}

/// Answers requests until the process is asked to end; those under way are finished.
async fn answer(
    listener: std::net::TcpListener,
    tls: Option<Tls>,
    app: Router,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let handle = Handle::new();
    let ending = handle.clone();
    tokio::spawn(async move {
        stopped(stop).await;
        ending.graceful_shutdown(Some(PATIENCE));
    });
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    match tls {
        Some(tls) => {
            let mut server = axum_server::from_tcp(listener)?.acceptor(tls).handle(handle);
            hurry(server.http_builder());
            server.serve(app).await
        }
        None => {
            let mut server = axum_server::from_tcp(listener)?.handle(handle);
            hurry(server.http_builder());
            server.serve(app).await
        }
    }
}

/// Cuts off who is slow to say what he wants.
fn hurry(builder: &mut Builder<TokioExecutor>) {
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(HEADERS_WITHIN));
}

/// What pages say of the installation. Accounts whose passwords everybody knows are for `--demo` alone, and that for
/// this machine alone.
async fn notice(ctx: &Ctx, config: &Config, is_demo: bool) -> Result<Notice, Stop> {
    if is_demo {
        if !config.listen.ip().is_loopback() {
            return Err(Stop::usage("--demo chỉ mở trong máy này: 127.0.0.1 hoặc [::1]".to_owned()));
        }
        let prepared = accounts::prepare_for_trial(ctx, &ctx.rules.officer).await;
        return match prepared.map_err(|e| Stop::new(Exit::Failure, super::with_causes(&e)))? {
            true => Ok(Notice::Demo),
            false => Err(Stop::usage(
                "thư mục dữ liệu này đã có tài khoản thật: --demo cần một thư mục mới (--data DIR)"
                    .to_owned(),
            )),
        };
    }
    if accounts::are_for_trial(ctx).await? {
        return Err(Stop::usage(
            "thư mục dữ liệu này có các tài khoản dùng thử mà ai cũng biết mật khẩu: mở bằng `sohoa serve --demo`, \
             hoặc dùng thư mục dữ liệu khác"
                .to_owned(),
        ));
    }
    let has_none = config.officer().1 && !accounts::exist(ctx).await?;
    Ok(if has_none { Notice::NoOfficer } else { Notice::None })
}

pub(super) async fn worker(args: WorkerArgs) -> Result<Exit, Stop> {
    let config = Place { config: args.config, data: args.data, database: None }.config()?;
    super::log(&config)?;
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
    tracker.spawn(worker::erase_due(ctx.clone(), stop.clone()));
    tracker.spawn(worker::augment(ctx.clone(), stop.clone()));
    tracker.spawn(worker::index_older(ctx.clone(), stop.clone()));
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
