//! `sohoa digitise`: a paper from scan to proposed fields and code, or all the way into the store.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use clap::Args;
use futures_util::{StreamExt, stream};
use indicatif::ProgressBar;

use super::{
    Exit, Place, Stop,
    input::{Defaults, Input, files_of},
    output::{Outcome, Report, progress_bar, write_whole},
    overlay::Overlay,
    with_causes,
};
use crate::{
    clock::{Clock, day_in_vietnam},
    config::Config,
    domain::{
        catalogue::Catalogue,
        code::CodeNumber,
        confirm::FieldEdits,
        count::{Difference, HandedIn},
        dossier::{Dossier, ObjectRole, Paper, PaperState},
        eligibility::{self, Refusal},
        ids::{OfficerId, ProcedureCode},
        job::Urgency,
        officer::ActingOfficer,
        page::{Finding, FindingKind, Severity},
        text::RecognisedText,
    },
    engines::{imaging::fault::ReadError, reader::Readers},
    faces::worker::{self, OnPage},
    store::StoreError,
    workflows::{
        accounts, administer, archive, browse, confirm,
        context::Ctx,
        count,
        digitise::{self as steps, DigitiseError},
        examine::{self, Declared, Interest},
        intake::{self, IntakeError, Upload},
        overlay::Seen,
    },
};

#[derive(Args)]
pub(super) struct DigitiseArgs {
    #[command(flatten)]
    place: Place,
    /// Danh mục dùng thay bản đang có hiệu lực (chỉ với --dry-run)
    #[arg(long, value_name = "F")]
    catalogue: Option<PathBuf>,
    /// Mã thủ tục, như 1.001776
    #[arg(long, value_name = "CODE")]
    procedure: Option<String>,
    /// Mã thành phần (01) hoặc kết quả (KQ1)
    #[arg(long, value_name = "CODE")]
    component: Option<String>,
    /// Số định danh của chủ giấy tờ
    #[arg(long, value_name = "ID")]
    owner: Option<String>,
    /// Số trang của bản gốc
    #[arg(long, value_name = "N")]
    pages: Option<u32>,
    /// Hình thức nộp: original, register_copy, certified_electronic_copy, electronic_photograph, certified_paper_copy, presented_only
    #[arg(long)]
    form: Option<String>,
    /// Số giấy tờ người nộp đưa (cả hồ sơ), để đối chiếu khi quét xong; mọi PATH thuộc cùng một thủ tục
    #[arg(long, value_name = "N", conflicts_with = "dry_run")]
    papers: Option<u32>,
    /// Danh sách CSV: path, pages, procedure, component, owner, form
    #[arg(long, value_name = "F.csv")]
    list: Option<PathBuf>,
    /// Thư mục nhận bản PDF đã ghi mã
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Thư mục nhận ảnh các trang với khung của từng trường vẽ đè lên (ảnh có thông tin cá nhân)
    #[arg(long, value_name = "DIR")]
    overlay: Option<PathBuf>,
    /// Chỉ đọc và đề xuất, không lưu gì
    #[arg(long, conflicts_with = "accept")]
    dry_run: bool,
    /// Xác nhận thay mặt công chức; từ chối khi còn trường bắt buộc chưa đọc được
    #[arg(long, requires = "officer")]
    accept: bool,
    /// Mã của công chức (xem `sohoa officer list`)
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
    /// Số tiến trình đọc (mặc định: số nhân của máy)
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Trả lời bằng JSON, mỗi giấy tờ một dòng
    #[arg(long)]
    json: bool,
    /// PDF, TIFF, JPEG, PNG, hoặc thư mục ảnh các trang của một giấy tờ
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

pub(super) async fn digitise(args: DigitiseArgs) -> Result<Exit, Stop> {
    let defaults = Defaults {
        pages: args.pages,
        procedure: args.procedure.clone(),
        component: args.component.clone(),
        owner: args.owner.clone(),
        form: args.form.clone(),
    };
    let inputs = defaults.inputs(&args.paths, args.list.as_deref())?;
    if args.jobs == Some(0) {
        return Err(Stop::usage("--jobs phải từ 1 trở lên"));
    }
    let config = args.place.config()?;
    let overlay = args.overlay.as_deref().map(|dir| Overlay::into(dir, &inputs)).transpose()?;
    let bar = progress_bar();
    let exit = if args.dry_run {
        dry_run(&args, config, inputs, overlay, &bar).await
    } else {
        keep(&args, config, inputs, overlay, &bar).await
    };
    bar.finish_and_clear();
    exit
}

/// How many papers are under way at once: as many as there are readers.
fn n_jobs(args: &DigitiseArgs, config: &Config) -> usize {
    args.jobs.unwrap_or(config.readers.n_readers).max(1)
}

/// Counts pages on the bar, whichever paper they belong to.
fn count_on(bar: &ProgressBar) -> impl Fn(u32, u32) + Send + Sync + 'static {
    let (bar, seen) = (bar.clone(), Mutex::new(0u32));
    move |done, of| {
        let mut seen = seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *seen == 0 {
            bar.inc_length(u64::from(of));
        }
        bar.inc(u64::from(done.saturating_sub(*seen)));
        *seen = (*seen).max(done);
    }
}

