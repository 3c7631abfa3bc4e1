//! A time-stamp authority that answers by OpenSSL, and a list of revocations beside it; both can be away.

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    body::Bytes,
    extract::Request,
    http::{StatusCode, header},
    middleware::{self, Next},
    response::IntoResponse,
    routing::{get, post},
};
use tokio::net::TcpListener;

use crate::pki::{self, Identity, Key, List, Subject};

/// Where the authorities will be: certificates say it before there are any.
pub struct Place {
    listener: TcpListener,
    address: String,
}

/// Both, answering.
pub struct Authorities {
    /// Of the time-stamp authority.
    pub stamps: String,
    is_away: Arc<AtomicBool>,
}

impl Place {
    pub async fn find() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        Self { listener, address }
    }

    /// The extension of a certificate that says where the list is.
    pub fn lists(&self) -> Vec<u8> {
        let address = format!("{}/crl", self.address);
        let name = pki::tlv(0xa0, &pki::tlv(0xa0, &pki::tlv(0x86, address.as_bytes())));
        pki::extension("2.5.29.31", false, &pki::seq(&[pki::seq(&[name])]))
    }

    /// Opens them under `root`.
    pub fn open(self, root: &Identity) -> Authorities {
        let subject = Subject::tsa("Cấp dấu thời gian thử").key(Key::Rsa2048).with(self.lists());
        let authority = root.issue(&subject);
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("tsa.pem", &authority.pem());
        write("tsa.key", &authority.key.private_key_to_pem_pkcs8().unwrap());
        write("serial", b"01\n");
        write(
            "tsa.cnf",
            b"[tsa]\nserial=serial\ncrypto_device=builtin\nsigner_cert=tsa.pem\nsigner_key=tsa.key\n\
              signer_digest=sha256\ndefault_policy=1.2.3.4.1\ndigests=sha256\ness_cert_id_alg=sha256\n",
        );
        let list = root.list(&List::default().times("2026-06-01T00:00:00Z", "2049-12-31T00:00:00Z"));
        let is_away = Arc::new(AtomicBool::new(false));
        let gone = Arc::clone(&is_away);
        let only_here = move |request: Request, next: Next| {
            let is_gone = gone.load(Ordering::SeqCst);
            async move {
                if is_gone {
                    StatusCode::SERVICE_UNAVAILABLE.into_response()
                } else {
                    next.run(request).await
                }
            }
        };
        let stamp = move |question: Bytes| async move {
            let folder = Arc::clone(&folder);
            let stamped =
                tokio::task::spawn_blocking(move || stamped(folder.path(), &question)).await.unwrap();
            ([(header::CONTENT_TYPE, "application/timestamp-reply")], stamped).into_response()
        };
        let app: Router = Router::new()
            .route("/tsa", post(stamp))
            .route("/crl", get(async move || list))
            .layer(middleware::from_fn(only_here));
        tokio::spawn(async move { axum::serve(self.listener, app).await });
        Authorities { stamps: format!("{}/tsa", self.address), is_away }
    }
}

impl Authorities {
    pub fn go_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }
}

fn stamped(folder: &Path, question: &[u8]) -> Vec<u8> {
    // Of two questions at once each has files of its own.
    let own = tempfile::tempdir_in(folder).unwrap();
    let (asked, told) = (own.path().join("question"), own.path().join("answer"));
    std::fs::write(&asked, question).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.current_dir(folder).args(["ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile"]);
    let answered = openssl.arg(&asked).arg("-out").arg(&told).output();
    let answered = answered.expect("openssl is needed by this test (package openssl)");
    assert!(answered.status.success(), "{}", String::from_utf8_lossy(&answered.stderr));
    std::fs::read(told).unwrap()
}
