//! `sohoa clean`: lists of people for confirmation as CSV, and the numbers that come back (công văn 2513/LĐTBXH-TTTT).

use std::{
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};

use super::{Exit, Place, Stop, digitise, with_causes};
use crate::{
    domain::ids::ContentHash,
    workflows::{
        browse::Purpose,
        cleaning::{self, CleaningError, LineReport, Listed, Outcome, Returned},
    },
};

/// Bytes of a list that comes back, at most.
const MOST_BYTES: usize = 64 << 20;
/// The columns, the last two to be filled in.
const COLUMNS: [&str; 10] = [
    "ma_dong",
    "nhom",
    "ly_do",
    "ho_ten",
    "ngay_sinh",
    "so_dang_ghi",
    "tre_em",
    "so_giay_to",
    "so_dinh_danh_moi",
    "ghi_chu",
];

#[derive(Subcommand)]
pub(super) enum CleanCommand {
    /// Xuất danh sách người chưa có số định danh, số sai định dạng, thiếu thông tin cơ bản (CSV, mở được bằng Excel)
    Report(ReportArgs),
    /// Nhập số định danh đã được cung cấp: kiểm tra cả danh sách rồi cấp mã mới; có một lỗi thì không nhập gì
    Import(ImportArgs),
}

#[derive(Args)]
pub(super) struct ReportArgs {
    #[command(flatten)]
    place: Place,
    /// Mục đích xem dữ liệu cá nhân, ghi vào nhật ký
    #[arg(long, value_name = "MỤC ĐÍCH")]
    purpose: String,
    /// Tệp ghi ra, chưa có sẵn (mặc định: đầu ra chuẩn)
    #[arg(long, value_name = "F.csv")]
    out: Option<PathBuf>,
    /// Mã của công chức (xem `sohoa officer list`)
    #[arg(long, value_name = "MÃ")]
    officer: Option<String>,
}

#[derive(Args)]
pub(super) struct ImportArgs {
    #[command(flatten)]
    place: Place,
    /// Danh sách đã điền cột so_dinh_danh_moi
    file: PathBuf,
    /// Chỉ kiểm tra và cho biết mã trước, mã sau; không nhập
    #[arg(long)]
    dry_run: bool,
    /// Mã của công chức (xem `sohoa officer list`)
    #[arg(long, value_name = "MÃ")]
    officer: Option<String>,
}

pub(super) async fn clean(command: CleanCommand) -> Result<Exit, Stop> {
    match command {
        CleanCommand::Report(args) => report(args).await,
        CleanCommand::Import(args) => import(args).await,
    }
}

fn stop_of(error: CleaningError) -> Stop {
    match error {
        CleaningError::Faults(faults) => {
            let lines: Vec<String> = faults.iter().map(|fault| format!("  - {fault}")).collect();
            let head = format!("Danh sách có {} lỗi, không nhập gì:", faults.len());
            Stop::new(Exit::Unreadable, format!("{head}\n{}", lines.join("\n")))
        }
        CleaningError::Denied(denied) => Stop::new(Exit::Refused, denied.to_string()),
        CleaningError::Store(error) => error.into(),
        stopped @ CleaningError::Stopped { .. } => Stop::new(Exit::Failure, with_causes(&stopped)),
    }
}

async fn report(args: ReportArgs) -> Result<Exit, Stop> {
    let purpose = Purpose::parse(&args.purpose).map_err(|e| Stop::usage(format!("--purpose: {e}")))?;
    let config = args.place.config()?;
    let ctx = super::open_existing(&config).await?;
    let officer = digitise::officer(&ctx, &config, args.officer.as_deref()).await?;
    let out: Box<dyn Write> = match &args.out {
        // Personal data: for who runs the program alone, and never in the place of another file.
        Some(path) => Box::new(
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)
                .map_err(|e| Stop::usage(format!("không tạo được tệp {}: {e}", path.display())))?,
        ),
        None => Box::new(io::stdout().lock()),
    };
    let listed = cleaning::report(&ctx, &officer, &purpose).await.map_err(stop_of)?;
    write(out, &listed).map_err(|e| Stop::new(Exit::Failure, format!("không ghi được danh sách: {e}")))?;
    let of = |group: u8| listed.iter().filter(|l| l.groups.iter().any(|(g, _)| *g as u8 == group)).count();
    eprintln!(
        "{} người: nhóm 1 (không có số) {}, nhóm 2 (số sai, cần xác minh) {}, nhóm 3 (thiếu thông tin cơ bản) {}.",
        listed.len(),
        of(1),
        of(2),
        of(3)
    );
    Ok(Exit::Done)
}

