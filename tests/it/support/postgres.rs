//! A PostgreSQL server of one's own: started once per test process, gone with it however it ends.
//!
//! `SOHOA_TEST_POSTGRES` names a server to use instead, by a URL whose user may create databases.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::Connection;

/// The URL of a new, empty database.
pub async fn fresh_database() -> String {
    static ORDINAL: AtomicU32 = AtomicU32::new(0);
    let server = server();
    let name = format!("sohoa_{}_{}", std::process::id(), ORDINAL.fetch_add(1, Ordering::Relaxed));
    sqlx::any::install_default_drivers();
    let mut admin = sqlx::AnyConnection::connect(&server.url_of("postgres")).await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::raw_sql(create).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    server.url_of(&name)
}

struct Server {
    /// With `{}` where the name of the database goes.
    url: String,
    /// Holds the pipe whose end tells the watching shell to stop the server.
    _watch: Option<Child>,
}

impl Server {
    fn url_of(&self, database: &str) -> String {
        self.url.replacen("{}", database, 1)
    }
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var("SOHOA_TEST_POSTGRES") {
        Ok(url) => Server { url: with_placeholder(&url), _watch: None },
        Err(_) => start(),
    })
}

/// `postgres://user@host:5432/postgres?x=y` → `postgres://user@host:5432/{}?x=y`.
fn with_placeholder(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("SOHOA_TEST_POSTGRES is a URL");
    let (rest, query) = rest.split_once('?').map_or((rest, String::new()), |(r, q)| (r, format!("?{q}")));
    let host = rest.split('/').next().unwrap_or_default();
    format!("{scheme}://{host}/{{}}{query}")
}

/// The shell waits for the end of its standard input, which comes when this process ends, even by
/// force; then it stops the server and cleans up. No port is opened: the server listens on a socket
/// in its own folder.
const SCRIPT: &str = r#"
    set -e
    cd "$2"
    "$1/initdb" -D data -A trust -U postgres -E UTF8 --locale=C.UTF-8 --no-sync >log 2>&1
    "$1/pg_ctl" -D data -l log -w -o "-k '$2' -c listen_addresses='' -c fsync=off -c full_page_writes=off \
        -c synchronous_commit=off -c max_connections=300 -c shared_buffers=64MB" start >>log 2>&1
    echo ready
    cat >/dev/null
    "$1/pg_ctl" -D data -m immediate stop >>log 2>&1
    cd /
    rm -rf "$2"
"#;

fn start() -> Server {
    let folder = tempfile::Builder::new().prefix("sohoa-pg-").tempdir().unwrap().keep();
    let mut shell = as_plain_user(&folder);
    shell.args(["sh", "-c", SCRIPT, "sh"]).arg(programs()).arg(&folder);
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
    let mut watch = shell.spawn().expect("the shell starts");
    let mut line = String::new();
    let output = watch.stdout.take().expect("it is piped");
    BufReader::new(output).read_line(&mut line).unwrap();
    if line.trim() != "ready" {
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        panic!("PostgreSQL does not start:\n{log}");
    }
    let url = format!("postgres://postgres@localhost/{{}}?host={}", folder.display());
    Server { url, _watch: Some(watch) }
}

/// PostgreSQL refuses to run as root: then it runs as the user that its package made.
fn as_plain_user(folder: &Path) -> Command {
    let is_root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    if !is_root {
        return Command::new("env");
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let ids: Option<Vec<u32>> = passwd
        .lines()
        .find_map(|line| line.strip_prefix("postgres:"))
        .map(|rest| rest.split(':').skip(1).take(2).filter_map(|id| id.parse().ok()).collect());
    let ids = ids.expect("the package postgresql makes a user postgres");
    chown(folder, Some(ids[0]), Some(ids[1])).unwrap();
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={}", ids[0]), format!("--regid={}", ids[1]), "--clear-groups".into()]);
    command
}

/// The newest of Debian's installed servers, or the one that is on the path.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok().map(|v| (v, entry.path())))
        .max();
    if let Some((_, folder)) = newest {
        return folder.join("bin");
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|folder| folder.join("initdb").exists())
        .expect("the package postgresql is installed")
}
