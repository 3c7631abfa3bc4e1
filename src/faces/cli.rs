//! The command line: one file per command. Parses arguments, calls workflows, prints; exit codes of the contract.

mod administer;
mod agent;
mod audit;
mod batch;
mod check;
mod clean;
mod digitise;
mod doctor;
mod input;
mod keys;
mod migrate;
mod output;
mod overlay;
mod pages;
mod retention;
mod seal;
mod separators;
mod serve;
mod stamp;
mod tls;
mod verify;
mod watch;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use clap::{Args, Parser, Subcommand};

use crate::{
    clock::Clock,
    config::{
        Config, ConfigError, DatabaseUrl, LogConfig, LogFormat, OidcConfig, SealConfig, SignaturesConfig,
    },
    domain::officer::ActingOfficer,
    engines::{
        reader::{self, Readers},
        signature::{order::TrustFiles, seal::Level},
    },
    remote::{Remote, RemoteRules, antivirus::Antivirus},
    store::{
        Db, StoreError,
        keys::{Keys, KeysError},
        objects::Objects,
    },
    telemetry::{self, Logs},
    workflows::{
        accounts as accounts_workflow, administer as administer_workflow,
        agency::{AgencySeal, SealPlaces},
        context::{Ctx, Rules},
        guide::Lists,
        provider::{Provider, ProviderRules, Secret},
        trace,
        verify::{self as verify_workflow, TrustPlaces},
    },
};

/// What commands at a keyboard log. What tokens say is told in our own words; their library repeats it in English.
const COMMAND_LOG: &str = "warn,cryptoki=off";
/// How long the provider of sign-ins may take to answer: an officer waits.
const PROVIDER_SECONDS: u64 = 5;

/// How a command ended; the number is the exit code, and the highest of several inputs counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Exit {
    Done = 0,
    Failure = 1,
    Usage = 2,
    Unreadable = 3,
    Refused = 4,
    NeedsPerson = 5,
    NotPassed = 6,
    StorageUnreachable = 7,
}

/// A command that could not be done: its exit code and a sentence for the person at the keyboard.
#[derive(Debug)]
pub(super) struct Stop {
    exit: Exit,
    message: String,
}

impl Stop {
    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::new(Exit::StorageUnreachable, with_causes(&error))
    }
}

impl From<KeysError> for Stop {
    fn from(error: KeysError) -> Self {
        Self::new(Exit::StorageUnreachable, with_causes(&error))
    }
}

impl From<ConfigError> for Stop {
    fn from(error: ConfigError) -> Self {
        Self::usage(with_causes(&error))
    }
}

/// The error with its causes, for the person who runs the machine.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

