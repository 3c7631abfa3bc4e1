//! `sohoa watch`: a scanner's folder, looked at whenever something happens there and every few seconds.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use notify::{RecursiveMode, Watcher as _};
use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    Exit, Place, Stop,
    digitise::officer,
    serve::{start_workers, stopped},
};
use crate::{
    domain::{
        eligibility::{HandedInAs, PaperRole},
        ids::ProcedureCode,
    },
    workflows::{
        intake,
        watch::{Handled, Outcome, Settings, Watch, WatchError},
    },
};

/// Between two looks at least so much, however much happens in the folder.
const SHORTEST: Duration = Duration::from_millis(100);

#[derive(Args)]
pub(super) struct WatchArgs {
    #[command(flatten)]
    place: Place,
    /// Mã của công chức (xem `sohoa officer list`)
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
    /// Thủ tục của giấy tờ không có tờ phân cách; mỗi giấy tờ mở một hồ sơ
    #[arg(long, value_name = "CODE")]
    procedure: Option<String>,
    /// Mã thành phần (01) hoặc kết quả (KQ1) của giấy tờ không có tờ phân cách
    #[arg(long, value_name = "CODE", requires = "procedure")]
    component: Option<String>,
    /// Hình thức nộp
    #[arg(long)]
    form: Option<String>,
    /// Nơi đặt các thư mục da-nhan, loi, trung (mặc định: ngay trong DIR)
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Nhận những gì đang có rồi dừng
    #[arg(long)]
    once: bool,
    /// Tệp phải đứng yên bấy nhiêu giây mới được nhận
    #[arg(long, value_name = "GIÂY", default_value_t = 3.0)]
    settle: f64,
    /// Tệp còn dở được chờ bấy nhiêu giây
    #[arg(long, value_name = "GIÂY", default_value_t = 60.0)]
    patience: f64,
    /// Dù không có tín hiệu gì, cứ bấy nhiêu giây xem lại một lần
    #[arg(long, value_name = "GIÂY", default_value_t = 2.0)]
    poll: f64,
    /// Trả lời bằng JSON, mỗi tệp một dòng
    #[arg(long)]
    json: bool,
    /// Thư mục của máy quét
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) async fn watch(args: WatchArgs) -> Result<Exit, Stop> {
    let config = args.place.config()?;
    let settings = args.settings(config.readers.max_bytes)?;
    if !settings.folder.is_dir() {
        return Err(Stop::usage(format!("không có thư mục {}", settings.folder.display())));
    }
    super::log(&config)?;
    let ctx = super::open(&config, None, None).await?;
    let acting = officer(&ctx, &config, args.officer.as_deref()).await?;
    if let Some(code) = &settings.procedure {
        let (_, catalogue) = intake::current_catalogue(&ctx).await?;
        if catalogue.procedure(code).is_none() {
            return Err(Stop::usage(format!("Danh mục không có thủ tục {code}: kiểm tra lại mã")));
        }
    }
    let stop = CancellationToken::new();
    let workers = start_workers(&ctx, config.readers.n_readers, &stop);
    let signals = tokio::spawn(stopped(stop.clone()));
    let watched = settings.folder.clone();
    let ended = match Watch::open(ctx, acting, settings) {
        Ok(mut watch) => {
            eprintln!("sohoa đang theo dõi {} (Ctrl+C để dừng)", watched.display());
            look_until(&mut watch, &args, &stop).await
        }
        Err(error) => Err(error.into()),
    };
    stop.cancel();
    workers.wait().await;
    signals.abort();
    ended
}

