//! The one configuration: built-in values, then a TOML file, then the command line; wrong keys refused by name.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    domain::{
        calendar::Calendar,
        code::ResultReading,
        fields::Threshold,
        ids::{OfficerId, PersonalId},
        officer::Officer,
        retention::Retention,
        signing::SigningRules,
    },
    engines::{imaging::check::PageRules, reader::ReaderLimits, signature::seal::Level},
};

/// Everything that an installation may set; each key is explained in `samples/sohoa.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Folder of the database, the objects and, unless `key_file` says otherwise, the keys.
    pub data: PathBuf,
    /// The key file; `sohoa.keys` in `data` when absent.
    pub key_file: Option<PathBuf>,
    /// Address and port of the service.
    pub listen: SocketAddr,
    /// How the service is reached from other machines.
    pub service: ServiceConfig,
    /// `sqlite:…` or `postgres:…`; a SQLite file in `data` when absent.
    pub database: Option<DatabaseUrl>,
    /// Where officers sign in beside here.
    pub oidc: Option<OidcConfig>,
    /// Who acts; the trial officer when absent.
    pub officer: Option<OfficerConfig>,
    /// Papers without a number get `KS-<yyyymmdd>-<ordinal>` as the third part of their code.
    pub code_papers_without_number: bool,
    /// Codes.
    pub codes: CodesConfig,
    /// Limits of reading processes.
    pub readers: ReaderLimits,
    /// What the checks of Điều 9 ask for.
    pub pages: PageRules,
    /// How sure a value must be.
    pub reading: ReadingConfig,
    /// Templates of kinds of paper, and agencies, beside the built-in ones.
    pub documents: DocumentsConfig,
    /// Officers' signatures.
    pub signing: SigningRules,
    /// The agency's own signature.
    pub seal: Option<SealConfig>,
    /// Judging signatures.
    pub signatures: SignaturesConfig,
    /// An antivirus program; files are not looked at without one.
    pub antivirus: Option<AntivirusConfig>,
    /// The log of services.
    pub log: LogConfig,
    /// Holidays and made-up working days.
    pub calendar: Calendar,
    /// How long documents are kept.
    pub retention: Retention,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("./data"),
            key_file: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            service: ServiceConfig::default(),
            database: None,
            oidc: None,
            officer: None,
            code_papers_without_number: true,
            codes: CodesConfig::default(),
            readers: ReaderLimits::default(),
            pages: PageRules::default(),
            reading: ReadingConfig::default(),
            documents: DocumentsConfig::default(),
            signing: SigningRules::default(),
            seal: None,
            signatures: SignaturesConfig::default(),
            antivirus: None,
            log: LogConfig::default(),
            calendar: Calendar::default(),
            retention: Retention::default(),
        }
    }
}

/// How the service is reached from other machines: with TLS of its own, or behind proxies that have it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceConfig {
    /// Names under which it answers, beside those of this machine.
    pub hosts: Vec<String>,
    /// Addresses of proxies that speak TLS to browsers; their `X-Forwarded-For` is believed, nobody else's.
    pub proxies: Vec<IpAddr>,
    /// File with the certificate and those between, PEM.
    pub certificate: Option<PathBuf>,
    /// File with its key, PEM.
    pub key: Option<PathBuf>,
    /// File with the CAs whose certificates systems may show, PEM.
    pub client_ca: Option<PathBuf>,
    /// Addresses that may ask for `/metrics`, beside this machine.
    pub metrics_from: Vec<IpAddr>,
    /// Requests a second of one system.
    pub requests_per_second: NonZeroU32,
    /// Tries a minute to sign in, or to get a token, from one address.
    pub sign_ins_per_minute: NonZeroU32,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        let rate = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self {
            hosts: Vec::new(),
            proxies: Vec::new(),
            certificate: None,
            key: None,
            client_ca: None,
            metrics_from: Vec::new(),
            requests_per_second: rate(100),
            sign_ins_per_minute: rate(30),
        }
    }
}

/// The agency's own provider of sign-ins (OpenID Connect).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// What the agency calls it.
    pub name: String,
    /// Its name for itself, as its document says it.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// File with our secret there.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// Scheme, name and port under which browsers open this service.
    pub address: String,
    /// Hosts of our own network that may be asked; others have to be public.
    #[serde(default)]
    pub private_hosts: Vec<String>,
    /// Values of `acr` that stand for our second factor.
    #[serde(default)]
    pub second_factor_acr: Vec<String>,
    /// Values of `amr` that stand for our second factor.
    #[serde(default)]
    pub second_factor_amr: Vec<String>,
    /// Whether new accounts are opened there alone, administrators' aside.
    #[serde(default)]
    pub only: bool,
}

