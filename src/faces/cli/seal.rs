//! `sohoa seal`: signs papers, many with one key session; or prepares and completes signatures that are
//! made elsewhere.

mod key;
mod two_steps;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Exit, Place, Stop, output::write_whole};
use crate::{
    clock::Clock,
    engines::{
        pdf::{AGENCY_FIELD, CODE_FIELD, growing::GrowingFile},
        reader::{NotSealed, Readers},
        signature::seal::{
            Level,
            appearance::{Appearance, CopyBlock, SealPicture},
            key::{KeyError, Signer, SigningCertificate, certificates_of_file},
            prepare::{Field, Intent, Lock, SealOrder},
            task::{SealAnswer, SealTask},
        },
    },
    remote::{Remote, RemoteRules},
    workflows::seal::{self as workflow, SealFailure, Sealed, Sealing},
};

/// Field of an officer's signature in papers that have none ready.
const OFFICER_FIELD: &str = "ChuKyCongChuc";

#[derive(Args)]
pub(super) struct SealArgs {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    key: key::KeyArgs,
    /// Tên ô chữ ký trong tệp PDF
    #[arg(long, value_name = "NAME")]
    field: Option<String>,
    /// Chứng nhận tài liệu: sau đó chỉ được điền ô và ký thêm
    #[arg(long, conflicts_with = "approve")]
    certify: bool,
    /// Ký phê duyệt (mặc định)
    #[arg(long)]
    approve: bool,
    /// Tên cơ quan: ký bản sao vào ô của cơ quan, có khối chữ theo Nghị định 30/2020/NĐ-CP
    #[arg(long, value_name = "NAME", conflicts_with = "certify")]
    agency: Option<String>,
    /// Hình thức sao
    #[arg(long, value_name = "FORM", requires = "agency", default_value = "sao-y")]
    copy_form: CopyForm,
    /// Ảnh con dấu (PNG nền trong suốt, màu đỏ)
    #[arg(long, value_name = "PNG", requires = "agency")]
    seal_picture: Option<PathBuf>,
    /// Lý do ký
    #[arg(long)]
    reason: Option<String>,
    /// Nơi ký
    #[arg(long)]
    location: Option<String>,
    /// Địa chỉ máy chủ cấp dấu thời gian
    #[arg(long, value_name = "URL")]
    tsa: Option<String>,
    /// Mức chữ ký
    #[arg(long, value_name = "LEVEL", default_value = "b-b")]
    level: LevelArg,
    /// Máy chủ trong mạng nội bộ được phép truy cập (lặp lại được)
    #[arg(long, value_name = "HOST")]
    private_host: Vec<String>,
    /// Dừng ở tệp đầu tiên không ký được
    #[arg(long)]
    stop_on_error: bool,
    /// Bước 1: chuẩn bị ký, ghi trạng thái vào tệp này
    #[arg(long, value_name = "STATE", requires = "certificate", conflicts_with_all = ["complete", "p12", "pkcs11"])]
    prepare: Option<PathBuf>,
    /// Bước 2: ghép chữ ký vào tệp đã chuẩn bị
    #[arg(long, value_name = "STATE", conflicts_with_all = ["p12", "pkcs11"])]
    complete: Option<PathBuf>,
    /// Chữ ký CMS nhận về
    #[arg(long, value_name = "F", requires = "complete", conflicts_with = "signature")]
    cms: Option<PathBuf>,
    /// Giá trị chữ ký nhận về (của các thuộc tính đã đưa ra)
    #[arg(long, value_name = "F", requires = "complete")]
    signature: Option<PathBuf>,
    /// Bổ sung dữ liệu kiểm tra và dấu thời gian cho tệp đã ký
    #[arg(long, conflicts_with_all = ["prepare", "complete", "p12", "pkcs11"])]
    extend: bool,
    /// Trả lời bằng JSON, mỗi tệp một dòng
    #[arg(long)]
    json: bool,
    /// Thư mục cho tệp đã ký
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Tệp PDF
    paths: Vec<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum CopyForm {
    SaoY,
    SaoLuc,
    TrichSao,
}

#[derive(Clone, Copy, ValueEnum)]
enum LevelArg {
    #[value(name = "b-b")]
    Basic,
    #[value(name = "b-t")]
    Timestamp,
    #[value(name = "b-lt")]
    LongTerm,
    #[value(name = "b-lta")]
    Archival,
}

impl From<LevelArg> for Level {
    fn from(level: LevelArg) -> Self {
        match level {
            LevelArg::Basic => Self::Basic,
            LevelArg::Timestamp => Self::Timestamp,
            LevelArg::LongTerm => Self::LongTerm,
            LevelArg::Archival => Self::Archival,
        }
    }
}

/// The answer about one paper.
#[derive(Debug, Serialize)]
struct Answer {
    input: String,
    output: Option<String>,
    outcome: Outcome,
    level: Option<Level>,
    wanted: Level,
    field: Option<String>,
    message: String,
    #[serde(skip)]
    exit: Exit,
    /// Whether the key will not sign the next paper either.
    #[serde(skip)]
    is_over: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Sealed,
    Unchanged,
    Failed,
}

pub(super) async fn seal(args: SealArgs) -> Result<Exit, Stop> {
    let config = args.place.config()?;
    let readers = super::readers(&config, Some(1))?.without_words();
    let wanted = Level::from(args.level);
    let remote = match (&args.tsa, wanted) {
        (None, Level::Basic) => None,
        _ => Some(remote(&args.private_host)?),
    };
    let with = Sealing {
        readers: &readers,
        remote: remote.as_ref(),
        authority: args.tsa.as_deref(),
        wanted,
        clock: Clock::System,
    };
    if let Some(state) = &args.prepare {
        return two_steps::prepare(&args, &with, state);
    }
    if let Some(state) = &args.complete {
        return two_steps::complete(&args, &with, state).await;
    }
    if args.paths.is_empty() {
        return Err(Stop::usage("cần ít nhất một tệp PDF"));
    }
    let out = args.out()?;
    if args.extend {
        return args.each(|input| extend_one(&with, input, out)).await;
    }
    let signer = args.key.open()?;
    let certificate = signer.certificate();
    certificate.check(with.clock.now()).map_err(|error| Stop::usage(error.to_string()))?;
    args.each(|input| seal_one(&args, &with, &*signer, input, out)).await
}

fn remote(private_hosts: &[String]) -> Result<Remote, Stop> {
    let rules = RemoteRules { private_hosts: private_hosts.to_vec(), ..RemoteRules::default() };
    Remote::new(&rules).map_err(|error| Stop::new(Exit::Failure, super::with_causes(&error)))
}

impl SealArgs {
    fn out(&self) -> Result<&Path, Stop> {
        let out = self.out.as_deref().ok_or_else(|| Stop::usage("cần --out: thư mục cho tệp đã ký"))?;
        std::fs::create_dir_all(out).map_err(|e| {
            Stop::new(Exit::StorageUnreachable, format!("không ghi được {}: {e}", out.display()))
        })?;
        Ok(out)
    }