async fn print_all(
    json: bool,
    bar: &ProgressBar,
    mut reports: impl stream::Stream<Item = Report> + Unpin,
) -> Exit {
    let mut exit = Exit::Done;
    while let Some(report) = reports.next().await {
        bar.suspend(|| report.print(json));
        exit = exit.max(report.exit());
    }
    exit
}

// --- without keeping anything ---------------------------------------------------------------

async fn dry_run(
    args: &DigitiseArgs,
    config: Config,
    inputs: Vec<Input>,
    overlay: Option<Overlay>,
    bar: &ProgressBar,
) -> Result<Exit, Stop> {
    let catalogue = match &args.catalogue {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|e| Stop::usage(format!("không đọc được Danh mục {}: {e}", path.display())))?;
            Catalogue::parse(&text).map_err(|e| Stop::usage(e.to_string()))?
        }
        None => Catalogue::starting(),
    };
    known_procedures(&catalogue, &inputs)?;
    let n_jobs = n_jobs(args, &config);
    let guide = super::lists(&config)?.guide().with_threshold(config.reading.threshold);
    let shared = Arc::new((super::readers(&config, args.jobs)?, catalogue, guide, config, overlay));
    let reports = stream::iter(inputs.into_iter().map(|input| {
        let (shared, on_page) = (shared.clone(), count_on(bar));
        async move {
            let name = input.name.clone();
            let work = move || {
                let known = examine::Known { catalogue: &shared.1, guide: &shared.2 };
                propose(&shared.0, known, &shared.3, shared.4.as_ref(), &input, &on_page)
            };
            tokio::task::spawn_blocking(work)
                .await
                .unwrap_or_else(|_| Report::unreadable(&name, ReadError::Crashed.to_string(), Exit::Failure))
        }
    }))
    .buffered(n_jobs);
    Ok(print_all(args.json, bar, reports).await)
}

fn known_procedures(catalogue: &Catalogue, inputs: &[Input]) -> Result<(), Stop> {
    for code in inputs.iter().filter_map(|i| i.procedure.as_ref()) {
        if catalogue.procedure(code).is_none() {
            return Err(Stop::usage(format!(
                "Danh mục không có thủ tục {code}: kiểm tra lại mã, hoặc nhập Danh mục mới"
            )));
        }
    }
    Ok(())
}

