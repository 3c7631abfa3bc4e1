//! `sohoa retention`: documents that were taken out of their owners' stores, and erasing those whose term is over.

use clap::Args;

use super::{Exit, Place, Stop};
use crate::workflows::retention::{self, RetentionError, Waiting};

#[derive(Args)]
pub(super) struct RetentionArgs {
    #[command(flatten)]
    place: Place,
    /// Chỉ liệt kê, không xóa
    #[arg(long)]
    dry_run: bool,
}

/// The person who runs the program holds its keys: nobody is asked for a right here.
pub(super) async fn retention(args: RetentionArgs) -> Result<Exit, Stop> {
    let ctx = super::open_existing(&args.place.config()?).await?;
    let found = retention::sweep(&ctx, &ctx.rules.officer, args.dry_run).await.map_err(stopped)?;
    found.iter().for_each(|waiting| println!("{}", line(waiting, args.dry_run)));
    let n_due = found.iter().filter(|waiting| waiting.is_due).count();
    let words = if args.dry_run { "sẽ xóa hẳn" } else { "đã xóa hẳn" };
    println!("{} giấy tờ đã gỡ khỏi kho; {words} {n_due}.", found.len());
    Ok(Exit::Done)
}

fn line(waiting: &Waiting, is_trial: bool) -> String {
    let Waiting { record, term, is_held, is_due, .. } = waiting;
    let until = match term.until {
        Some(until) => format!("lưu đến hết {}", until.strftime("%d/%m/%Y")),
        None => "lưu vĩnh viễn".to_owned(),
    };
    let state = match (is_held, is_due, is_trial) {
        (true, ..) => "đang giữ theo yêu cầu pháp lý",
        (false, true, true) => "sẽ xóa hẳn",
        (false, true, false) => "đã xóa hẳn",
        (false, false, _) => "chưa hết thời hạn",
    };
    format!("{record}: {state}; {until} ({})", term.source)
}

fn stopped(error: RetentionError) -> Stop {
    match error {
        RetentionError::Store(error) => error.into(),
        other => Stop::new(Exit::Failure, other.to_string()),
    }
}