    /// One paper after another; what came of each is told at once, so that nothing is lost on the way.
    async fn each<'a, F: Future<Output = Answer>>(
        &'a self,
        one: impl Fn(&'a Path) -> F,
    ) -> Result<Exit, Stop> {
        let mut worst = Exit::Done;
        for input in &self.paths {
            let answer = one(input).await;
            self.tell(&answer);
            worst = worst.max(answer.exit);
            if answer.is_over || self.stop_on_error && answer.outcome == Outcome::Failed {
                break;
            }
        }
        Ok(worst)
    }

    fn tell(&self, answer: &Answer) {
        if self.json {
            println!("{}", serde_json::json!(answer));
        } else {
            let output = answer.output.as_ref().map(|output| format!(" → {output}")).unwrap_or_default();
            println!("{}{output}: {}", answer.input, answer.message);
        }
    }

    fn order(&self, certificate: &SigningCertificate) -> Result<SealOrder, Stop> {
        let at = Clock::System.now();
        let field = match (&self.field, &self.agency) {
            (Some(name), _) => Field::Named(name.clone()),
            (None, Some(_)) => Field::Existing(AGENCY_FIELD.to_owned()),
            (None, None) => Field::Invisible(OFFICER_FIELD.to_owned()),
        };
        let intent = if self.certify {
            Intent::Certify
        } else if self.agency.is_some() {
            Intent::Approve(Lock::Nothing)
        } else {
            // What the law's order still has to add stays open: the code, and the agency's signature.
            Intent::Approve(Lock::AllBut(vec![CODE_FIELD.to_owned(), AGENCY_FIELD.to_owned()]))
        };
        let appearance = self.agency.as_ref().map(|agency| self.copy_block(agency, at)).transpose()?;
        Ok(SealOrder {
            appearance,
            name: self.agency.clone(),
            reason: self.reason.clone(),
            location: self.location.clone(),
            ..SealOrder::new(certificate.clone(), field, intent, at)
        })
    }

