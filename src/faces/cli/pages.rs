//! `sohoa pages`: the pages of files put in order, turned, left out, split and put together, as a new
//! PDF; and the same for papers of an installation. The files named are never written to.

mod stored;

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Exit, Place, Stop, input::files_of, output::write_whole};
use crate::{
    clock::Clock,
    domain::plan::{self, PagePlan, PlanError, PlanStep},
    engines::{
        imaging::{fault::ReadError, open::Container},
        reader::Readers,
    },
    workflows::derive,
};

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct PagesArgs {
    #[command(subcommand)]
    command: Option<PagesCommand>,
    #[command(flatten)]
    edit: Edit,
    #[command(flatten)]
    making: Making,
    /// Các tệp vào (PDF, TIFF, JPEG, PNG, thư mục ảnh), sau cùng là tệp PDF ra
    #[arg(value_name = "IN… OUT.pdf", num_args = 2.., required = true)]
    files: Vec<PathBuf>,
}

#[derive(Subcommand)]
enum PagesCommand {
    /// Tách các trang thành nhiều tệp PDF: <tên tệp vào>-1.pdf, -2.pdf, …
    #[command(after_help = "Ví dụ: sohoa pages split --after 3,7 me.pdf out/")]
    Split {
        /// Tệp mới bắt đầu sau các trang này
        #[arg(long, visible_alias = "at", value_name = "3,7", required = true)]
        after: PageList,
        #[command(flatten)]
        making: Making,
        /// Các tệp vào, sau cùng là thư mục ra
        #[arg(value_name = "IN… OUTDIR", num_args = 2.., required = true)]
        files: Vec<PathBuf>,
    },
    /// Gộp nhiều tệp thành một tệp PDF
    #[command(after_help = "Ví dụ: sohoa pages merge a.pdf b.jpg out.pdf")]
    Merge {
        #[command(flatten)]
        making: Making,
        /// Các tệp vào, sau cùng là tệp PDF ra
        #[arg(value_name = "IN… OUT.pdf", num_args = 3.., required = true)]
        files: Vec<PathBuf>,
    },
    /// Sắp xếp trang của một giấy tờ đã nhận; giấy tờ được kiểm tra và đọc lại
    #[command(
        after_help = "Ví dụ: sohoa pages plan --paper ID --remove 4 --reason 'trang trắng' --data ./data"
    )]
    Plan(stored::PlanArgs),
    /// Hoàn tác bước sắp xếp gần nhất của một giấy tờ đã nhận
    #[command(after_help = "Ví dụ: sohoa pages undo --paper ID --data ./data")]
    Undo(stored::UndoArgs),
    /// Các lần sắp xếp trang của một giấy tờ đã nhận
    #[command(after_help = "Ví dụ: sohoa pages history --paper ID --data ./data")]
    History(stored::HistoryArgs),
}

/// How the copy is made.
#[derive(Args)]
struct Making {
    /// Chấp nhận bản ra không còn chữ ký số của tệp vào
    #[arg(long)]
    unsigned_copy: bool,
    /// Ghi đè tệp ra đã có
    #[arg(long)]
    overwrite: bool,
    /// Trả lời bằng JSON, mỗi tệp ra một dòng
    #[arg(long)]
    json: bool,
    /// Tệp cấu hình
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
}

/// What is done to the pages. Numbers are pages of the files as they came, over all files in order.
#[derive(Args, Default)]
struct Edit {
    /// Xen mặt sau vào mặt trước: nửa đầu là mặt trước, nửa sau là mặt sau quét khi lật cả xấp giấy
    #[arg(long)]
    interleave: bool,
    /// Với --interleave: mặt sau đã đúng thứ tự, không bị ngược
    #[arg(long, requires = "interleave")]
    backs_in_order: bool,
    /// Với --interleave: số mặt trước, khi tờ cuối không quét mặt sau
    #[arg(long, value_name = "N", requires = "interleave")]
    fronts: Option<u32>,
    /// Đảo ngược thứ tự các trang
    #[arg(long)]
    reverse: bool,
    /// Xoay trang theo chiều kim đồng hồ: 2:90 hoặc 2:90,5:180
    #[arg(long, value_name = "TRANG:ĐỘ", value_delimiter = ',')]
    rotate: Vec<Turn>,
    /// Bỏ các trang này khỏi bản ra: 4 hoặc 4,6-8
    #[arg(long, value_name = "TRANG")]
    remove: Option<PageList>,
    /// Thứ tự mới của mọi trang còn lại: 3,1,2
    #[arg(long, value_name = "TRANG")]
    order: Option<PageList>,
}

