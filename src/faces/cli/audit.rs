//! `sohoa audit`: whether the trace is whole, its signed ends, and the trace as a file.

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};

use super::{Exit, Place, Stop};
use crate::{
    store::{
        Db,
        audit::{AuditFaultKind, AuditVerification, days::Day, file::FileError},
        keys::Keys,
    },
    workflows::trace::{self, DaySigner, TraceError},
};

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Kiểm tra chuỗi nhật ký: sửa, xóa, đảo thứ tự, cắt bớt, thay bằng bản cũ
    Verify(VerifyArgs),
    /// Xuất nhật ký ra tệp; nội dung nhạy cảm vẫn được niêm phong
    Export {
        #[command(flatten)]
        place: Place,
        /// Tệp mới
        #[arg(long, value_name = "F.ndjson")]
        out: PathBuf,
    },
    /// Xuất đầu sổ đã ký của từng ngày, để cất ở nơi khác
    Heads {
        #[command(flatten)]
        place: Place,
        /// Tệp mới (mặc định: in ra màn hình)
        #[arg(long, value_name = "F.jsonl")]
        out: Option<PathBuf>,
    },
}

#[derive(Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    place: Place,
    /// Đầu sổ đã ký đã cất ở nơi khác: phát hiện nhật ký bị thay bằng bản của ngày trước
    #[arg(long, value_name = "F.jsonl")]
    heads: Option<PathBuf>,
    /// Kiểm tra tệp đã xuất, không cần cơ sở dữ liệu
    #[arg(long, value_name = "F.ndjson")]
    file: Option<PathBuf>,
}

pub(super) async fn audit(command: AuditCommand) -> Result<Exit, Stop> {
    match command {
        AuditCommand::Verify(args) => verify(&args).await,
        AuditCommand::Export { place, out } => {
            let ctx = super::open_existing(&place.config()?).await?;
            let mut file = BufWriter::new(new_file(&out)?);
            let n_events = trace::export(&ctx, &ctx.rules.officer, &mut file).await.map_err(not_done)?;
            println!("Đã xuất {n_events} sự kiện.");
            Ok(Exit::Done)
        }
        AuditCommand::Heads { place, out } => {
            let ctx = super::open_existing(&place.config()?).await?;
            trace::seal(&ctx).await?;
            trace::sign_day(&ctx).await.map_err(not_done)?;
            let lines = trace::heads(&ctx).await?;
            match out {
                None => lines.iter().for_each(|line| println!("{line}")),
                Some(path) => {
                    let mut file = BufWriter::new(new_file(&path)?);
                    let written = lines
                        .iter()
                        .try_for_each(|line| writeln!(file, "{line}"))
                        .and_then(|()| file.flush());
                    written.map_err(|e| Stop::new(Exit::Failure, e.to_string()))?;
                    println!("Đã xuất {} đầu sổ.", lines.len());
                }
            }
            Ok(Exit::Done)
        }
    }
}

async fn verify(args: &VerifyArgs) -> Result<Exit, Stop> {
    let config = args.place.config()?;
    let found = match &args.file {
        None => {
            let ctx = super::open_existing(&config).await?;
            let days = days_in(args.heads.as_deref(), Some(&ctx.db))?;
            trace::verify(&ctx, &days).await?
        }
        Some(path) => {
            let key_file = config.key_file();
            let keys = if key_file.exists() { Some(Keys::open(&key_file)?) } else { None };
            if keys.is_none() {
                println!(
                    "Lưu ý: không có tệp khóa của hệ thống, chỉ kiểm tra được chuỗi băm và chữ ký của đầu sổ."
                );
            }
            let days = days_in(args.heads.as_deref(), None)?;
            let mut file = BufReader::new(File::open(path).map_err(|e| unreadable(path, &e))?);
            trace::verify_file(&mut file, keys.as_ref(), &days).map_err(|e| not_done(e.into()))?
        }
    };
    said(&found)
}

/// The signed ends in a file, after saying who signed them.
fn days_in(path: Option<&Path>, db: Option<&Db>) -> Result<Vec<Day>, Stop> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let text = fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
    let (days, signers) = trace::read_heads(db, &text).map_err(not_done)?;
    for signer in signers {
        match signer {
            DaySigner::Installation => println!("Đầu sổ do khóa của hệ thống này ký."),
            DaySigner::Key(key) => {
                println!("Đầu sổ do khóa Ed25519 {key} ký; hãy đối chiếu với khóa đã biết.")
            }
            DaySigner::Certificate(name, digest) => {
                println!(
                    "Đầu sổ do chứng thư số “{name}” ký (SHA-256 {digest}); hãy đối chiếu với chứng thư đã biết."
                );
            }
        }
    }
    Ok(days)
}

fn said(found: &AuditVerification) -> Result<Exit, Stop> {
    let Some(fault) = found.first_fault else {
        println!("Nhật ký nguyên vẹn: {} sự kiện, {} đoạn.", found.n_events, found.n_segments);
        if found.n_unsealed > 0 {
            println!(
                "Trong đó {} sự kiện mới ghi chưa vào chuỗi: chưa biết có thiếu sự kiện nào sau đoạn cuối không.",
                found.n_unsealed
            );
        }
        if found.n_days > 0 {
            println!("Khớp với {} đầu sổ đã ký.", found.n_days);
        }
        return Ok(Exit::Done);
    };
    let message = format!("Nhật ký KHÔNG nguyên vẹn tại sự kiện số {}: {}.", fault.seq, kind_of(fault.kind));
    Err(Stop::new(Exit::NeedsPerson, message))
}

fn kind_of(fault: AuditFaultKind) -> &'static str {
    match fault {
        AuditFaultKind::Changed => "nội dung bị sửa, hoặc không do hệ thống này ghi",
        AuditFaultKind::Removed => "sự kiện bị xóa",
        AuditFaultKind::Reordered => "thứ tự bị đảo",
        AuditFaultKind::Truncated => "phần cuối bị cắt",
        AuditFaultKind::TakenBack => {
            "đầu sổ đã ký không còn trong chuỗi, nhật ký bị thay bằng bản khác hoặc bản cũ"
        }
    }
}

fn not_done(error: TraceError) -> Stop {
    let exit = match &error {
        TraceError::NotAHead { .. } | TraceError::File(FileError::NotALine { .. } | FileError::Io(_)) => {
            Exit::Unreadable
        }
        TraceError::Key(_) | TraceError::Denied(_) => Exit::Failure,
        TraceError::Store(_) | TraceError::File(FileError::Store(_)) => Exit::StorageUnreachable,
    };
    Stop::new(exit, super::with_causes(&error))
}

/// What is exported never goes over what is there.
fn new_file(path: &Path) -> Result<File, Stop> {
    File::create_new(path)
        .map_err(|e| Stop::new(Exit::Failure, format!("không ghi được tệp mới {}: {e}", path.display())))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Stop {
    Stop::new(Exit::Unreadable, format!("không đọc được tệp {}: {error}", path.display()))
}