/// How codes are printed.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CodesConfig {
    /// How the type of a result is printed: `catalogue`, `dossier` or `national`.
    pub result: ResultReading,
}

/// What is promised of the fields of a paper.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadingConfig {
    /// Values less sure than this are asked, with the best reading as a suggestion.
    pub threshold: Threshold,
}

/// What an installation knows about papers beside what is built in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentsConfig {
    /// Folder of templates (`*.toml`); a file takes the place of the built-in one of its name.
    pub templates: Option<PathBuf>,
    /// CSV file of agencies.
    pub agencies: Option<PathBuf>,
}

/// What signatures are judged by; every list comes from outside.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignaturesConfig {
    /// Trusted certificates: a file, or a folder with `trust.toml`.
    pub trust: Option<PathBuf>,
    /// Folder of certificates in between, for files that carry the signer's alone.
    pub intermediates: Option<PathBuf>,
    /// Folder of revocation lists.
    pub crls: Option<PathBuf>,
    /// Which algorithms and purposes are enough; the built-in policy when absent.
    pub policy: Option<PathBuf>,
    /// How long our own signatures are to be proven: `b-b`, `b-t`, `b-lt` or `b-lta`.
    pub level: Level,
    /// Address of a time-stamp server (RFC 3161).
    pub time_stamps: Option<String>,
    /// Addresses of our own network that may be asked; others have to be public.
    pub private_hosts: Vec<String>,
}

/// What services write to stderr.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// How a line is written.
    pub format: LogFormat,
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

/// The antivirus program that looks at every file before it is read: clamd.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AntivirusConfig {
    /// `ip:port`, or the path of a socket.
    pub address: String,
    /// For one file, seconds.
    #[serde(default = "AntivirusConfig::seconds")]
    pub seconds: NonZeroU32,
}

impl AntivirusConfig {
    fn seconds() -> NonZeroU32 {
        NonZeroU32::new(120).unwrap_or(NonZeroU32::MIN)
    }
}

/// The key of the agency, and what its signature looks like.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealConfig {
    /// PKCS#12 file with key and certificates.
    pub p12: Option<PathBuf>,
    /// File with the password of the key, or the PIN of the token.
    pub password_file: Option<PathBuf>,
    /// PKCS#11 module of a token.
    pub pkcs11: Option<PathBuf>,
    /// Label of the token.
    pub token: Option<String>,
    /// Label of the key on the token, where it holds several.
    pub key: Option<String>,
    /// Name of the agency in the copy block (NĐ 30/2020/NĐ-CP).
    pub agency: String,
}

/// Address of a database; may hold a password, so it does not print.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Takes the address as it is.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The address, password and all: for opening the database only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}

/// The officer in whose name the service acts until there are accounts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficerConfig {
    /// Opaque id.
    pub id: OfficerId,
    /// Họ và tên.
    pub full_name: String,
    /// Số định danh cá nhân.
    pub personal_id: PersonalId,
    /// Đơn vị.
    #[serde(default)]
    pub unit: Option<String>,
}

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("không đọc được tệp cấu hình {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A key is unknown, or a value has the wrong form.
    #[error("tệp cấu hình {path} có lỗi: {source}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where and what.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// Without accounts the service may be reached from this machine alone.
    #[error(
        "địa chỉ {0} mở ra ngoài máy này: khi chưa có tài khoản đăng nhập, sohoa chỉ nghe trên 127.0.0.1 hoặc [::1]; tạo người quản trị đầu tiên bằng `sohoa officer invite`"
    )]
    NotLoopback(IpAddr),
    /// Passwords must not cross a network in clear.
    #[error(
        "địa chỉ {0} mở ra ngoài máy này mà không có TLS: khai báo [service] certificate và key, hoặc [service] proxies nếu đứng sau máy chủ có TLS"
    )]
    NoTls(IpAddr),
    /// A certificate without key, or a key without certificate.
    #[error("[service] cần cả certificate và key, hoặc không có cả hai")]
    HalfTls,
    /// Who else speaks TLS to systems sees their certificates, not we.
    #[error(
        "[service] client_ca cần certificate và key: chỉ khi sohoa tự có TLS mới thấy chứng thư của hệ thống"
    )]
    NoTlsForClients,
}

impl Config {
    /// Reads `path`, or takes the built-in values when there is none.
    ///
    /// # Errors
    /// [`ConfigError`] naming file, key and place.
    pub fn read(path: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        toml::from_str(&text)
            .map_err(|source| ConfigError::Invalid { path: path.to_owned(), source: Box::new(source) })
    }