    fn copy_block(&self, agency: &str, at: jiff::Timestamp) -> Result<Appearance, Stop> {
        let form = match self.copy_form {
            CopyForm::SaoY => "SAO Y",
            CopyForm::SaoLuc => "SAO LỤC",
            CopyForm::TrichSao => "TRÍCH SAO",
        };
        let seal = match &self.seal_picture {
            Some(path) => {
                let png = key::read(path)?;
                Some(SealPicture::open(&png).map_err(|error| Stop::usage(error.to_string()))?)
            }
            None => None,
        };
        Ok(Appearance::Copy(CopyBlock { form: form.to_owned(), agency: agency.to_owned(), at, seal }))
    }
}

/// The certificates in a file, DER each.
pub(super) fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, Stop> {
    let found = certificates_of_file(&key::read(path)?);
    if found.is_empty() {
        return Err(Stop::usage(format!("{} không có chứng thư số nào", path.display())));
    }
    Ok(found)
}

/// `<stem>.sealed.pdf`
fn output_of(input: &Path, out: &Path) -> PathBuf {
    let stem = input.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    out.join(format!("{stem}.sealed.pdf"))
}

async fn seal_one(
    args: &SealArgs,
    with: &Sealing<'_>,
    signer: &(dyn Signer + Sync),
    input: &Path,
    out: &Path,
) -> Answer {
    let output = output_of(input, out);
    let pdf = match std::fs::read(input) {
        Ok(pdf) => pdf,
        Err(error) => {
            return Answer::failed(input, with.wanted, Exit::Unreadable, format!("không đọc được: {error}"));
        }
    };
    if output.exists() {
        return match found_sealed(with.readers, signer.certificate(), &pdf, &output) {
            Some(field) => Answer::unchanged(input, &output, with.wanted, field),
            None => {
                let message = format!("{} đã có và không do khóa này ký; không ghi đè", output.display());
                Answer::failed(input, with.wanted, Exit::Usage, message)
            }
        };
    }
    let order = match args.order(signer.certificate()) {
        Ok(order) => order,
        Err(stop) => return Answer::failed(input, with.wanted, stop.exit, stop.message),
    };
    match workflow::seal(with, signer, pdf, order).await {
        Ok(sealed) => Answer::kept(input, &output, with.wanted, sealed),
        Err(failure) => Answer::of_failure(input, with.wanted, &failure),
    }
}

/// The field of our signature in a file that was signed by an earlier run.
fn found_sealed(
    readers: &Readers,
    certificate: &SigningCertificate,
    input: &[u8],
    output: &Path,
) -> Option<String> {
    let pdf = GrowingFile::new(std::fs::read(output).ok().filter(|pdf| pdf.starts_with(input))?);
    let step = SealTask::SealedUnder { certificate: Box::new(certificate.clone()), n_bytes: input.len() };
    match readers.seal(&pdf, step) {
        Ok((SealAnswer::Sealed(field), _)) => field,
        _ => None,
    }
}

async fn extend_one(with: &Sealing<'_>, input: &Path, out: &Path) -> Answer {
    let output = output_of(input, out);
    let pdf = match std::fs::read(input) {
        Ok(pdf) => pdf,
        Err(error) => {
            return Answer::failed(input, with.wanted, Exit::Unreadable, format!("không đọc được: {error}"));
        }
    };
    match workflow::extend(with, pdf).await {
        Ok(sealed) if sealed.reached == Level::Basic => {
            let why = sealed.shortfall.unwrap_or_default();
            Answer::failed(input, with.wanted, Exit::StorageUnreachable, format!("chưa bổ sung được: {why}"))
        }
        Ok(sealed) => Answer::kept(input, &output, with.wanted, sealed),
        Err(failure) => Answer::of_failure(input, with.wanted, &failure),
    }
}

impl Answer {
    fn failed(input: &Path, wanted: Level, exit: Exit, message: String) -> Self {
        Self {
            input: input.display().to_string(),
            output: None,
            outcome: Outcome::Failed,
            level: None,
            wanted,
            field: None,
            message,
            exit,
            is_over: false,
        }
    }

    fn of_failure(input: &Path, wanted: Level, failure: &SealFailure) -> Self {
        let exit = match failure {
            SealFailure::Key(KeyError::TokenLost) => Exit::StorageUnreachable,
            SealFailure::Key(_) => Exit::Usage,
            SealFailure::NotSealed(NotSealed::Refused(refusal)) if refusal.is_about_the_order => Exit::Usage,
            SealFailure::NotSealed(NotSealed::Unread(error)) if error.is_ours() => Exit::Failure,
            SealFailure::NotSealed(_) | SealFailure::Seal(_) => Exit::Unreadable,
            SealFailure::Answer => Exit::Failure,
        };
        // A PIN that was wrong once is never tried with the next paper.
        let is_over = matches!(failure, SealFailure::Key(KeyError::WrongPin | KeyError::PinLocked));
        Self { is_over, ..Self::failed(input, wanted, exit, failure.to_string()) }
    }

    fn unchanged(input: &Path, output: &Path, wanted: Level, field: String) -> Self {
        Self {
            output: Some(output.display().to_string()),
            outcome: Outcome::Unchanged,
            field: Some(field),
            ..Self::failed(input, wanted, Exit::Done, "đã ký bằng khóa này từ trước, không ký lại".to_owned())
        }
    }

    /// Keeps a signed paper; when it cannot be written, it is not signed for the next run either.
    fn kept(input: &Path, output: &Path, wanted: Level, sealed: Sealed) -> Self {
        if let Err(stop) = write_whole(output, &sealed.pdf) {
            return Self::failed(input, wanted, stop.exit, stop.message);
        }
        let (message, exit) = match sealed.shortfall {
            None => (format!("đã ký, mức {}", sealed.reached), Exit::Done),
            Some(why) => {
                (format!("đã ký, mức {} thay cho {wanted}: {why}", sealed.reached), Exit::NeedsPerson)
            }
        };
        Self {
            output: Some(output.display().to_string()),
            outcome: Outcome::Sealed,
            level: Some(sealed.reached),
            field: Some(sealed.field).filter(|field| !field.is_empty()),
            ..Self::failed(input, wanted, exit, message)
        }
    }
}