/// Looks again and again, until told to stop, or with `--once` until nothing is under way.
async fn look_until(watch: &mut Watch, args: &WatchArgs, stop: &CancellationToken) -> Result<Exit, Stop> {
    let woken = Arc::new(Notify::new());
    let _events = events(&args.folder, woken.clone());
    let poll = seconds(args.poll, "--poll")?.max(SHORTEST);
    let start = Instant::now();
    let mut exit = Exit::Done;
    while !stop.is_cancelled() {
        match watch.tick(start.elapsed()).await {
            Ok(handled) => {
                for handled in handled {
                    print(&handled, args.json);
                    exit = exit.max(exit_of(handled.outcome));
                }
            }
            // What was begun is finished at a later look: the store, or the share, may come back.
            Err(error) if !args.once => tracing::error!(%error, "the folder could not be looked at"),
            Err(error) => return Err(error.into()),
        }
        if args.once && !watch.is_pending(start.elapsed()) {
            return Ok(if watch.n_waiting() > 0 { exit.max(Exit::NeedsPerson) } else { exit });
        }
        let pause =
            if watch.is_pending(start.elapsed()) { SHORTEST.max(poll.min(SHORTEST * 3)) } else { poll };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
            () = async { woken.notified().await; tokio::time::sleep(SHORTEST).await } => {}
        }
    }
    Ok(Exit::Done)
}

/// Wakes on events where the file system sends some; shares don't, and are looked at all the same.
fn events(folder: &std::path::Path, woken: Arc<Notify>) -> Option<notify::RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |_| woken.notify_one()).ok()?;
    watcher.watch(folder, RecursiveMode::NonRecursive).ok()?;
    Some(watcher)
}

fn exit_of(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Received => Exit::Done,
        Outcome::NeedsPerson | Outcome::Duplicate => Exit::NeedsPerson,
        Outcome::Failed => Exit::Unreadable,
    }
}

fn print(handled: &Handled, json: bool) {
    let papers: Vec<String> = handled.papers.iter().map(ToString::to_string).collect();
    if json {
        let moved_to = handled.moved_to.as_ref().map(|p| p.display().to_string());
        let answer = json!({
            "input": handled.name, "outcome": handled.outcome.as_str(), "papers": papers,
            "moved_to": moved_to, "messages": handled.lines,
        });
        println!("{answer}");
        return;
    }
    println!("{:<28} {}", handled.outcome.label(), handled.name);
    for line in &handled.lines {
        println!("    {line}");
    }
}

fn seconds(value: f64, name: &str) -> Result<Duration, Stop> {
    let fits = (0.0..=86_400.0).contains(&value);
    fits.then(|| Duration::from_secs_f64(value))
        .ok_or_else(|| Stop::usage(format!("{name} phải từ 0 đến 86400 giây")))
}

impl WatchArgs {
    fn settings(&self, max_bytes: u64) -> Result<Settings, Stop> {
        let wrong = |name: &str, e: &dyn std::fmt::Display| Stop::usage(format!("{name}: {e}"));
        let procedure = self.procedure.as_deref().map(ProcedureCode::parse).transpose();
        let role = self.component.as_deref().map(PaperRole::parse).transpose();
        let form = self.form.as_deref().map(HandedInAs::parse).transpose();
        Ok(Settings {
            folder: self.folder.clone(),
            out: self.out.clone().unwrap_or_else(|| self.folder.clone()),
            procedure: procedure.map_err(|e| wrong("--procedure", &e))?,
            role: role.map_err(|e| wrong("--component", &e))?,
            form: form.map_err(|e| wrong("--form", &e))?.unwrap_or(HandedInAs::Original),
            settle: seconds(self.settle, "--settle")?,
            patience: seconds(self.patience, "--patience")?,
            max_bytes,
        })
    }
}

impl From<WatchError> for Stop {
    fn from(error: WatchError) -> Self {
        match error {
            WatchError::Store(error) => error.into(),
            WatchError::Reader(error) => Self::new(Exit::Failure, error.to_string()),
            WatchError::Folder { .. } => Self::new(Exit::StorageUnreachable, error.to_string()),
            WatchError::Watched => Self::usage(error.to_string()),
        }
    }
}