#[derive(Parser)]
#[command(
    name = "sohoa",
    version,
    about = "Số hóa giấy tờ của thủ tục hành chính (Quyết định 1917/QĐ-BLĐTBXH)"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Mở dịch vụ: REST API, trang cho công chức và bộ xử lý nền
    #[command(after_help = "Ví dụ: sohoa serve --data ./data")]
    Serve(serve::ServeArgs),
    /// Chạy riêng bộ xử lý nền, cạnh một hay nhiều `serve`
    #[command(after_help = "Ví dụ: sohoa worker --config sohoa.toml")]
    Worker(serve::WorkerArgs),
    /// Kiểm tra trang theo Điều 9: số lượng, thứ tự, chất lượng
    #[command(after_help = "Ví dụ: sohoa check --pages 3 scan.pdf")]
    Check(check::CheckArgs),
    /// Kiểm tra, đọc, đề xuất các trường thông tin và mã
    #[command(
        after_help = "Ví dụ: sohoa digitise --json --dry-run scan.pdf\n       sohoa digitise --procedure 1.001776 --accept --officer demo --out out scan.pdf"
    )]
    Digitise(digitise::DigitiseArgs),
    /// Sắp xếp, xoay, bỏ, tách, gộp trang thành tệp PDF mới; tệp vào không bị sửa
    #[command(
        after_help = "Số trang luôn là số trang trong các tệp vào, đếm qua mọi tệp.\n\nVí dụ: sohoa pages --order 3,1,2 --rotate 2:90 --remove 4 scan.pdf out.pdf\n       sohoa pages --interleave mat-truoc.pdf mat-sau.pdf out.pdf"
    )]
    Pages(Box<pages::PagesArgs>),
    /// In tờ phân cách để tách chồng giấy tờ quét liền một lần
    #[command(
        after_help = "Ví dụ: sohoa separators --dossier 0193… --component 01 --pages 3 to-phan-cach.pdf\n       sohoa separators --patch to-tron.pdf"
    )]
    Separators(separators::SeparatorsArgs),
    /// Nhận chồng giấy tờ quét liền, tách theo tờ phân cách
    #[command(after_help = "Ví dụ: sohoa batch chong.pdf\n       sohoa batch --dry-run --json chong.pdf")]
    Batch(batch::BatchArgs),
    /// Theo dõi thư mục của máy quét, nhận giấy tờ khi quét xong
    #[command(after_help = "Ví dụ: sohoa watch --procedure 1.001776 --component 01 /srv/quet")]
    Watch(watch::WatchArgs),
    /// Ghi mã lên trang đầu của một tệp PDF
    #[command(after_help = "Ví dụ: sohoa stamp --code '001085012345.1.001776-KQ1.12/QĐ-UBND' in.pdf out.pdf")]
    Stamp(stamp::StampArgs),
    /// Kiểm tra chữ ký số của tệp PDF
    #[command(
        after_help = "Ví dụ: sohoa verify --trust tin-cay/ --crls thu-hoi/ --json giay-xac-nhan.pdf\nMã thoát 6: chữ ký chưa đạt, hoặc tệp không có chữ ký."
    )]
    Verify(Box<verify::VerifyArgs>),
    /// Ký số: khóa trong tệp PKCS#12, trên thiết bị PKCS#11, hoặc hai bước với khóa ở nơi khác
    #[command(
        after_help = "Ví dụ: sohoa seal --p12 khoa.p12 --password-file mat-khau.txt --out da-ky giay-to.pdf\n       sohoa seal --pkcs11 /usr/lib/softhsm/libsofthsm2.so --token 'UBND xã' --pin-file pin.txt --agency 'UBND xã Mẫu' --tsa http://tsa.example.vn --level b-t --out da-ky *.pdf\n       sohoa seal --prepare buoc-1.json --certificate can-bo.pem giay-to.pdf\n       sohoa seal --complete buoc-1.json --cms chu-ky.p7s --out da-ky"
    )]
    Seal(Box<seal::SealArgs>),
    /// Phần mềm ký trên máy của công chức: trang web xin ký, thiết bị ký ở máy này ký sau khi công chức đồng ý
    #[command(
        after_help = "Ví dụ: sohoa agent --pkcs11 /usr/lib/softhsm/libsofthsm2.so --origin https://motcua.example.vn"
    )]
    Agent(Box<agent::AgentArgs>),
    /// Kiểm tra hoặc nhập Danh mục; kiểm tra mẫu giấy tờ và danh bạ cơ quan
    #[command(
        subcommand,
        after_help = "Ví dụ: sohoa catalogue check danh-muc.json\n       sohoa catalogue import --dry-run --effective 2027-01-01 --decision 25/QĐ-BYT danh-muc.json\n       sohoa catalogue check --templates mau-giay-to"
    )]
    Catalogue(administer::CatalogueCommand),
    /// Làm sạch dữ liệu: danh sách người chưa có số định danh, nhập số đã được cung cấp (công văn 2513/LĐTBXH-TTTT)
    #[command(
        subcommand,
        after_help = "Ví dụ: sohoa clean report --purpose 'Rà soát theo công văn 2513' --out danh-sach.csv\n       sohoa clean import --dry-run danh-sach.csv"
    )]
    Clean(clean::CleanCommand),
    /// Khai báo công chức
    #[command(
        subcommand,
        after_help = "Ví dụ: sohoa officer add --name 'Trần Thị Mẫu' --personal-id-file so-dinh-danh.txt"
    )]
    Officer(administer::OfficerCommand),
    /// Hệ thống khác được gọi API: cổng dịch vụ công, phần mềm một cửa
    #[command(
        subcommand,
        after_help = "Ví dụ: sohoa client add --name 'Cổng dịch vụ công' --scope documents.read --scope changes.read\n       sohoa client add --name 'Phần mềm một cửa' --scope verify --certificate he-thong.pem"
    )]
    Client(administer::ClientCommand),
    /// Kiểm tra, xuất nhật ký lưu vết
    #[command(
        subcommand,
        after_help = "Ví dụ: sohoa audit verify --data ./data\n       sohoa audit heads --out dau-so.jsonl\n       sohoa audit verify --heads dau-so.jsonl\n       sohoa audit export --out nhat-ky.ndjson"
    )]
    Audit(audit::AuditCommand),
    /// Khóa chủ niêm phong dữ liệu: liệt kê, thêm khóa mới, chuyển dữ liệu, bỏ khóa cũ
    #[command(
        subcommand,
        after_help = "Đổi khóa: rotate, rewrap, rồi drop khóa cũ; dịch vụ không cần dừng.\n\nVí dụ: sohoa keys list --data ./data\n       sohoa keys rotate\n       sohoa keys rewrap\n       sohoa keys drop 1"
    )]
    Keys(keys::KeysCommand),
    /// Xóa hẳn giấy tờ đã gỡ khỏi kho khi hết thời hạn lưu trữ; mã, sổ và nhật ký vẫn giữ
    #[command(
        after_help = "Thời hạn đặt ở [retention] của tệp cấu hình; giấy tờ đang giữ theo yêu cầu pháp lý không bị xóa.\n\nVí dụ: sohoa retention --dry-run\n       sohoa retention --config sohoa.toml"
    )]
    Retention(retention::RetentionArgs),
    /// Đưa cơ sở dữ liệu lên phiên bản của chương trình, cấp quyền cho vai trò của dịch vụ
    #[command(
        after_help = "Ví dụ: SOHOA_DATABASE=postgres://chu-so-huu@… sohoa migrate --service-role sohoa_dich_vu"
    )]
    Migrate(migrate::MigrateArgs),
    /// Thử xem tiến trình đọc tệp lạ có bị giam đủ chặt trên máy này không
    #[command(after_help = "Ví dụ: sohoa doctor")]
    Doctor(doctor::DoctorArgs),
    /// Reading process; started by the program itself
    #[command(hide = true)]
    Reader,
}

