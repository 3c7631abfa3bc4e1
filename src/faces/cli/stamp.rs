//! `sohoa stamp`: writes a code on page one of a PDF.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, Place, Stop, output::write_whole};
use crate::{
    clock::Clock,
    domain::code::DocumentCode,
    engines::{
        reader::{NotStamped, ReadError},
        signature::order::VerifyOrder,
        stamp::StampError,
    },
    workflows::agency::{self, AgencySeal, SealPlaces},
};

#[derive(Args)]
pub(super) struct StampArgs {
    #[command(flatten)]
    place: Place,
    /// Mã kết quả số hóa
    #[arg(long)]
    code: String,
    /// Trả lời bằng JSON
    #[arg(long)]
    json: bool,
    /// Khóa ký của cơ quan (PKCS#12)
    #[arg(long, value_name = "P12")]
    seal_key: Option<PathBuf>,
    /// Tệp chứa mật khẩu của khóa ký
    #[arg(long, value_name = "F", requires = "seal_key")]
    seal_password_file: Option<PathBuf>,
    /// Tên cơ quan ký, ghi trong chữ ký
    #[arg(long, value_name = "NAME", requires = "seal_key")]
    agency: Option<String>,
    /// Tệp PDF vào
    input: PathBuf,
    /// Tệp PDF ra
    output: PathBuf,
}

pub(super) fn stamp(args: &StampArgs) -> Result<Exit, Stop> {
    let code = DocumentCode::parse(&args.code).map_err(|e| Stop::usage(format!("--code: {e}")))?;
    let config = args.place.config()?;
    let seal = match &args.seal_key {
        None => None,
        Some(p12) => {
            let (p12, password_file) = (Some(p12.clone()), args.seal_password_file.clone());
            let agency = args.agency.clone().unwrap_or_default();
            let places = SealPlaces { p12, password_file, agency, ..SealPlaces::default() };
            Some(AgencySeal::open(&places).map_err(|e| Stop::usage(super::with_causes(&e)))?)
        }
    };
    let trust = super::trust(&config)?;
    let readers = super::readers(&config, Some(1))?.without_words();
    let unreadable = |e: std::io::Error| {
        Stop::new(Exit::Unreadable, format!("không đọc được {}: {e}", args.input.display()))
    };
    let (found, limit) =
        (std::fs::metadata(&args.input).map_err(unreadable)?.len(), config.readers.max_bytes);
    if found > limit {
        return Err(Stop::new(Exit::Unreadable, ReadError::TooManyBytes { found, limit }.to_string()));
    }
    let bytes = std::fs::read(&args.input).map_err(unreadable)?;
    let at = Clock::System.now();
    let judge = VerifyOrder { trust, at, received_at: None, password: None, type_code: None };
    let stamped = agency::stamp(&readers, seal.as_ref(), bytes, code, judge).map_err(|error| {
        let exit = match &error {
            NotStamped::Refused(StampError::CodeTooWide(_)) => Exit::Usage,
            NotStamped::Unread(error) if error.is_ours() => Exit::Failure,
            _ => Exit::Unreadable,
        };
        Stop::new(exit, error.to_string())
    })?;
    write_whole(&args.output, &stamped.pdf)?;
    if args.json {
        println!(
            "{}",
            serde_json::json!({
                "input": args.input.display().to_string(), "output": args.output.display().to_string(),
                "way": stamped.way, "box_mm": stamped.box_mm, "previous_signatures": stamped.previous_signatures,
                "message": stamped.message,
            })
        );
    } else {
        println!("{}", stamped.message);
    }
    Ok(Exit::Done)
}
