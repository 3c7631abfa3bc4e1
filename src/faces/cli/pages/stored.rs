//! The page plans of papers of an installation.

use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::{Edit, Exit, Place, Stop};
use crate::{
    domain::{
        dossier::{Paper, PaperState},
        ids::PaperId,
        plan::PlannedPage,
        rights,
    },
    faces::{cli::digitise, worker},
    workflows::{
        arrange::{self, ArrangeError, Asking},
        browse,
        context::Ctx,
        digitise::{self as steps, DigitiseError},
    },
};

/// Which paper, where, and in whose name.
#[derive(Args)]
struct Stored {
    #[command(flatten)]
    place: Place,
    /// Mã giấy tờ trong hệ thống
    #[arg(long, value_name = "ID")]
    paper: String,
    /// Mã của công chức (xem `sohoa officer list`)
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
    /// Trả lời bằng JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    stored: Stored,
    #[command(flatten)]
    edit: Edit,
    /// Đưa lại trang đã bỏ: TRANG:VỊ-TRÍ, như 4:2
    #[arg(long, value_name = "TRANG:VỊ-TRÍ")]
    insert: Option<String>,
    /// Lý do; bắt buộc khi bỏ trang
    #[arg(long, value_name = "CHỮ")]
    reason: Option<String>,
}

#[derive(Args)]
pub(super) struct UndoArgs {
    #[command(flatten)]
    stored: Stored,
    /// Lý do
    #[arg(long, value_name = "CHỮ")]
    reason: Option<String>,
}

#[derive(Args)]
pub(super) struct HistoryArgs {
    #[command(flatten)]
    stored: Stored,
}

impl Stored {
    fn id(&self) -> Result<PaperId, Stop> {
        PaperId::parse(&self.paper).map_err(|_| Stop::usage("không có giấy tờ với mã này"))
    }

    async fn open(&self) -> Result<(Ctx, crate::domain::officer::ActingOfficer), Stop> {
        let config = self.place.config()?;
        let ctx = crate::faces::cli::open_existing(&config).await?;
        let officer = digitise::officer(&ctx, &config, self.officer.as_deref()).await?;
        Ok((ctx, officer))
    }

    /// Works until the paper rests, and says where.
    async fn finish(&self, ctx: &Ctx, id: &PaperId) -> Result<Exit, Stop> {
        let quiet: worker::OnPage = Arc::new(|_, _| {});
        worker::work_until_rest(ctx, id, &quiet).await.map_err(stop_of_step)?;
        let paper = steps::paper(ctx, id).await.map_err(stop_of_step)?;
        let n_pages = paper.state.pages().len();
        if self.json {
            let pages =
                paper.state.pages().iter().map(
                    |p| json!({ "position": p.position, "page": p.original_page, "rotation": p.rotation }),
                );
            println!(
                "{}",
                json!({ "paper": id, "state": paper.state.name(), "version": paper.version,
                        "pages": pages.collect::<Vec<_>>() })
            );
        } else {
            println!("{}: {n_pages} trang", paper.state.label());
        }
        Ok(exit_of(&paper))
    }
}

fn exit_of(paper: &Paper) -> Exit {
    match &paper.state {
        PaperState::NeedsRescan { .. } => Exit::NeedsPerson,
        PaperState::Quarantined { .. } | PaperState::Refused { .. } => Exit::Refused,
        PaperState::Failed { retry: true, .. } => Exit::Failure,
        PaperState::Failed { .. } => Exit::Unreadable,
        _ => Exit::Done,
    }
}