/// Where an installation lies.
#[derive(Args, Clone, Default)]
struct Place {
    /// Tệp cấu hình
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// Thư mục dữ liệu (mặc định ./data)
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Địa chỉ cơ sở dữ liệu (mặc định: biến SOHOA_DATABASE, hoặc SQLite trong thư mục dữ liệu)
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

impl Place {
    fn config(&self) -> Result<Config, Stop> {
        let mut config = Config::read(self.config.as_deref())?;
        if let Some(data) = &self.data {
            config.data.clone_from(data);
        }
        // The variable keeps a password out of the list of processes.
        if let Some(url) = self.database.clone().or_else(|| std::env::var("SOHOA_DATABASE").ok()) {
            config.database = Some(DatabaseUrl::new(url));
        }
        Ok(config)
    }
}

/// Runs the command of the arguments; the process's exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Exit::Usage as u8 } else { 0 });
        }
    };
    if matches!(cli.command, Command::Reader) {
        return reader::child::run();
    }
    // Services read from their configuration what they log.
    let is_service = matches!(cli.command, Command::Serve(_) | Command::Worker(_) | Command::Watch(_));
    if !is_service && let Err(error) = telemetry::start(Logs { level: COMMAND_LOG, is_json: false }) {
        return ended(Err(Stop::usage(error.to_string())));
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return ended(Err(Stop::new(Exit::Failure, error.to_string()))),
    };
    ended(runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => serve::serve(args).await,
            Command::Worker(args) => serve::worker(args).await,
            Command::Check(args) => check::check(args),
            Command::Digitise(args) => digitise::digitise(args).await,
            Command::Pages(args) => pages::pages(*args).await,
            Command::Separators(args) => separators::separators(args).await,
            Command::Batch(args) => batch::batch(args).await,
            Command::Watch(args) => watch::watch(args).await,
            Command::Stamp(args) => stamp::stamp(&args),
            Command::Verify(args) => verify::verify(&args).await,
            Command::Seal(args) => seal::seal(*args).await,
            Command::Agent(args) => agent::agent(*args).await,
            Command::Catalogue(command) => administer::catalogue(command).await,
            Command::Clean(command) => clean::clean(command).await,
            Command::Officer(command) => administer::officer(command).await,
            Command::Client(command) => administer::client(command).await,
            Command::Audit(command) => audit::audit(command).await,
            Command::Keys(command) => keys::keys(command).await,
            Command::Retention(args) => retention::retention(args).await,
            Command::Migrate(args) => migrate::migrate(args).await,
            Command::Doctor(args) => doctor::doctor(&args),
            Command::Reader => Ok(Exit::Done),
        }
    }))
}

