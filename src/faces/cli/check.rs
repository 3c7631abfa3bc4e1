//! `sohoa check`: the checks of Điều 9 alone.

use std::path::PathBuf;

use clap::Args;

use super::{
    Exit, Place, Stop,
    input::{Defaults, Input, files_of},
    output::{Report, progress_bar},
};
use crate::{config::Config, engines::reader::Readers, workflows::examine};

#[derive(Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    place: Place,
    /// Số trang của bản gốc
    #[arg(long, value_name = "N")]
    pages: Option<u32>,
    /// Chỉ đếm trang
    #[arg(long)]
    count: bool,
    /// Trả lời bằng JSON, mỗi giấy tờ một dòng
    #[arg(long)]
    json: bool,
    /// Số tiến trình đọc
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// PDF, TIFF, JPEG, PNG, hoặc thư mục ảnh các trang của một giấy tờ
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
}

pub(super) fn check(args: CheckArgs) -> Result<Exit, Stop> {
    let inputs = Defaults { pages: args.pages, ..Defaults::default() }.inputs(&args.paths, None)?;
    let config = args.place.config()?;
    let readers = super::readers(&config, args.jobs)?;
    let mut exit = Exit::Done;
    for input in &inputs {
        let report = if args.count {
            count(&readers, &config, input, args.json)
        } else {
            Some(check_one(&readers, &config, input))
        };
        let Some(report) = report else { continue };
        report.print(args.json);
        if !args.json {
            report.print_pages();
        }
        exit = exit.max(report.exit());
    }
    Ok(exit)
}

/// Prints the number of pages; a report only when it can't be told or is not the declared one.
fn count(readers: &Readers, config: &Config, input: &Input, json: bool) -> Option<Report> {
    let files = match files_of(&input.path) {
        Ok(files) => files,
        Err(error) => return Some(Report::unreadable(&input.name, error.to_string(), Exit::Unreadable)),
    };
    match readers.count(&files) {
        Ok(container) => {
            if input.pages.is_some_and(|p| p.0 != container.n_pages) {
                return Some(check_one(readers, config, input));
            }
            if json {
                println!("{}", serde_json::json!({ "input": input.name, "pages": container.n_pages }));
            } else {
                println!("{}\t{}", container.n_pages, input.name);
            }
            None
        }
        Err(error) => Some(Report::unread(&input.name, &error, Exit::Unreadable)),
    }
}

fn check_one(readers: &Readers, config: &Config, input: &Input) -> Report {
    let files = match files_of(&input.path) {
        Ok(files) => files,
        Err(error) => return Report::unreadable(&input.name, error.to_string(), Exit::Unreadable),
    };
    let bar = progress_bar();
    let on_page = |done: u32, of: u32| {
        bar.set_length(u64::from(of));
        bar.set_position(u64::from(done));
    };
    let examined = examine::check_pages(readers, &files, input.pages, &config.pages, &on_page);
    bar.finish_and_clear();
    match examined {
        Ok(e) => Report::seen(&input.name, &e.pages, &e.text).with_timings(e.timings),
        Err(error) => Report::unread(&input.name, &error, Exit::Unreadable),
    }
}
