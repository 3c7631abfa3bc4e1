//! `sohoa agent`: signs with the token on an officer's computer what a page asks for, after the officer agreed
//! by entering the PIN here.
//!
//! Listens on this machine alone, answers to named pages alone, signs attributes of documents alone. The
//! contract is `schemas/signing-agent.json`, so that others can write agents of their own.

mod desk;
mod http;
mod terminal;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use clap::Args;

use self::desk::Desk;
use super::{Exit, Stop};
use crate::clock::Clock;

/// Port that installations look for.
const PORT: u16 = 3917;

#[derive(Args)]
pub(super) struct AgentArgs {
    /// Mô-đun PKCS#11 của thiết bị ký
    #[arg(long, value_name = "MODULE")]
    pkcs11: PathBuf,
    /// Nhãn của thiết bị ký
    #[arg(long, value_name = "LABEL")]
    token: Option<String>,
    /// Số khe của thiết bị ký
    #[arg(long, value_name = "N")]
    slot: Option<u64>,
    /// Trang được phép xin ký (lặp lại được), chẳng hạn <https://motcua.example.vn>
    #[arg(long, value_name = "ORIGIN", required = true)]
    origin: Vec<String>,
    /// Cổng trên máy này
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Chứng thư số (PEM hoặc DER), khi thiết bị chỉ giữ khóa
    #[arg(long, value_name = "F")]
    certificate: Option<PathBuf>,
    /// Các chứng thư số của nơi cấp
    #[arg(long, value_name = "F")]
    chain: Option<PathBuf>,
}

pub(super) async fn agent(args: AgentArgs) -> Result<Exit, Stop> {
    let read = |path: &Option<PathBuf>| match path {
        Some(path) => super::seal::certificates(path),
        None => Ok(Vec::new()),
    };
    let origins = args.origin.iter().map(|origin| http::origin(origin)).collect::<Option<Vec<_>>>();
    let origins = origins.ok_or_else(|| Stop::usage("--origin phải có dạng https://tên-máy[:cổng]"))?;
    let (own, chain) = (read(&args.certificate)?.into_iter().next(), read(&args.chain)?);
    let token = desk::Token { module: args.pkcs11, label: args.token, slot: args.slot, own, chain };
    let desk = Arc::new(Desk::new(token, Clock::System));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|e| Stop::new(Exit::StorageUnreachable, format!("không mở được cổng {address}: {e}")))?;
    let address = listener.local_addr().map_err(|e| Stop::new(Exit::Failure, e.to_string()))?;
    println!("Phần mềm ký đang chờ tại http://{address}, cho các trang: {}", origins.join(", "));
    println!("Mã PIN chỉ nhập ở cửa sổ này. Nhấn Ctrl+C để dừng.");
    terminal::serve(desk.clone());
    let app = http::router(desk, origins, address.port());
    let stop = async {
        // Without a signal to wait for it runs until it is ended.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let served = axum::serve(listener, app).with_graceful_shutdown(stop).await;
    served.map(|()| Exit::Done).map_err(|e| Stop::new(Exit::Failure, e.to_string()))
}