/// Excel reads UTF-8 by its mark alone.
fn write(mut out: impl Write, listed: &[Listed]) -> Result<(), csv::Error> {
    out.write_all("\u{feff}".as_bytes())?;
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(COLUMNS)?;
    for person in listed {
        rows.write_record(cells(person).map(|cell| defused(&cell)))?;
    }
    rows.flush()?;
    Ok(())
}

fn cells(person: &Listed) -> [String; 10] {
    let Listed { owner, groups, basics, is_child, n_documents } = person;
    let mut numbers: Vec<u8> = groups.iter().map(|(group, _)| *group as u8).collect();
    numbers.dedup();
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let reasons: Vec<&str> = groups.iter().map(|(_, words)| words.as_str()).collect();
    let child = match is_child {
        Some(true) => "có",
        Some(false) => "không",
        None => "chưa rõ",
    };
    [
        owner.to_string(),
        numbers.join(";"),
        reasons.join("; "),
        basics.name.clone().unwrap_or_default(),
        basics.born.map(|day| day.strftime("%d/%m/%Y").to_string()).unwrap_or_default(),
        basics.number.as_ref().map(ToString::to_string).unwrap_or_default(),
        child.to_owned(),
        n_documents.to_string(),
        String::new(),
        String::new(),
    ]
}