fn ended(result: Result<Exit, Stop>) -> ExitCode {
    let exit = match result {
        Ok(exit) => exit,
        Err(stop) => {
            eprintln!("sohoa: {}", stop.message);
            stop.exit
        }
    };
    ExitCode::from(exit as u8)
}

/// Starts the log of a service.
fn log(config: &Config) -> Result<(), Stop> {
    let LogConfig { level, format } = &config.log;
    telemetry::start(Logs { level, is_json: *format == LogFormat::Json })
        .map_err(|error| Stop::usage(error.to_string()))
}

/// Reading processes of this very program.
fn readers(config: &Config, n_readers: Option<usize>) -> Result<Readers, Stop> {
    let program = std::env::current_exe().map_err(|e| Stop::new(Exit::Failure, e.to_string()))?;
    let mut limits = config.readers.clone();
    if let Some(n) = n_readers {
        limits.n_readers = n;
    }
    Ok(Readers::new(program, limits))
}

/// Other systems, where signatures need them.
fn remote(config: &Config) -> Result<Option<Remote>, Stop> {
    if config.signatures.level == Level::Basic {
        return Ok(None);
    }
    let rules =
        RemoteRules { private_hosts: config.signatures.private_hosts.clone(), ..RemoteRules::default() };
    Remote::new(&rules).map(Some).map_err(|error| Stop::usage(with_causes(&error)))
}

/// The agency's provider of sign-ins, where there is one; it is asked when somebody signs in.
fn provider(config: &Config) -> Result<Option<Provider>, Stop> {
    let Some(oidc) = config.oidc.clone() else { return Ok(None) };
    let OidcConfig { name, issuer, client_id, address, private_hosts, only, .. } = oidc;
    let read = |path: PathBuf| {
        let fault = |e| Stop::usage(format!("[oidc] client_secret_file: không đọc được ({e})"));
        std::fs::read_to_string(path).map(|text| Secret::new(&text)).map_err(fault)
    };
    let rules = ProviderRules {
        name,
        issuer,
        client_id,
        secret: oidc.client_secret_file.map(read).transpose()?,
        redirect: format!("{}/sign-in/provider", address.trim_end_matches('/')),
        second_factor_acr: oidc.second_factor_acr,
        second_factor_amr: oidc.second_factor_amr,
        is_only: only,
        private_hosts,
        seconds: PROVIDER_SECONDS,
    };
    let fault = |_| {
        Stop::usage(
            "[oidc] issuer và address phải là địa chỉ https:// (http:// chỉ trong máy này)".to_owned(),
        )
    };
    Provider::new(rules).map(Some).map_err(fault)
}

/// What looks for malware, where there is such a program.
fn antivirus(config: &Config) -> Result<Option<Antivirus>, Stop> {
    let Some(clamd) = &config.antivirus else { return Ok(None) };
    let for_one = Duration::from_secs(u64::from(clamd.seconds.get()));
    Antivirus::new(&clamd.address, for_one).map(Some).map_err(|error| Stop::usage(error.to_string()))
}

/// The agency's key, where there is one.
fn seal_key(config: &Config) -> Result<Option<AgencySeal>, Stop> {
    let Some(seal) = config.seal.clone() else { return Ok(None) };
    let SealConfig { p12, password_file, pkcs11, token, key, agency } = seal;
    let places = SealPlaces { p12, pkcs11, token, key, password_file, agency };
    AgencySeal::open(&places).map(Some).map_err(|error| Stop::usage(with_causes(&error)))
}