fn propose(
    readers: &Readers,
    known: examine::Known<'_>,
    config: &Config,
    overlay: Option<&Overlay>,
    input: &Input,
    on_page: &(dyn Fn(u32, u32) + Sync),
) -> Report {
    let refusal = match refusal_of(known.catalogue, input) {
        Ok(refusal) => refusal,
        Err(message) => return Report::unreadable(&input.name, message, Exit::Usage),
    };
    if let Some(finding) = refusal {
        return Report::refused(&input.name, &finding);
    }
    let files = match files_of(&input.path) {
        Ok(files) => files,
        Err(error) => return Report::unreadable(&input.name, error.to_string(), Exit::Unreadable),
    };
    let declared = Declared {
        pages: input.pages,
        procedure: input.procedure.clone(),
        role: input.role.clone(),
        owner: input.owner.clone(),
        plan: None,
    };
    let now = Clock::System.now();
    match examine::examine(
        readers,
        &files,
        &declared,
        known,
        &config.pages,
        now,
        Interest::at_the_desk(on_page),
    ) {
        Ok(mut examination) => {
            archive::hold_against(&mut examination, &input.known, known.guide.threshold());
            let report = Report::seen(&input.name, &examination.pages, &examination.text)
                .with_timings(examination.timings);
            if let Some(Err(stop)) = overlay.map(|o| o.draw(readers, &input.path, &examination.seen(&files)))
            {
                return Report::unreadable(&input.name, stop.message, stop.exit);
            }
            let Some(proposed) = examination.proposed else { return report };
            let without_number = config
                .code_papers_without_number
                .then(|| CodeNumber::None { received_on: day_in_vietnam(now), ordinal: 1 });
            let code = proposed.code(without_number);
            report.with_proposal(proposed, code.as_ref())
        }
        Err(error) => Report::unread(&input.name, &error, exit_of_reading(&error)),
    }
}

/// The clause by which the declared paper is not digitised, if any.
fn refusal_of(catalogue: &Catalogue, input: &Input) -> Result<Option<Finding>, String> {
    let (Some(code), Some(role)) = (&input.procedure, &input.role) else { return Ok(None) };
    let Some(procedure) = catalogue.procedure(code) else { return Ok(None) };
    match eligibility::judge(procedure, role, input.form) {
        Ok(_) => Ok(None),
        Err(refusal @ Refusal::Unknown { .. }) => Err(refusal.to_string()),
        Err(refusal @ Refusal::NotDigitised { clause, .. }) => Ok(Some(Finding {
            kind: FindingKind::DoNotDigitise,
            page: None,
            rule: clause.to_string(),
            message: refusal.to_string(),
            severity: Severity::Block,
        })),
    }
}

fn exit_of_reading(error: &ReadError) -> Exit {
    if error.is_ours() { Exit::Failure } else { Exit::Unreadable }
}

// --- into the store ---------------------------------------------------------------------------

async fn keep(
    args: &DigitiseArgs,
    config: Config,
    inputs: Vec<Input>,
    overlay: Option<Overlay>,
    bar: &ProgressBar,
) -> Result<Exit, Stop> {
    if args.catalogue.is_some() {
        return Err(Stop::usage(
            "--catalogue chỉ dùng với --dry-run; để đổi Danh mục: sohoa catalogue import",
        ));
    }
    let n_jobs = n_jobs(args, &config);
    let ctx = super::open(&config, args.jobs, None).await?;
    let officer = officer(&ctx, &config, args.officer.as_deref()).await?;
    let (_, catalogue) = intake::current_catalogue(&ctx).await?;
    known_procedures(&catalogue, &inputs)?;
    if let Some(out) = &args.out {
        std::fs::create_dir_all(out).map_err(|e| {
            Stop::new(Exit::StorageUnreachable, format!("không tạo được thư mục {}: {e}", out.display()))
        })?;
    }
    let handed_in = args.papers.map(|n| HandedIn::new(Some(n), Vec::new())).transpose();
    let handed_in = handed_in.map_err(|e| Stop::usage(format!("--papers: {e}")))?;
    if handed_in.is_some() && inputs.windows(2).any(|two| two[0].procedure != two[1].procedure) {
        return Err(Stop::usage("--papers là số giấy tờ của một hồ sơ: mọi PATH phải cùng một thủ tục"));
    }
    let mut dossiers: Vec<Dossier> = Vec::new();
    let mut work = Vec::new();
    for input in inputs {
        let dossier = match dossiers.iter().find(|d| d.procedure == input.procedure) {
            Some(dossier) => dossier.clone(),
            None => {
                let dossier =
                    open_dossier(&ctx, &officer, input.procedure.clone(), handed_in.clone()).await?;
                dossiers.push(dossier.clone());
                dossier
            }
        };
        work.push((input, dossier));
    }
    let urgency = if work.len() > 1 { Urgency::Pile } else { Urgency::Desk };
    let line = Arc::new(Line {
        ctx: ctx.clone(),
        officer: officer.clone(),
        accept: args.accept,
        out: args.out.clone(),
        urgency,
        overlay,
    });
    let reports = stream::iter(work.into_iter().map(|(input, dossier)| {
        let (line, on_page) = (line.clone(), count_on(bar));
        let on_page: OnPage = Arc::new(on_page);
        async move {
            let name = input.name.clone();
            match line.process(input, &dossier, &on_page).await {
                Ok(report) => report,
                Err(stop) => Report::unreadable(&name, stop.message, stop.exit),
            }
        }
    }))
    .buffered(n_jobs);
    let mut reports = Box::pin(reports);
    let exit = print_all(args.json, bar, &mut reports).await;
    Ok(exit.max(hold_against_originals(&ctx, &officer, &dossiers, bar).await?))
}