/// A cell that a spreadsheet would compute is text: what stood on a paper is nobody's formula.
fn defused(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

async fn import(args: ImportArgs) -> Result<Exit, Stop> {
    let bytes = read(&args.file)?;
    let lines = lines(&bytes).map_err(|faults| stop_of(CleaningError::Faults(faults)))?;
    let config = args.place.config()?;
    let ctx = super::open_existing(&config).await?;
    let officer = digitise::officer(&ctx, &config, args.officer.as_deref()).await?;
    let file = ContentHash::of(&bytes);
    let reports = cleaning::import(&ctx, &officer, &file, &lines, args.dry_run).await.map_err(stop_of)?;
    tell(&reports, args.dry_run);
    Ok(Exit::Done)
}

fn read(path: &Path) -> Result<Vec<u8>, Stop> {
    let unread =
        |e: String| Stop::new(Exit::Unreadable, format!("không đọc được tệp {}: {e}", path.display()));
    let n_bytes = std::fs::metadata(path).map_err(|e| unread(e.to_string()))?.len();
    if n_bytes > MOST_BYTES as u64 {
        return Err(unread(format!("dài hơn {} MB", MOST_BYTES >> 20)));
    }
    std::fs::read(path).map_err(|e| unread(e.to_string()))
}

/// The lines of a list, with commas or, as Excel in Vietnam writes it, semicolons between the cells.
fn lines(bytes: &[u8]) -> Result<Vec<Returned>, Vec<String>> {
    let not_csv = "không phải tệp CSV mã UTF-8: trong Excel chọn lưu “CSV UTF-8”";
    let text = std::str::from_utf8(bytes).map_err(|_| vec![not_csv.to_owned()])?;
    // Of lines that end in two signs the reader counts one too few.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let head = text.lines().next().unwrap_or_default();
    let delimiter = if head.contains(';') && !head.contains(',') { b';' } else { b',' };
    let mut rows = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let head = rows.headers().map_err(|_| vec![not_csv.to_owned()])?.clone();
    let column = |name: &str| {
        let at: Vec<usize> = (0..head.len()).filter(|at| head[*at].trim() == name).collect();
        match at.as_slice() {
            [at] => Ok(*at),
            _ => Err(vec![format!("dòng 1: cần đúng một cột {name}, như danh sách đã xuất")]),
        }
    };
    let (owner, number) = (column("ma_dong")?, column("so_dinh_danh_moi")?);
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    for row in rows.records() {
        match row {
            Ok(row) => {
                let cell =
                    |at: usize| row.get(at).unwrap_or_default().trim().trim_start_matches('\'').to_owned();
                let line = row.position().map_or(0, csv::Position::line);
                lines.push(Returned { line, owner: cell(owner), number: cell(number) });
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                faults.push(format!("dòng {line}: số ô khác dòng đầu, hoặc dấu ngoặc kép không khép"));
            }
        }
        if faults.len() >= 200 {
            break;
        }
    }
    if faults.is_empty() { Ok(lines) } else { Err(faults) }
}

/// Before and after, line by line; owners' numbers by their ends.
fn tell(reports: &[LineReport], is_dry_run: bool) {
    for report in reports {
        let what = match (report.outcome, is_dry_run) {
            (Outcome::Empty, _) => continue,
            (Outcome::Done, _) => "đã làm từ trước",
            (Outcome::Taken, true) => "sẽ cấp mã mới",
            (Outcome::Taken, false) => "đã cấp mã mới",
        };
        println!("dòng {}: {what}", report.line);
        for (before, after) in &report.codes {
            println!("  {} → {}", before.masked(), after.masked());
        }
        for warning in &report.warnings {
            println!("  ⚠ {warning}");
        }
    }
    let n = |outcome| reports.iter().filter(|report| report.outcome == outcome).count();
    let n_codes: usize = reports.iter().map(|report| report.codes.len()).sum();
    println!(
        "{}: {} người, {n_codes} giấy tờ; {} người đã làm từ trước; {} dòng chưa điền số.",
        if is_dry_run { "Chạy thử, chưa nhập gì" } else { "Đã nhập" },
        n(Outcome::Taken),
        n(Outcome::Done),
        n(Outcome::Empty)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_spreadsheets_write_them() {
        let check = |text: &str, expected: Result<&[(u64, &str, &str)], &str>| match (
            lines(text.as_bytes()),
            expected,
        ) {
            (Ok(lines), Ok(expected)) => {
                let told: Vec<_> =
                    lines.iter().map(|l| (l.line, l.owner.as_str(), l.number.as_str())).collect();
                assert_eq!(told, expected, "{text}");
            }
            (Err(faults), Err(part)) => assert!(faults[0].contains(part), "{text}: {faults:?}"),
            (lines, expected) => panic!("{text}: {lines:?} / {expected:?}"),
        };
        let both = Ok(&[(2u64, "a", "001185000777"), (3, "b", "")][..]);
        check("ma_dong,so_dinh_danh_moi\na,001185000777\nb,\n", both);
        check("\u{feff}so_dinh_danh_moi;ma_dong;ghi_chu\r\n'001185000777;a;=1+1\r\n;b;\r\n", both);
        check("ma_dong\na\n", Err("cần đúng một cột so_dinh_danh_moi"));
        check("ma_dong,ma_dong,so_dinh_danh_moi\n", Err("cần đúng một cột ma_dong"));
        check("ma_dong,so_dinh_danh_moi\na\n", Err("dòng 2"));
        check("", Err("cần đúng một cột"));
        assert!(lines(&[0xFF, 0xFE, 0]).is_err());
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, expected) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+84", "'+84"),
            ("-1", "'-1"),
            ("@a", "'@a"),
            ("\tx", "'\tx"),
            ("Lò Văn Mẫu", "Lò Văn Mẫu"),
            ("", ""),
        ] {
            assert_eq!(defused(cell), expected);
        }
    }
}
