//! `sohoa batch`: piles that went through the feeder in one go, cut at their separator sheets.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Exit, Place, Stop,
    digitise::{officer, stop_of_intake},
    input::files_of,
};
use crate::{
    config::Config,
    domain::{
        batch::{self, BatchPage, Opening},
        dossier::Paper,
        eligibility::{HandedInAs, PaperRole},
        ids::DossierId,
    },
    engines::reader::{PageMarks, Readers},
    faces::wire::SheetOut,
    workflows::{
        batch::{self as batches, Batch, BatchError, Received},
        watch::ranges,
    },
};

#[derive(Args)]
pub(super) struct BatchArgs {
    #[command(flatten)]
    place: Place,
    /// Hồ sơ của các trang đứng trước tờ phân cách đầu tiên và sau tờ phân cách trơn
    #[arg(long, value_name = "ID")]
    dossier: Option<String>,
    /// Mã thành phần (01) hoặc kết quả (KQ1) của các trang ấy
    #[arg(long, value_name = "CODE", requires = "dossier")]
    component: Option<String>,
    /// Hình thức nộp: original, register_copy, certified_electronic_copy, electronic_photograph
    #[arg(long)]
    form: Option<String>,
    /// Mã của công chức (xem `sohoa officer list`)
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
    /// Chỉ xem chồng giấy tờ được tách thế nào, không nhận gì
    #[arg(long)]
    dry_run: bool,
    /// Trả lời bằng JSON, mỗi chồng một dòng
    #[arg(long)]
    json: bool,
    /// PDF, TIFF nhiều trang, hoặc thư mục ảnh các trang của cả chồng
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
}

/// What became of one batch.
#[derive(Serialize)]
struct Answer {
    input: String,
    /// `received`, `split` (dry run), `duplicate`, `needs_person`, `unreadable`.
    outcome: &'static str,
    pages: u32,
    separators: Vec<SheetOut>,
    papers: Vec<Value>,
    messages: Vec<String>,
    #[serde(skip)]
    exit: Exit,
}

pub(super) async fn batch(args: BatchArgs) -> Result<Exit, Stop> {
    let dossier = args.dossier.as_deref().map(DossierId::parse).transpose();
    let dossier = dossier.map_err(|e| Stop::usage(format!("--dossier: {e}")))?;
    let role = args.component.as_deref().map(PaperRole::parse).transpose();
    let role = role.map_err(|e| Stop::usage(format!("--component: {e}")))?;
    let form = args.form.as_deref().map(HandedInAs::parse).transpose();
    let form = form.map_err(|e| Stop::usage(format!("--form: {e}")))?.unwrap_or(HandedInAs::Original);
    let config = args.place.config()?;
    let mut exit = Exit::Done;
    if args.dry_run {
        let readers = super::readers(&config, None)?;
        for path in &args.paths {
            let answer = split_only(&readers, path);
            answer.print(args.json);
            exit = exit.max(answer.exit);
        }
        return Ok(exit);
    }
    let ctx = super::open(&config, None, None).await?;
    let acting = officer(&ctx, &config, args.officer.as_deref()).await?;
    let default = dossier.map(|dossier| (dossier, role));
    for path in &args.paths {
        let name = path.display().to_string();
        let answer = match bytes_of(path, &config) {
            Err(message) => Answer::failed(name, message, Exit::Unreadable),
            Ok(files) => {
                let batch = Batch { files, form, default: default.clone() };
                Answer::of(name, batches::receive(&ctx, &acting, batch).await)
            }
        };
        answer.print(args.json);
        exit = exit.max(answer.exit);
    }
    Ok(exit)
}

fn bytes_of(path: &std::path::Path, config: &Config) -> Result<Vec<Vec<u8>>, String> {
    let files = files_of(path).map_err(|e| e.to_string())?;
    let lengths = files.iter().filter_map(|f| std::fs::metadata(f).ok()).map(|m| m.len());
    if lengths.fold(0, u64::saturating_add) > config.readers.max_bytes {
        return Err(format!("lớn hơn {} MB: quét với ít trang hơn", config.readers.max_bytes >> 20));
    }
    files.iter().map(|f| std::fs::read(f).map_err(|e| format!("không đọc được: {e}"))).collect()
}