/// `2:90`.
#[derive(Clone, Copy)]
struct Turn {
    page: u32,
    degrees: u16,
}

impl std::str::FromStr for Turn {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = || {
            let (page, degrees) = text.trim().split_once(':')?;
            let degrees: u16 = degrees.trim().parse().ok().filter(|d| matches!(d, 90 | 180 | 270))?;
            Some(Self { page: page.trim().parse().ok().filter(|page| *page > 0)?, degrees })
        };
        parsed().ok_or_else(|| "viết như 2:90; góc là 90, 180 hoặc 270".to_owned())
    }
}

/// `3,1,5-7`.
#[derive(Clone)]
struct PageList(Vec<u32>);

/// Longer lists are not typed by people.
const MAX_LISTED: usize = 10_000;

impl std::str::FromStr for PageList {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "viết như 3,1,5-7; số trang từ 1".to_owned();
        let number = |text: &str| text.trim().parse::<u32>().ok().filter(|page| *page > 0).ok_or_else(wrong);
        let mut pages = Vec::new();
        for item in text.split(',') {
            let (first, last) = match item.split_once('-') {
                Some((first, last)) => (number(first)?, number(last)?),
                None => (number(item)?, number(item)?),
            };
            if first > last || (last - first) as usize >= MAX_LISTED - pages.len().min(MAX_LISTED) {
                return Err(wrong());
            }
            pages.extend(first..=last);
        }
        Ok(Self(pages))
    }
}

impl Edit {
    fn is_empty(&self) -> bool {
        let Self { interleave, reverse, rotate, remove, order, .. } = self;
        !interleave && !reverse && rotate.is_empty() && remove.is_none() && order.is_none()
    }

    /// The steps on `plan`, whose originals have `n_pages` pages.
    fn steps(&self, plan: &PagePlan, n_pages: u32) -> Result<Vec<PlanStep>, PlanError> {
        let mut plan = plan.clone();
        let mut steps = Vec::new();
        let mut take = |plan: &mut PagePlan, step: PlanStep| -> Result<(), PlanError> {
            *plan = plan::apply(plan, &step, n_pages)?;
            steps.push(step);
            Ok(())
        };
        if self.interleave {
            let step = PlanStep::Interleave { backs_reversed: !self.backs_in_order, fronts: self.fronts };
            take(&mut plan, step)?;
        }
        if self.reverse {
            take(&mut plan, PlanStep::Reverse {})?;
        }
        for Turn { page, degrees } in &self.rotate {
            let positions = positions(&plan, &[*page])?;
            take(&mut plan, PlanStep::Rotate { positions, degrees: *degrees })?;
        }
        if let Some(PageList(pages)) = &self.remove {
            let positions = positions(&plan, pages)?;
            take(&mut plan, PlanStep::Remove { positions })?;
        }
        if let Some(PageList(pages)) = &self.order {
            let order = positions(&plan, pages)?;
            take(&mut plan, PlanStep::Reorder { order })?;
        }
        Ok(steps)
    }
}

/// Where pages of the originals stand in a plan.
fn positions(plan: &PagePlan, pages: &[u32]) -> Result<Vec<u32>, PlanError> {
    let position = |page: &u32| {
        let found = (1..).zip(plan.pages()).find(|(_, p)| p.page == *page).map(|(position, _)| position);
        found.ok_or(PlanError::NoSuchPage { page: *page, n_pages: plan.n_pages() })
    };
    pages.iter().map(position).collect()
}

