//! Systems show a certificate in place of a secret: the program as it is started, asked by curl.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::sha::sha256;
use serde_json::Value;

use crate::{
    pki::{Identity, Subject, extension, seq, tlv},
    support::{
        cli::{Ran, command, ran},
        postgres,
    },
};

const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";

/// An installation in a folder, and the service that runs on it.
struct Service {
    folder: PathBuf,
    database: Option<String>,
    child: Child,
    url: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sohoa(folder: &Path, database: Option<&String>) -> Command {
    let mut command = command();
    command.current_dir(folder);
    if let Some(database) = database {
        command.env("SOHOA_DATABASE", database);
    }
    command
}

impl Service {
    fn start(folder: &Path, database: Option<String>) -> Self {
        let mut serve = sohoa(folder, database.as_ref());
        serve.args(["serve", "--config", "sohoa.toml"]).stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = serve.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut told = String::new();
        let url = loop {
            let line = lines.next().unwrap_or_else(|| panic!("the service does not start: {told}")).unwrap();
            if let Some(rest) = line.split("https://").nth(1).filter(|_| line.contains("đang mở")) {
                break format!("https://{}", rest.split(' ').next().unwrap());
            }
            told += &line;
        };
        // What it logs goes nowhere, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { folder: folder.to_owned(), database, child, url }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = sohoa(&self.folder, self.database.as_ref());
        let ran = ran(command.args(arguments).args(["--config", "sohoa.toml"]).output().unwrap());
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
        ran
    }

    /// The id of a new system that shows the certificate of `name`, or its id and secret.
    fn client(&self, certificate: Option<&str>) -> (String, String) {
        let file = certificate.map(|name| format!("{name}.pem"));
        let mut arguments = vec!["client", "add", "--name", "Cổng dịch vụ công", "--scope", "changes.read"];
        if let Some(file) = &file {
            arguments.extend(["--certificate", file]);
        }
        let told = self.run(&arguments).stdout;
        let said = |at: usize| told.lines().nth(at).unwrap().split('\t').nth(1).unwrap().to_owned();
        (said(0), said(1))
    }