/// How a batch would be cut; nothing is kept, and no dossier is looked up.
fn split_only(readers: &Readers, path: &std::path::Path) -> Answer {
    let name = path.display().to_string();
    let files = match files_of(path) {
        Ok(files) => files,
        Err(error) => return Answer::failed(name, error.to_string(), Exit::Unreadable),
    };
    let (_, marks) = match readers.marks(&files) {
        Ok(marks) => marks,
        Err(error) => return Answer::failed(name, error.to_string(), Exit::Unreadable),
    };
    let pages: Vec<BatchPage> =
        marks.into_iter().map(|PageMarks { sheet, blank }| BatchPage { sheet, blank }).collect();
    let split = batch::split(&pages);
    let sheets = (1u32..).zip(&pages).filter_map(|(at, p)| Some(SheetOut::of(at, p.sheet.as_ref()?)));
    let papers = split.segments.iter().map(|segment| {
        let separator = match &segment.opening {
            Opening::Sheet(s) | Opening::Patch(Some(s)) => Some(s),
            Opening::Nothing | Opening::Patch(None) | Opening::Unreadable(_) => None,
        };
        json!({
            "pages": segment.pages,
            "dossier": separator.map(|s| s.dossier.as_str()),
            "component": separator.and_then(|s| s.role.as_ref()).map(ToString::to_string),
        })
    });
    Answer {
        input: name,
        outcome: "split",
        pages: u32::try_from(pages.len()).unwrap_or(u32::MAX),
        separators: sheets.collect(),
        papers: papers.collect(),
        messages: split
            .empty
            .iter()
            .map(|at| format!("sau tờ phân cách ở trang {at} không có giấy tờ nào"))
            .collect(),
        exit: if split.empty.is_empty() { Exit::Done } else { Exit::NeedsPerson },
    }
}

impl Answer {
    fn failed(input: String, message: String, exit: Exit) -> Self {
        let (separators, papers) = (Vec::new(), Vec::new());
        Self { input, outcome: "unreadable", pages: 0, separators, papers, messages: vec![message], exit }
    }

    fn of(input: String, received: Result<Received, BatchError>) -> Self {
        let received = match received {
            Ok(received) => received,
            Err(BatchError::Known { papers }) => {
                let seen = |p: &Paper| json!({ "paper": p.id, "state": p.state.name() });
                let message = "bản quét này đã được nhận trước đây, không nhận lần nữa".to_owned();
                let papers = papers.iter().map(seen).collect();
                let failed = Self::failed(input, message, Exit::NeedsPerson);
                return Self { outcome: "duplicate", papers, ..failed };
            }
            Err(error @ (BatchError::NoSheets | BatchError::OnlySheets)) => {
                let outcome = "needs_person";
                return Self { outcome, ..Self::failed(input, error.to_string(), Exit::NeedsPerson) };
            }
            Err(BatchError::Intake(error)) => {
                let stop = stop_of_intake(error);
                return Self::failed(input, stop.message, stop.exit);
            }
        };
        let mut messages = received.remarks;
        messages.extend(received.papers.iter().filter_map(|p| p.question.clone()));
        let paper = |p: &batches::BatchPaper| {
            json!({
                "paper": p.paper.id, "dossier": p.paper.dossier, "pages": p.pages,
                "component": p.paper.role.as_ref().map(ToString::to_string), "state": p.paper.state.name(),
            })
        };
        let is_plain = messages.is_empty();
        Self {
            input,
            outcome: if is_plain { "received" } else { "needs_person" },
            pages: received.n_pages,
            separators: received.sheets.iter().map(|(at, mark)| SheetOut::of(*at, mark)).collect(),
            papers: received.papers.iter().map(paper).collect(),
            messages,
            exit: if is_plain { Exit::Done } else { Exit::NeedsPerson },
        }
    }

    fn print(&self, json: bool) {
        if json {
            println!("{}", serde_json::to_string(self).expect("an answer is plain data"));
            return;
        }
        println!(
            "{}: {} trang, {} tờ phân cách, {} giấy tờ",
            self.input,
            self.pages,
            self.separators.len(),
            self.papers.len()
        );
        for paper in &self.papers {
            let text = |key: &str| paper[key].as_str().unwrap_or("–").to_owned();
            let pages: Vec<u32> = paper["pages"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|p| p.as_u64()?.try_into().ok())
                .collect();
            println!(
                "    trang {:<8} hồ sơ {}  thành phần {:<5} giấy tờ {}",
                ranges(&pages),
                text("dossier"),
                text("component"),
                text("paper")
            );
        }
        for message in &self.messages {
            println!("    {message}");
        }
    }
}