/// Says what differs from the number of papers handed in (Điều 9 khoản 1), beside the answers.
async fn hold_against_originals(
    ctx: &Ctx,
    officer: &ActingOfficer,
    dossiers: &[Dossier],
    bar: &ProgressBar,
) -> Result<Exit, Stop> {
    let mut exit = Exit::Done;
    for dossier in dossiers.iter().filter(|d| d.handed_in.is_some()) {
        let standing = count::standing(ctx, officer, &dossier.id).await.map_err(stop_of_browse)?;
        for difference in &standing.comparison.differences {
            bar.suspend(|| eprintln!("{} [{}]", difference.message(), Difference::RULE));
            exit = Exit::NeedsPerson;
        }
    }
    Ok(exit)
}

async fn open_dossier(
    ctx: &Ctx,
    officer: &ActingOfficer,
    procedure: Option<ProcedureCode>,
    handed_in: Option<HandedIn>,
) -> Result<Dossier, Stop> {
    intake::open_dossier_of(ctx, officer, procedure, handed_in).await.map_err(stop_of_intake)
}

/// The officer named on the command line, or the configured one.
pub(super) async fn officer(ctx: &Ctx, config: &Config, id: Option<&str>) -> Result<ActingOfficer, Stop> {
    let (configured, _) = config.officer();
    let Some(id) = id else { return has_unit(ctx, ctx.rules.officer.clone()).await };
    let unknown = || {
        Stop::usage(
            "không có công chức với mã này: xem `sohoa officer list`, hoặc thêm bằng `sohoa officer add`",
        )
    };
    let id = OfficerId::parse(id).map_err(|_| unknown())?;
    let known = administer::officers(ctx).await?.into_iter().chain([configured]).find(|o| o.id == id);
    let acting = accounts::acting(&ctx.db, known.ok_or_else(unknown)?, ctx.clock.now()).await?;
    has_unit(ctx, acting).await
}

/// With accounts, papers belong to units: who has none can't receive them.
async fn has_unit(ctx: &Ctx, acting: ActingOfficer) -> Result<ActingOfficer, Stop> {
    if acting.unit.is_none() && accounts::exist(ctx).await? {
        return Err(Stop::usage(
            "cơ quan này đã có tài khoản: cần --officer với mã của một công chức có tài khoản (`sohoa officer list`)",
        ));
    }
    Ok(acting)
}

/// What all papers of one call share on their way into the store.
struct Line {
    ctx: Ctx,
    officer: ActingOfficer,
    accept: bool,
    out: Option<PathBuf>,
    urgency: Urgency,
    overlay: Option<Overlay>,
}

impl Line {
    async fn process(&self, input: Input, dossier: &Dossier, on_page: &OnPage) -> Result<Report, Stop> {
        let start = Instant::now();
        let files = files_of(&input.path).map_err(|e| Stop::new(Exit::Unreadable, e.to_string()))?;
        let mut bytes = Vec::with_capacity(files.len());
        for file in &files {
            bytes.push(std::fs::read(file).map_err(|e| {
                Stop::new(Exit::Unreadable, format!("không đọc được {}: {e}", file.display()))
            })?);
        }
        let upload = Upload {
            files: bytes,
            role: input.role.clone(),
            form: input.form,
            expected_pages: input.pages,
            owner: input.owner.clone(),
            plan: None,
            urgency: self.urgency,
            known: input.known.clone(),
        };
        let paper =
            intake::receive(&self.ctx, &self.officer, &dossier.id, upload).await.map_err(stop_of_intake)?;
        worker::work_until_rest(&self.ctx, &paper.id, on_page).await.map_err(stop_of_step)?;
        let paper = steps::paper(&self.ctx, &paper.id).await.map_err(stop_of_step)?;
        self.draw(&input, files, &paper).await?;
        let report = self.seen(&input, &paper).await?;
        if !(self.accept && matches!(paper.state, PaperState::ToConfirm { .. })) {
            return Ok(report);
        }
        self.accept(&input, paper, report, start).await
    }