pub(super) async fn pages(args: PagesArgs) -> Result<Exit, Stop> {
    match args.command {
        None => edited(&args.edit, &args.making, &args.files),
        Some(PagesCommand::Split { after, making, files }) => split(&after, &making, &files),
        Some(PagesCommand::Merge { making, files }) => edited(&Edit::default(), &making, &files),
        Some(PagesCommand::Plan(args)) => stored::plan(args).await,
        Some(PagesCommand::Undo(args)) => stored::undo(args).await,
        Some(PagesCommand::History(args)) => stored::history(args).await,
    }
}

/// The files named, opened.
struct Source {
    names: Vec<String>,
    files: Vec<PathBuf>,
    container: Container,
    readers: Readers,
}

impl Source {
    fn open(making: &Making, paths: &[PathBuf]) -> Result<Self, Stop> {
        let mut files = Vec::new();
        for path in paths {
            files.extend(files_of(path).map_err(|e| Stop::new(Exit::Unreadable, e.to_string()))?);
        }
        let place = Place { config: making.config.clone(), ..Place::default() };
        let readers = super::readers(&place.config()?, Some(1))?;
        let container = readers.open(&files).map_err(unreadable)?;
        if container.has_signatures && !making.unsigned_copy {
            return Err(Stop::new(
                Exit::Unreadable,
                "tệp vào có chữ ký số: bản sắp xếp lại không giữ được chữ ký. Giữ nguyên tệp đã ký; nếu chỉ cần bản không ký, thêm --unsigned-copy",
            ));
        }
        let names = paths.iter().map(|p| p.display().to_string()).collect();
        Ok(Self { names, files, container, readers })
    }

    fn whole(&self) -> Result<PagePlan, Stop> {
        PagePlan::whole(self.container.n_pages).map_err(|e| Stop::new(Exit::Unreadable, e.to_string()))
    }

    /// Writes the pages of `plan` to `output`, and says so.
    fn write(&self, making: &Making, plan: &PagePlan, output: &Path) -> Result<(), Stop> {
        is_free(output, making, &self.files)?;
        let now = Clock::System.now();
        let pdf = derive::derived_pdf(&self.readers, &self.files, plan, "Bản sắp xếp trang", now);
        write_whole(output, &pdf.map_err(unreadable)?)?;
        let (n_in, n_out) = (self.container.n_pages, plan.n_pages());
        let all: Vec<u32> = (1..=n_in).collect();
        let left_out = plan.left_out(&all);
        let unsigned =
            if self.container.has_signatures { "; bản ra không có chữ ký số" } else { "" };
        let message = format!("{n_in} trang → {n_out} trang{unsigned}");
        if making.json {
            let pages: Vec<_> = (1u32..)
                .zip(plan.pages())
                .map(|(position, p)| json!({ "position": position, "page": p.page, "turn": p.turn }))
                .collect();
            println!(
                "{}",
                json!({ "input": self.names, "output": output.display().to_string(), "pages": pages,
                        "left_out": left_out, "message": message })
            );
        } else {
            println!("{}: {message}", output.display());
        }
        Ok(())
    }
}

fn edited(edit: &Edit, making: &Making, files: &[PathBuf]) -> Result<Exit, Stop> {
    let (output, inputs) = files.split_last().ok_or_else(|| Stop::usage("chưa nêu tệp nào"))?;
    is_free(output, making, inputs)?;
    let source = Source::open(making, inputs)?;
    let whole = source.whole()?;
    let wrong = |e: PlanError| Stop::usage(e.to_string());
    let mut plan = whole.clone();
    for step in edit.steps(&whole, source.container.n_pages).map_err(wrong)? {
        plan = plan::apply(&plan, &step, source.container.n_pages).map_err(wrong)?;
    }
    source.write(making, &plan, output)?;
    Ok(Exit::Done)
}