    /// Status and answer to curl, which shows the certificate of `name`.
    fn curl(&self, certificate: Option<&str>, path: &str, more: &[&str]) -> (u16, Value) {
        let mut curl = Command::new("curl");
        curl.current_dir(&self.folder);
        curl.args([
            "--silent",
            "--show-error",
            "--cacert",
            "server-root.pem",
            "--write-out",
            "\n%{http_code}",
        ]);
        if let Some(name) = certificate {
            curl.args(["--cert", &format!("{name}.chain.pem"), "--key", &format!("{name}.key.pem")]);
        }
        let said = curl.args(more).arg(format!("{}{path}", self.url)).output().unwrap();
        let said = ran(said);
        let (body, status) = said.stdout.rsplit_once('\n').unwrap_or_else(|| panic!("curl: {}", said.stderr));
        let status = status.parse().unwrap();
        assert_ne!(status, 0, "{}", said.stderr);
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    fn token(&self, certificate: Option<&str>, id: &str, more: &[&str]) -> (u16, Value) {
        let id = format!("client_id={id}");
        let form = ["--data", "grant_type=client_credentials", "--data", &id];
        self.curl(certificate, "/oauth/token", &[&form[..], more].concat())
    }
}

/// Certificate, chain and key of somebody, as files.
fn keep(folder: &Path, name: &str, one: &Identity, between: &[&Identity]) {
    let file = |what: &str| folder.join(format!("{name}{what}.pem"));
    let mut chain = one.pem();
    chain.extend(between.iter().flat_map(|one| one.pem()));
    fs::write(file(""), one.pem()).unwrap();
    fs::write(file(".chain"), chain).unwrap();
    fs::write(file(".key"), one.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
}

fn prepare(folder: &Path) -> Identity {
    let server_root = Identity::root("Gốc của máy chủ");
    let here = extension("2.5.29.17", false, &seq(&[tlv(0x87, &[127, 0, 0, 1])]));
    let ages = ("2024-01-01T00:00:00Z", "2049-01-01T00:00:00Z");
    let server =
        Subject::person("127.0.0.1").period(ages.0, ages.1).extended(false, &[SERVER_AUTH]).with(here);
    keep(folder, "server", &server_root.issue(&server), &[]);
    fs::write(folder.join("server-root.pem"), server_root.pem()).unwrap();

    let named = Identity::root_of(&Subject::ca("CA của các hệ thống").period(ages.0, ages.1));
    let between = named.issue(&Subject::ca("CA ở giữa").period(ages.0, ages.1));
    let system = |name: &str| Subject::person(name).period(ages.0, ages.1).extended(false, &[CLIENT_AUTH]);
    let portal = between.issue(&system("portal"));
    keep(folder, "portal", &portal, &[&between]);
    keep(folder, "new", &named.issue(&system("portal")), &[]);
    keep(folder, "other", &named.issue(&system("other")), &[]);
    keep(
        folder,
        "over",
        &named.issue(&system("over").period("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")),
        &[],
    );
    keep(folder, "not-yet", &named.issue(&system("not-yet").period("2048-01-01T00:00:00Z", ages.1)), &[]);
    keep(folder, "for-servers", &named.issue(&system("for-servers").extended(false, &[SERVER_AUTH])), &[]);
    // Another CA that goes by the same name.
    let rogue =
        Identity::root_of(&Subject { key_name: "rogue".into(), ..Subject::ca("CA của các hệ thống") });
    keep(folder, "rogue", &rogue.issue(&system("rogue")), &[]);
    let own = Identity::root_of(&system("own"));
    keep(folder, "own", &own, &[]);
    fs::write(folder.join("named.pem"), [named.pem(), own.pem()].concat()).unwrap();
    let config = "data = \"data\"\nlisten = \"127.0.0.1:0\"\n[service]\ncertificate = \"server.pem\"\n\
                  key = \"server.key.pem\"\nclient_ca = \"named.pem\"\nsign_ins_per_minute = 1000\n";
    fs::write(folder.join("sohoa.toml"), config).unwrap();
    portal
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_gets_and_uses_a_token_with_its_certificate_alone() {
    for database in [None, Some(postgres::fresh_database().await)] {
        let folder = tempfile::tempdir().unwrap();
        let portal_certificate = prepare(folder.path());
        let service = Service::start(folder.path(), database);
        let (portal, thumbprint) = service.client(Some("portal"));
        assert_eq!(thumbprint, URL_SAFE_NO_PAD.encode(sha256(portal_certificate.der())));
        let (status, given) = service.token(Some("portal"), &portal, &[]);
        assert_eq!(status, 200, "{given}");
        let token = given["access_token"].as_str().unwrap().to_owned();
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["cnf"]["x5t#S256"], *thumbprint);
        let bearer = format!("authorization: Bearer {token}");
        let read =
            |certificate: Option<&str>| service.curl(certificate, "/api/v1/changes", &["-H", &bearer]).0;
        assert_eq!(read(Some("portal")), 200);
        for foreign in [None, Some("other"), Some("rogue"), Some("over")] {
            assert_eq!(read(foreign), 401, "{foreign:?}");
        }

        // One that signs itself, and is named; a secret as ever, with or without a certificate.
        let (own, _) = service.client(Some("own"));
        assert_eq!(service.token(Some("own"), &own, &[]).0, 200);
        let (plain, secret) = service.client(None);
        let secret = format!("client_secret={secret}");
        assert_eq!(service.token(None, &plain, &["--data", &secret]).0, 200);
        assert_eq!(service.token(Some("portal"), &plain, &["--data", &secret]).0, 200);

        // Everybody else gets one answer.
        let (_, refusal) = service.token(None, "unknown", &[]);
        let written = format!("client-cert: :{}:", STANDARD.encode(portal_certificate.der()));
        let mut refused = vec![
            service.token(None, &portal, &[]),
            service.token(Some("other"), &portal, &[]),
            service.token(Some("portal"), &plain, &[]),
            service.token(None, &portal, &["--data", &secret]),
            service.token(Some("portal"), &portal, &["--data", "client_secret="]),
            service.token(None, &portal, &["-H", &written]),
            service.token(Some("portal"), "unknown", &[]),
        ];
        for name in ["over", "not-yet", "rogue", "for-servers"] {
            let (id, _) = service.client(Some(name));
            refused.push(service.token(Some(name), &id, &[]));
        }
        for (at, (status, answer)) in refused.into_iter().enumerate() {
            assert_eq!((status, answer), (401, refusal.clone()), "{at}");
        }

        // Another certificate takes the place of the first, and a closed system is closed.
        service.run(&["client", "certificate", &portal, "new.pem"]);
        assert_eq!(read(Some("portal")), 401);
        assert_eq!(service.token(Some("portal"), &portal, &[]).0, 401);
        assert_eq!(service.token(Some("new"), &portal, &[]).0, 200);
        service.run(&["client", "close", &portal]);
        assert_eq!(service.token(Some("new"), &portal, &[]).0, 401);
        let page = service.curl(None, "/healthz", &["--tls-max", "1.2"]).0;
        assert_eq!(page, 200, "who shows no certificate is asked for none");
        service.run(&["audit", "verify"]);
    }
}
