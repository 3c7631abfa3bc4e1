//! `sohoa separators`: sheets that cut a feeder batch into papers.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, Place, Stop, digitise::stop_of_intake, output::write_whole};
use crate::{
    domain::{dossier::ExpectedPages, eligibility::PaperRole, ids::DossierId},
    workflows::separators::{self as sheets, SeparatorError, SheetsWanted},
};

#[derive(Args)]
pub(super) struct SeparatorsArgs {
    #[command(flatten)]
    place: Place,
    /// Mã hồ sơ trong hệ thống
    #[arg(long, value_name = "ID", required_unless_present = "patch")]
    dossier: Option<String>,
    /// Mã thành phần (01) hoặc kết quả (KQ1), nêu nhiều lần được; không nêu thì in cho mọi thành phần phải số hóa
    #[arg(long, value_name = "CODE", requires = "dossier")]
    component: Vec<String>,
    /// Số trang của giấy tờ, khi in cho một thành phần
    #[arg(long, value_name = "N", requires = "dossier")]
    pages: Option<u32>,
    /// In thêm tờ phân cách trơn, dùng cho giấy tờ tiếp theo của cùng thành phần
    #[arg(long)]
    patch: bool,
    /// Tệp PDF sẽ ghi
    #[arg(value_name = "OUT.pdf")]
    out: PathBuf,
}

pub(super) async fn separators(args: SeparatorsArgs) -> Result<Exit, Stop> {
    let pdf = match &args.dossier {
        None => sheets::print_patch(),
        Some(id) => {
            let id = DossierId::parse(id).map_err(|e| Stop::usage(format!("--dossier: {e}")))?;
            let role =
                |code: &String| PaperRole::parse(code).map_err(|e| Stop::usage(format!("--component: {e}")));
            let wanted = SheetsWanted {
                roles: args.component.iter().map(role).collect::<Result<_, _>>()?,
                pages: args.pages.map(ExpectedPages),
                with_patch: args.patch,
            };
            let ctx = super::open_existing(&args.place.config()?).await?;
            sheets::print(&ctx, &ctx.rules.officer, &id, &wanted).await
        }
    };
    let pdf = pdf.map_err(|error| match error {
        SeparatorError::Pages => Stop::usage(error.to_string()),
        SeparatorError::Intake(error) => stop_of_intake(error),
        SeparatorError::Sheet(error) => Stop::new(Exit::Failure, error.to_string()),
    })?;
    write_whole(&args.out, &pdf)?;
    Ok(Exit::Done)
}