fn split(after: &PageList, making: &Making, files: &[PathBuf]) -> Result<Exit, Stop> {
    let (folder, inputs) = files.split_last().ok_or_else(|| Stop::usage("chưa nêu tệp nào"))?;
    let source = Source::open(making, inputs)?;
    let parts = source.whole()?.cut(&after.0).map_err(|e| Stop::usage(e.to_string()))?;
    let stem =
        inputs.first().and_then(|p| p.file_stem()).map_or_else(|| "paper".into(), |s| s.to_os_string());
    let output = |n: usize| folder.join(format!("{}-{n}.pdf", stem.to_string_lossy()));
    // Nothing is written where one of the files could not be.
    for n in 1..=parts.len() {
        is_free(&output(n), making, &source.files)?;
    }
    std::fs::create_dir_all(folder).map_err(|e| {
        Stop::new(Exit::StorageUnreachable, format!("không tạo được thư mục {}: {e}", folder.display()))
    })?;
    for (n, plan) in (1..).zip(&parts) {
        source.write(making, plan, &output(n))?;
    }
    Ok(Exit::Done)
}

/// Refuses to write over an input, and over any file unless told to: with a name forgotten, the last
/// input would stand in the place of the output.
fn is_free(output: &Path, making: &Making, inputs: &[PathBuf]) -> Result<(), Stop> {
    let Ok(there) = std::fs::metadata(output) else { return Ok(()) };
    if there.is_dir() {
        return Err(Stop::usage(format!("{} là thư mục: cần nêu tệp PDF ra", output.display())));
    }
    let is_input = inputs.iter().any(|input| {
        std::fs::metadata(input).is_ok_and(|m| (m.dev(), m.ino()) == (there.dev(), there.ino()))
    });
    if is_input {
        return Err(Stop::usage(format!("{} là tệp vào: bản gốc không bị ghi đè", output.display())));
    }
    if making.overwrite {
        return Ok(());
    }
    Err(Stop::usage(format!("{} đã có: nêu tên khác, hoặc thêm --overwrite", output.display())))
}

fn unreadable(error: ReadError) -> Stop {
    let exit = if error.is_ours() { Exit::Failure } else { Exit::Unreadable };
    Stop::new(exit, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_pages_are_written_as_people_write_them() {
        for (text, expected) in [
            ("3,1,2", Some(vec![3, 1, 2])),
            (" 4 , 6-8", Some(vec![4, 6, 7, 8])),
            ("2-2", Some(vec![2])),
            ("", None),
            ("0", None),
            ("3-1", None),
            ("1,,2", None),
            ("1-4000000000", None),
            ("-1", None),
        ] {
            assert_eq!(text.parse::<PageList>().ok().map(|l| l.0), expected, "{text}");
        }
        for (text, expected) in [("2:90", Some((2, 90))), ("2", None), ("0:90", None), ("1:45", None)] {
            assert_eq!(text.parse::<Turn>().ok().map(|t| (t.page, t.degrees)), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_pages_of_the_files_whatever_else_is_done() {
        let edit = Edit {
            interleave: true,
            rotate: vec![Turn { page: 3, degrees: 90 }],
            remove: Some(PageList(vec![4])),
            order: Some(PageList(vec![3, 1, 2])),
            ..Edit::default()
        };
        let whole = PagePlan::whole(4).unwrap();
        let steps = edit.steps(&whole, 4).unwrap();
        let done = steps.iter().try_fold(whole.clone(), |plan, step| plan::apply(&plan, step, 4)).unwrap();
        let pages: Vec<_> = done.pages().iter().map(|p| (p.page, p.turn)).collect();
        assert_eq!(pages, [(3, Some(90)), (1, None), (2, None)]);
        let forgetful = Edit { order: Some(PageList(vec![2, 1])), ..Edit::default() };
        assert!(matches!(forgetful.steps(&whole, 4), Err(PlanError::NotAnOrder { found: 2, n_pages: 4 })));
    }
}