    /// The address to listen on.
    ///
    /// # Errors
    /// [`ConfigError::NotLoopback`] and [`ConfigError::NoTls`] for an address that other machines can reach, while
    /// nobody signs in or passwords would cross the network in clear; [`ConfigError::HalfTls`],
    /// [`ConfigError::NoTlsForClients`].
    pub fn address(&self, has_accounts: bool) -> Result<SocketAddr, ConfigError> {
        let ServiceConfig { certificate, key, proxies, .. } = &self.service;
        if certificate.is_some() != key.is_some() {
            return Err(ConfigError::HalfTls);
        }
        if self.service.client_ca.is_some() && certificate.is_none() {
            return Err(ConfigError::NoTlsForClients);
        }
        match self.listen.ip() {
            ip if ip.is_loopback() => Ok(self.listen),
            ip if !has_accounts => Err(ConfigError::NotLoopback(ip)),
            ip if certificate.is_none() && proxies.is_empty() => Err(ConfigError::NoTls(ip)),
            _ => Ok(self.listen),
        }
    }

    /// Where the keys lie.
    pub fn key_file(&self) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| self.data.join("sohoa.keys"))
    }

    /// How the service is opened in a browser, as far as the configuration tells.
    pub fn base_url(&self) -> String {
        let is_secure = self.service.certificate.is_some() || !self.service.proxies.is_empty();
        let scheme = if is_secure { "https" } else { "http" };
        match self.service.hosts.first() {
            Some(host) if !self.service.proxies.is_empty() => format!("{scheme}://{host}"),
            Some(host) => format!("{scheme}://{host}:{}", self.listen.port()),
            None => format!("{scheme}://{}", self.listen),
        }
    }

    /// The officer who acts, and whether it is the built-in one for trying out.
    pub fn officer(&self) -> (Officer, bool) {
        match &self.officer {
            Some(o) => (
                Officer {
                    id: o.id.clone(),
                    full_name: o.full_name.clone(),
                    personal_id: o.personal_id.clone(),
                    unit: o.unit.clone(),
                },
                false,
            ),
            None => (trial_officer(), true),
        }
    }
}

/// Acts where no officer is configured, so that the program can be tried out; every page says so.
fn trial_officer() -> Officer {
    Officer {
        id: OfficerId::parse("demo").expect("the id is a constant"),
        full_name: "Công chức dùng thử".into(),
        personal_id: PersonalId::parse("000000000000").expect("the number is a constant"),
        unit: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_keys_are_refused_by_name() {
        let error = toml::from_str::<Config>("lisen = \"127.0.0.1:1\"").unwrap_err().to_string();
        assert!(error.contains("lisen"), "{error}");
        for threshold in ["0.3", "1.5", "nan", "\"x\""] {
            let wrong = format!("[reading]\nthreshold = {threshold}");
            let error = toml::from_str::<Config>(&wrong).unwrap_err().to_string();
            assert!(error.contains("threshold"), "{error}");
        }
    }

    #[test]
    fn the_sample_explains_every_key_and_is_the_default() {
        let text = include_str!("../samples/sohoa.toml");
        let sample: Config = toml::from_str(text).unwrap();
        assert_eq!(format!("{sample:?}"), format!("{:?}", Config::default()));
        // Commented keys are read too: each must be known.
        let uncommented: String =
            text.lines().map(|l| l.strip_prefix("#: ").unwrap_or(l)).collect::<Vec<_>>().join("\n");
        toml::from_str::<Config>(&uncommented).unwrap();
    }

    #[test]
    fn beyond_this_machine_only_with_accounts_and_tls() {
        let check = |listen: &str, has_accounts, service: &ServiceConfig, expected: &str| {
            let config =
                Config { listen: listen.parse().unwrap(), service: service.clone(), ..Config::default() };
            let told = config.address(has_accounts).map_or_else(|e| format!("{e:?}"), |_| "ok".to_owned());
            assert!(told.starts_with(expected), "{listen} {has_accounts} {service:?}: {told}");
        };
        let plain = ServiceConfig::default();
        let proxied = ServiceConfig { proxies: vec!["10.0.0.1".parse().unwrap()], ..plain.clone() };
        let half = ServiceConfig { key: Some("k.pem".into()), ..plain.clone() };
        let tls = ServiceConfig { certificate: Some("c.pem".into()), ..half.clone() };
        let clients = ServiceConfig { client_ca: Some("ca.pem".into()), ..plain.clone() };
        check("127.0.0.1:8080", true, &clients, "NoTlsForClients");
        for listen in ["127.0.0.1:8080", "[::1]:0"] {
            check(listen, false, &plain, "ok");
        }
        for listen in ["0.0.0.0:8080", "192.168.1.2:80"] {
            check(listen, false, &plain, "NotLoopback");
            check(listen, false, &tls, "NotLoopback");
            check(listen, true, &plain, "NoTls");
            check(listen, true, &half, "HalfTls");
            check(listen, true, &tls, "ok");
            check(listen, true, &proxied, "ok");
        }
    }
}