    /// Draws over its pages, where that is wanted.
    async fn draw(&self, input: &Input, files: Vec<PathBuf>, paper: &Paper) -> Result<(), Stop> {
        let Some(overlay) = self.overlay.clone() else { return Ok(()) };
        let (readers, path, state) = (self.ctx.readers.clone(), input.path.clone(), paper.state.clone());
        let draw = move || {
            let (pages, proposed, findings) = match &state {
                PaperState::ToConfirm { checked, proposed, .. } => {
                    (&checked.pages, Some(&**proposed), &checked.findings)
                }
                PaperState::NeedsRescan { faults } => (&faults.pages, None, &faults.findings),
                _ => return Ok(()),
            };
            overlay.draw(&readers, &path, &Seen { parts: &files, pages, proposed, findings })
        };
        let failed = |_| Stop::new(Exit::Failure, ReadError::Crashed.to_string());
        tokio::task::spawn_blocking(draw).await.map_err(failed)?
    }

    /// What is to be said of a paper that came to rest.
    async fn seen(&self, input: &Input, paper: &Paper) -> Result<Report, Stop> {
        let nothing = RecognisedText::default();
        let name = &input.name;
        let report = match &paper.state {
            PaperState::ToConfirm { checked, proposed, timings } => {
                let text = self.words(paper).await?;
                let without_number = self
                    .ctx
                    .rules
                    .code_papers_without_number
                    .then(|| CodeNumber::None { received_on: day_in_vietnam(paper.received_at), ordinal: 1 });
                let code = proposed.code(without_number);
                Report::seen(name, &Ok(checked.clone()), &text)
                    .with_timings(*timings)
                    .with_proposal((**proposed).clone(), code.as_ref())
            }
            PaperState::NeedsRescan { faults } => Report::seen(name, &Err(faults.clone()), &nothing),
            PaperState::Refused { reason, clause, .. } => {
                let rule = clause.map(|c| c.to_string()).unwrap_or_default();
                Report::refused(name, &blocked(FindingKind::DoNotDigitise, rule, reason.clone()))
            }
            PaperState::Quarantined { .. } => {
                let rule = "QĐ 1917/QĐ-BLĐTBXH, Điều 5 khoản 1".to_owned();
                let message =
                    "Tài liệu có dấu độ mật: không số hóa. Bản quét đã được cách ly, chờ xóa.".to_owned();
                Report::refused(name, &blocked(FindingKind::Classified, rule, message))
            }
            PaperState::Failed { cause, retry, .. } => {
                let exit = if *retry { Exit::Failure } else { Exit::Unreadable };
                Report::unreadable(name, cause.clone(), exit)
            }
            other => {
                Report::unreadable(name, format!("giấy tờ đang ở bước “{}”", other.label()), Exit::Failure)
            }
        };
        Ok(report.with_paper(&paper.id))
    }

    async fn words(&self, paper: &Paper) -> Result<RecognisedText, Stop> {
        let objects = browse::objects(&self.ctx, &paper.id, ObjectRole::Text).await?;
        let Some(object) = objects.first() else { return Ok(RecognisedText::default()) };
        let bytes = self.ctx.bytes(&object.hash).await?;
        serde_json::from_slice(&bytes).map_err(|e| Stop::new(Exit::StorageUnreachable, e.to_string()))
    }

