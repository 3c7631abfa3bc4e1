//! `sohoa verify`: judges the signatures of files; touches the network only with `--online`.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::{Exit, Place, Stop, output::write_whole, with_causes};
use crate::{
    clock::Clock,
    engines::{
        reader::ReadError,
        signature::{
            order::{TrustFiles, VerifyOrder},
            verdict::{Overall, Report},
        },
    },
    faces::verification::{self, VerificationOut},
    remote::{Remote, RemoteRules},
    workflows::verify::{self, TrustPlaces},
};

#[derive(Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    place: Place,
    /// Chứng thư số tin cậy: tệp, hoặc thư mục có thể kèm trust.toml
    #[arg(long, value_name = "FILE-or-DIR")]
    trust: Option<PathBuf>,
    /// Thư mục danh sách thu hồi (CRL) và trả lời OCSP
    #[arg(long, value_name = "DIR")]
    crls: Option<PathBuf>,
    /// Thư mục chứng thư số trung gian
    #[arg(long, value_name = "DIR")]
    intermediates: Option<PathBuf>,
    /// Chính sách kiểm tra chữ ký (mẫu: samples/signature-policy.toml)
    #[arg(long, value_name = "F")]
    policy: Option<PathBuf>,
    /// Xét tại thời điểm này (2026-11-22T08:00:00Z) thay cho lúc này
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Mật khẩu mở tệp
    #[arg(long, value_name = "P")]
    password: Option<String>,
    /// Ghi phần tệp mà từng chữ ký bao trùm vào thư mục này
    #[arg(long, value_name = "DIR")]
    extract: Option<PathBuf>,
    /// Ghi phiếu kết quả (PDF) của từng tệp vào thư mục này
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Được phép hỏi các địa chỉ mà chứng thư số nêu: nơi cấp, OCSP, danh sách thu hồi
    #[arg(long)]
    online: bool,
    /// Trả lời bằng JSON, mỗi tệp một dòng
    #[arg(long)]
    json: bool,
    /// Tệp PDF
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
}

pub(super) async fn verify(args: &VerifyArgs) -> Result<Exit, Stop> {
    let config = args.place.config()?;
    let of_config = &config.signatures;
    let given = |said: &Option<PathBuf>, kept: &Option<PathBuf>| said.clone().or_else(|| kept.clone());
    let places = TrustPlaces {
        trust: given(&args.trust, &of_config.trust),
        intermediates: given(&args.intermediates, &of_config.intermediates),
        crls: given(&args.crls, &of_config.crls),
        policy: given(&args.policy, &of_config.policy),
    };
    let trust = verify::read_trust(&places).map_err(|e| Stop::usage(with_causes(&e)))?;
    let readers = super::readers(&config, Some(1))?.without_words();
    let rules = RemoteRules { private_hosts: of_config.private_hosts.clone(), ..RemoteRules::default() };
    let remote = args.online.then(|| Remote::new(&rules)).transpose();
    let remote = remote.map_err(|e| Stop::usage(with_causes(&e)))?;
    let at = args.at.unwrap_or_else(|| Clock::System.now());
    for folder in [&args.extract, &args.report].into_iter().flatten() {
        std::fs::create_dir_all(folder)
            .map_err(|e| Stop::usage(format!("không tạo được {}: {e}", folder.display())))?;
    }
    let mut exit = Exit::Done;
    for path in &args.paths {
        let name = path.display().to_string();
        let judged = match read(path, config.readers.max_bytes) {
            Ok(bytes) => {
                let order = order(args, &trust, at);
                let report = match &remote {
                    Some(remote) => verify::judge_online(&readers, remote, bytes.clone(), order).await,
                    None => readers.verify(bytes.clone(), order),
                };
                report.map(|report| (report, bytes)).map_err(|e| (e.is_ours(), e.to_string()))
            }
            Err(error) => Err(error),
        };
        exit = exit.max(match judged {
            Ok((report, bytes)) => {
                print(&name, &report, args.json);
                keep(args, path, &report, &bytes, at)?;
                exit_of(report.overall)
            }
            Err((is_ours, message)) => {
                if args.json {
                    println!("{}", serde_json::json!({ "input": name, "error": message }));
                }
                eprintln!("sohoa: {name}: {message}");
                if is_ours { Exit::Failure } else { Exit::Unreadable }
            }
        });
    }
    Ok(exit)
}

fn order(args: &VerifyArgs, trust: &TrustFiles, at: Timestamp) -> VerifyOrder {
    VerifyOrder {
        trust: trust.clone(),
        at,
        received_at: None,
        password: args.password.clone(),
        type_code: None,
    }
}

/// The bytes, or whether it is our own failure, and why.
fn read(path: &std::path::Path, limit: u64) -> Result<Vec<u8>, (bool, String)> {
    let unreadable = |e: std::io::Error| (false, format!("không đọc được: {e}"));
    let found = std::fs::metadata(path).map_err(unreadable)?.len();
    if found > limit {
        return Err((false, ReadError::TooManyBytes { found, limit }.to_string()));
    }
    std::fs::read(path).map_err(unreadable)
}

fn exit_of(overall: Overall) -> Exit {
    match overall {
        Overall::TotalPassed => Exit::Done,
        Overall::NotAPdf => Exit::Unreadable,
        _ => Exit::NotPassed,
    }
}

fn print(name: &str, report: &Report, json: bool) {
    if json {
        let out = VerificationOut::of(Some(name), report);
        println!("{}", serde_json::to_string(&out).expect("a report is plain data"));
        return;
    }
    println!("{name}: {}", report.message);
    for signature in &report.signatures {
        println!("  {}: {}", signature.field, signature.message);
        for change in &signature.changes {
            println!("    – {change}");
        }
    }
}

fn keep(
    args: &VerifyArgs,
    path: &std::path::Path,
    report: &Report,
    bytes: &[u8],
    at: Timestamp,
) -> Result<(), Stop> {
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    if let Some(folder) = &args.extract {
        for (n, signature) in report.signatures.iter().enumerate() {
            let Some(end) = signature.signed_end.and_then(|end| usize::try_from(end).ok()) else { continue };
            let Some(revision) = bytes.get(..end) else { continue };
            write_whole(&folder.join(format!("{stem}.{}.pdf", n + 1)), revision)?;
        }
    }
    if let Some(folder) = &args.report {
        let sheet = verification::sheet(path.file_name().map(|n| n.to_string_lossy()).as_deref(), report, at)
            .map_err(|e| Stop::new(Exit::Failure, e))?;
        write_whole(&folder.join(format!("{stem}.phieu-kiem-tra.pdf")), &sheet)?;
    }
    Ok(())
}