pub(super) async fn plan(args: PlanArgs) -> Result<Exit, Stop> {
    let id = args.stored.id()?;
    if args.edit.is_empty() && args.insert.is_none() {
        return Err(Stop::usage(
            "chưa nêu việc gì: --order, --rotate, --remove, --insert, --interleave, --reverse",
        ));
    }
    let (ctx, officer) = args.stored.open().await?;
    let standing =
        arrange::arrangement(&ctx, &officer, &id, rights::may_work_on).await.map_err(stop_of_step)?;
    let n_pages = standing.own().iter().copied().max().unwrap_or(0);
    let mut all = Vec::new();
    let mut now = standing.plan().clone();
    let wrong = |e: crate::domain::plan::PlanError| Stop::usage(e.to_string());
    if let Some(insert) = &args.insert {
        let parsed = insert
            .split_once(':')
            .and_then(|(page, position)| Some((page.trim().parse().ok()?, position.trim().parse().ok()?)));
        let (page, position) = parsed.ok_or_else(|| Stop::usage("--insert: viết như 4:2"))?;
        let step = crate::domain::plan::PlanStep::Insert { page, position };
        now = crate::domain::plan::apply(&now, &step, n_pages).map_err(wrong)?;
        all.push(step);
    }
    all.extend(args.edit.steps(&now, n_pages).map_err(wrong)?);
    let version = Some(standing.paper.version);
    let asking = Asking { officer: &officer, version, reason: args.reason.as_deref() };
    arrange::arrange(&ctx, asking, &id, all).await.map_err(stop_of_arranging)?;
    args.stored.finish(&ctx, &id).await
}

pub(super) async fn undo(args: UndoArgs) -> Result<Exit, Stop> {
    let id = args.stored.id()?;
    let (ctx, officer) = args.stored.open().await?;
    let asking = Asking { officer: &officer, version: None, reason: args.reason.as_deref() };
    arrange::undo(&ctx, asking, &id).await.map_err(stop_of_arranging)?;
    args.stored.finish(&ctx, &id).await
}

pub(super) async fn history(args: HistoryArgs) -> Result<Exit, Stop> {
    let id = args.stored.id()?;
    let (ctx, officer) = args.stored.open().await?;
    let standing = browse::arrangement(&ctx, &officer, &id).await.map_err(|error| match error {
        browse::BrowseError::Store(error) => Stop::from(error),
        browse::BrowseError::NotFound => Stop::usage("không có giấy tờ với mã này"),
        other => Stop::new(Exit::Unreadable, other.to_string()),
    })?;
    for entry in &standing.history {
        let pages = listed(entry.plan.pages());
        if args.stored.json {
            println!(
                "{}",
                json!({ "ordinal": entry.ordinal, "act": entry.act, "pages": entry.plan.pages(),
                        "reason": entry.reason, "by": entry.by, "at": entry.at })
            );
        } else {
            let reason = entry.reason.as_deref().map(|r| format!(" ({r})")).unwrap_or_default();
            println!("{}. {} – {}{reason}: trang {pages}", entry.ordinal, entry.at, entry.act.label());
        }
    }
    Ok(Exit::Done)
}

/// `1, 3 (xoay 90°), 2`.
fn listed(pages: &[PlannedPage]) -> String {
    let page = |p: &PlannedPage| match p.turn {
        None | Some(0) => p.page.to_string(),
        Some(turn) => format!("{} (xoay {turn}°)", p.page),
    };
    pages.iter().map(page).collect::<Vec<_>>().join(", ")
}

fn stop_of_step(error: DigitiseError) -> Stop {
    match error {
        DigitiseError::UnknownPaper => Stop::usage("không có giấy tờ với mã này"),
        DigitiseError::WrongState { .. } | DigitiseError::NoReason | DigitiseError::Stale => {
            Stop::usage(error.to_string())
        }
        DigitiseError::Store(error) => error.into(),
        DigitiseError::Unreadable(error) => super::unreadable(error),
        other => Stop::new(Exit::Failure, other.to_string()),
    }
}

fn stop_of_arranging(error: ArrangeError) -> Stop {
    match error {
        ArrangeError::Step(error) => stop_of_step(error),
        other => Stop::usage(other.to_string()),
    }
}
