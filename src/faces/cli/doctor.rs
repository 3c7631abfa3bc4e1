//! `sohoa doctor`: what holds the reading processes on this machine, tried out.

use clap::Args;

use super::{Exit, Place, Stop};
use crate::engines::reader::Hold;

#[derive(Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    place: Place,
    /// Trả lời bằng JSON
    #[arg(long)]
    json: bool,
}

/// Ends with 0 when everything that must be refused is refused, else with 1.
pub(super) fn doctor(args: &DoctorArgs) -> Result<Exit, Stop> {
    let readers = super::readers(&args.place.config()?, Some(1))?;
    let (confinement, attempts) =
        readers.attempt().map_err(|error| Stop::new(Exit::Failure, error.to_string()))?;
    let is_fine = attempts.iter().all(|a| a.is_refused);
    if args.json {
        let answer = serde_json::json!({ "readers": { "confinement": confinement, "attempts": attempts } });
        println!("{answer}");
    } else {
        println!(
            "Tiến trình đọc: Landlock {}, seccomp {}.",
            held(confinement.landlock),
            held(confinement.seccomp)
        );
        for attempt in &attempts {
            println!("{}\t{}", if attempt.is_refused { "bị chặn" } else { "LÀM ĐƯỢC" }, label(&attempt.what));
        }
        if !is_fine {
            println!(
                "Nhân Linux của máy này không chặn đủ; hãy dùng nhân từ 6.12 trở lên và bật Landlock, seccomp."
            );
        }
    }
    Ok(if is_fine { Exit::Done } else { Exit::Failure })
}

fn held(hold: Hold) -> &'static str {
    match hold {
        Hold::Whole => "có hiệu lực",
        Hold::Part => "có hiệu lực một phần",
        Hold::None => "không có",
    }
}

fn label(what: &str) -> &str {
    match what {
        "read_file" => "đọc tệp của máy",
        "list_folder" => "liệt kê thư mục",
        "write_file" => "ghi tệp",
        "connect" => "kết nối mạng",
        "listen" => "mở cổng mạng",
        "send_datagram" => "gửi gói tin",
        "local_socket" => "mở kênh tới chương trình khác",
        "start_program" => "chạy chương trình khác",
        "much_memory" => "chiếm nhiều bộ nhớ",
        other => other,
    }
}