    /// Confirms in the officer's name, waits until the paper is stored, and writes the coded PDF.
    async fn accept(
        &self,
        input: &Input,
        paper: Paper,
        report: Report,
        start: Instant,
    ) -> Result<Report, Stop> {
        if report.outcome() != Outcome::Proposed {
            return Ok(report); // a person must look first: --accept is refused
        }
        let confirmed =
            confirm::confirm(&self.ctx, &self.officer, &paper.id, None, FieldEdits::default()).await;
        match confirmed {
            Ok(_) => {}
            Err(error @ DigitiseError::Signed) => {
                let rule = "QĐ 1917/QĐ-BLĐTBXH, Điều 15 khoản 3".to_owned();
                return Ok(report.with_reason(&asked(rule, error.to_string())).with_exit(Exit::Unreadable));
            }
            Err(error @ DigitiseError::UnprovenCode) => {
                let rule = "QĐ 1917/QĐ-BLĐTBXH, Điều 12 khoản 3".to_owned();
                return Ok(report.with_reason(&asked(rule, error.to_string())));
            }
            Err(
                error
                @ (DigitiseError::Fields(_) | DigitiseError::CodeTaken { .. } | DigitiseError::NoNumber),
            ) => {
                let rule = "QĐ 1917/QĐ-BLĐTBXH, Điều 7".to_owned();
                return Ok(report.with_reason(&asked(rule, error.to_string())));
            }
            Err(error) => return Err(stop_of_step(error)),
        }
        let quiet: OnPage = Arc::new(|_, _| {});
        worker::work_until_rest(&self.ctx, &paper.id, &quiet).await.map_err(stop_of_step)?;
        let paper = steps::paper(&self.ctx, &paper.id).await.map_err(stop_of_step)?;
        let PaperState::Stored { record } = &paper.state else { return self.seen(input, &paper).await };
        let purpose = browse::Purpose::of_dossier(&paper.dossier);
        let (_, pdf) = browse::content(&self.ctx, &(&self.officer).into(), record, &purpose)
            .await
            .map_err(stop_of_browse)?;
        let code = browse::code_of(&self.ctx, record).await.map_err(stop_of_browse)?;
        if let Some(out) = &self.out {
            write_whole(&out.join(coded_name(&input.path)), &pdf)?;
        }
        let total = Duration::as_millis(&start.elapsed()).try_into().unwrap_or(u64::MAX);
        Ok(report.stored(&code).with_total(total))
    }
}

/// `<input stem>.coded.pdf`.
fn coded_name(input: &Path) -> String {
    let stem = input.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_else(|| "paper".into());
    format!("{stem}.coded.pdf")
}

fn blocked(kind: FindingKind, rule: String, message: String) -> Finding {
    Finding { kind, page: None, rule, message, severity: Severity::Block }
}

fn asked(rule: String, message: String) -> Finding {
    Finding { kind: FindingKind::FieldDoubtful, page: None, rule, message, severity: Severity::Ask }
}

fn stop_of_store(error: &StoreError) -> Stop {
    Stop::new(Exit::StorageUnreachable, with_causes(error))
}

pub(super) fn stop_of_intake(error: IntakeError) -> Stop {
    match error {
        IntakeError::Store(error) => stop_of_store(&error),
        IntakeError::Unreadable(error) => Stop::new(exit_of_reading(&error), error.to_string()),
        IntakeError::Spool(_) => Stop::new(Exit::StorageUnreachable, error.to_string()),
        IntakeError::UnknownProcedure
        | IntakeError::NotInForce
        | IntakeError::Denied(_)
        | IntakeError::Plan(_)
        | IntakeError::UnknownDossier
        | IntakeError::NoReason
        | IntakeError::NoProcedure
        | IntakeError::UnknownRole(_) => Stop::usage(error.to_string()),
    }
}

fn stop_of_step(error: DigitiseError) -> Stop {
    match error {
        DigitiseError::Store(error) => stop_of_store(&error),
        DigitiseError::Unreadable(error) => Stop::new(exit_of_reading(&error), error.to_string()),
        other => Stop::new(Exit::Failure, with_causes(&other)),
    }
}

fn stop_of_browse(error: browse::BrowseError) -> Stop {
    match error {
        browse::BrowseError::Store(error) => stop_of_store(&error),
        other => Stop::new(Exit::Failure, other.to_string()),
    }
}