/// What signatures are judged by.
fn trust(config: &Config) -> Result<TrustFiles, Stop> {
    let SignaturesConfig { trust, intermediates, crls, policy, .. } = config.signatures.clone();
    verify_workflow::read_trust(&TrustPlaces { trust, intermediates, crls, policy })
        .map_err(|error| Stop::usage(with_causes(&error)))
}

/// Templates and agencies: built-in ones, and those of the installation.
fn lists(config: &Config) -> Result<Lists, Stop> {
    let documents = &config.documents;
    Lists::read(documents.templates.as_deref(), documents.agencies.as_deref())
        .map_err(|error| Stop::usage(with_causes(&error)))
}

/// As [`open`], for commands that look at what is there: a folder that is missing was misspelt.
async fn open_existing(config: &Config) -> Result<Ctx, Stop> {
    if config.database.is_none() && !config.data.join("sohoa.sqlite").exists() {
        return Err(Stop::usage(format!("{} không phải thư mục dữ liệu của sohoa", config.data.display())));
    }
    open(config, None, None).await
}

/// The keys of an installation; made where nothing is there yet. Where the file alone is missing nothing is made: other
/// keys would open nothing, and stand in the way of the right ones.
async fn keys_of(config: &Config) -> Result<Keys, Stop> {
    let path = config.key_file();
    if !path.exists() {
        let is_begun = match &config.database {
            Some(url) => Db::is_begun(url.expose()).await,
            None => {
                let file = config.data.join("sohoa.sqlite");
                file.exists() && Db::is_begun(&Db::url_of_file(&file)?).await
            }
        };
        // Another process may have begun both meanwhile.
        if is_begun && !path.exists() {
            let message = format!(
                "thiếu tệp khóa {}: dữ liệu đã có và không đọc được nếu không có khóa; hãy đặt lại bản đã cất riêng, \
                 hoặc khai báo key_file trong tệp cấu hình",
                path.display()
            );
            return Err(Stop::new(Exit::StorageUnreachable, message));
        }
    }
    Ok(Keys::open_or_create(&path)?)
}

/// Opens an installation; its folder, database and keys are made when they are missing.
async fn open(
    config: &Config,
    n_readers: Option<usize>,
    officer: Option<ActingOfficer>,
) -> Result<Ctx, Stop> {
    let storage = |what: &str, e: std::io::Error| {
        Stop::new(Exit::StorageUnreachable, format!("không dùng được {what} {}: {e}", config.data.display()))
    };
    std::fs::create_dir_all(&config.data).map_err(|e| storage("thư mục dữ liệu", e))?;
    let keys = Arc::new(keys_of(config).await?);
    let db = match &config.database {
        Some(url) => Db::open(url.expose(), Arc::clone(&keys)).await?,
        None => Db::open_file(&config.data.join("sohoa.sqlite"), Arc::clone(&keys)).await?,
    };
    let objects = Objects::local(&config.data.join("objects"), keys)?;
    let clock = Clock::System;
    let officer = officer.map_or_else(|| config.officer().0, |acting| acting.officer);
    administer_workflow::prepare(&db, &officer, clock.now()).await?;
    let officer = accounts_workflow::acting(&db, officer, clock.now()).await?;
    let rules = Rules {
        pages: config.pages.clone(),
        guide: Arc::new(lists(config)?.guide().with_threshold(config.reading.threshold)),
        code_papers_without_number: config.code_papers_without_number,
        result_reading: config.codes.result,
        officer,
        signing: config.signing.clone(),
        trust: Arc::new(trust(config)?),
        level: config.signatures.level,
        time_stamps: config.signatures.time_stamps.clone(),
        calendar: config.calendar.clone(),
        retention: config.retention.clone(),
    };
    let ctx = Ctx {
        db,
        objects,
        readers: Arc::new(readers(config, n_readers)?),
        clock,
        rules: Arc::new(rules),
        learned: Arc::default(),
        seal: seal_key(config)?.map(Arc::new),
        remote: remote(config)?.map(Arc::new),
        provider: provider(config)?.map(Arc::new),
        antivirus: antivirus(config)?,
    };
    // What commands wrote while no service ran. A faulty trace stops nobody from looking at it.
    if let Err(error) = trace::seal(&ctx).await {
        tracing::error!(%error, "the trace can't be chained");
    }
    Ok(ctx)
}
