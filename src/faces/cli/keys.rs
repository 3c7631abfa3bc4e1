//! `sohoa keys`: the master keys that seal what is kept.

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Exit, Place, Stop};
use crate::workflows::keys::{self, KeyUse, RotationError, Services};

#[derive(Subcommand)]
pub(super) enum KeysCommand {
    /// Liệt kê khóa chủ: bao nhiêu giá trị và tệp được niêm phong bằng mỗi khóa
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Thêm khóa chủ mới vào tệp khóa; từ đó mọi thứ mới ghi được niêm phong bằng khóa này
    Rotate {
        #[command(flatten)]
        place: Place,
        /// Chỉ ghi khóa vào tệp khóa, chưa dùng: để kịp chép tệp khóa sang các máy khác
        #[arg(long)]
        prepare: bool,
    },
    /// Chuyển mọi dữ liệu đã niêm phong sang khóa chủ mới nhất; dừng giữa chừng thì chạy lại
    Rewrap {
        #[command(flatten)]
        place: Place,
    },
    /// Bỏ một khóa chủ cũ khi không còn gì được niêm phong bằng khóa đó
    Drop(DropArgs),
}

#[derive(Args)]
pub(super) struct DropArgs {
    #[command(flatten)]
    place: Place,
    /// Mọi dịch vụ (serve, worker, watch) trên mọi máy đều đang dừng: không chờ 10 phút sau khi đổi khóa
    #[arg(long)]
    stopped: bool,
    /// Số của khóa
    #[arg(value_name = "SỐ")]
    id: u32,
}

/// The person who runs the program holds its keys: nobody is asked for a right here.
pub(super) async fn keys(command: KeysCommand) -> Result<Exit, Stop> {
    match command {
        KeysCommand::List { place } => {
            let ctx = super::open_existing(&place.config()?).await?;
            let list = keys::list(&ctx).await?;
            list.keys.iter().for_each(|key| println!("{}", line(key)));
            if list.n_clear > 0 {
                println!("Chưa niêm phong: {} tệp; chạy `sohoa keys rewrap`.", list.n_clear);
            }
        }
        KeysCommand::Rotate { place, prepare } => {
            let config = place.config()?;
            let ctx = super::open_existing(&config).await?;
            if prepare {
                let id = keys::prepare(&ctx).await.map_err(refused)?;
                println!(
                    "Khóa số {id} đã nằm trong tệp khóa, chưa dùng. Chép tệp khóa sang các máy khác, rồi chạy `sohoa keys rotate`."
                );
                return Ok(Exit::Done);
            }
            let id = keys::rotate(&ctx, &ctx.rules.officer).await.map_err(refused)?;
            println!("Khóa số {id} được dùng từ bây giờ. Hãy cất riêng một bản của tệp khóa:");
            println!("{}", config.key_file().display());
            println!("Chuyển dữ liệu cũ sang khóa này: `sohoa keys rewrap`.");
        }
        KeysCommand::Rewrap { place } => {
            let ctx = super::open_existing(&place.config()?).await?;
            let bar = bar();
            let progress = |n_done, n_all| {
                bar.set_length(n_all);
                bar.set_position(n_done);
            };
            let renewed = keys::rewrap(&ctx, &ctx.rules.officer, &progress).await?;
            bar.finish_and_clear();
            println!(
                "Đã chuyển {} giá trị và {} tệp sang khóa số {}.",
                renewed.n_values, renewed.n_objects, renewed.id
            );
            if renewed.n_faulty > 0 {
                let message = format!(
                    "{} giá trị hoặc tệp không mở được nên giữ nguyên: có thể đã hỏng",
                    renewed.n_faulty
                );
                return Err(Stop::new(Exit::NeedsPerson, message));
            }
        }
        KeysCommand::Drop(args) => {
            let ctx = super::open_existing(&args.place.config()?).await?;
            let services = if args.stopped { Services::Stopped } else { Services::Running };
            keys::drop_key(&ctx, &ctx.rules.officer, args.id, services).await.map_err(refused)?;
            println!("Đã bỏ khóa số {}. Các bản cất riêng của tệp khóa cũ cũng nên được hủy.", args.id);
        }
    }
    Ok(Exit::Done)
}

fn line(key: &KeyUse) -> String {
    let state = match &key.known {
        None => "chờ dùng",
        Some(known) if known.dropped_at.is_some() => "đã bỏ",
        Some(_) if key.is_active => "đang dùng",
        Some(_) => "cũ",
    };
    let mut line =
        format!("Khóa số {} ({state}): {} giá trị, {} tệp", key.id, key.values.n_movable, key.n_objects);
    if key.values.n_fixed > 0 {
        line.push_str(&format!(", {} giá trị của nhật ký cũ không chuyển được", key.values.n_fixed));
    }
    let is_dropped = key.known.as_ref().is_some_and(|known| known.dropped_at.is_some());
    match (is_dropped, key.is_in_file) {
        (false, false) => line.push_str(", KHÔNG có trong tệp khóa"),
        (true, true) => line.push_str(", còn trong tệp khóa"),
        _ => {}
    }
    line
}

fn refused(error: RotationError) -> Stop {
    let exit = match &error {
        RotationError::Unknown(_) => Exit::Usage,
        RotationError::InUse(_)
        | RotationError::StillUsed { .. }
        | RotationError::OfTrace { .. }
        | RotationError::TooSoon { .. } => Exit::Refused,
        RotationError::Keys(_) | RotationError::Store(_) => Exit::StorageUnreachable,
    };
    Stop::new(exit, super::with_causes(&error))
}

/// A bar on a terminal that counts values and objects; nothing elsewhere.
fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} · {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
