//! `sohoa catalogue`, `sohoa officer`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{Exit, Place, Stop};
use crate::{
    config::Config,
    domain::{
        catalogue::{Catalogue, CatalogueFaults},
        ids::{OfficerId, PersonalId},
        officer::Officer,
    },
    engines::extraction::{
        agency::AgencyFaults,
        template::{self, TemplateFaults},
    },
    workflows::{
        administer::{self, ImportError},
        guide::{GuideError, Lists},
    },
};

#[derive(Subcommand)]
pub(super) enum CatalogueCommand {
    /// Kiểm tra tệp Danh mục, mẫu giấy tờ và danh bạ cơ quan, không nhập
    Check(CheckArgs),
    /// Nhập Danh mục làm bản đang có hiệu lực; có một lỗi thì không nhập gì
    Import {
        #[command(flatten)]
        place: Place,
        /// Tệp JSON
        file: PathBuf,
    },
}

#[derive(Args)]
pub(super) struct CheckArgs {
    /// Tệp Danh mục (JSON); không có thì dùng Danh mục kèm theo chương trình
    file: Option<PathBuf>,
    /// Thư mục mẫu giấy tờ của đơn vị (mặc định theo tệp cấu hình)
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    /// Tệp danh bạ cơ quan của đơn vị (mặc định theo tệp cấu hình)
    #[arg(long, value_name = "F.csv")]
    agencies: Option<PathBuf>,
    /// Tệp cấu hình
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
}

/// The catalogue first; then the templates, held against it, each by its own examples.
fn check(args: &CheckArgs) -> Result<Exit, Stop> {
    let catalogue = match &args.file {
        Some(file) => Catalogue::parse(&text_of(file)?).map_err(|faults| refused(&faults))?,
        None => Catalogue::starting(),
    };
    let n_components: usize = catalogue.procedures.iter().map(|p| p.components.len()).sum();
    println!("Đúng mẫu: {} thủ tục, {n_components} thành phần.", catalogue.procedures.len());
    let documents = Config::read(args.config.as_deref())?.documents;
    let templates = args.templates.as_ref().or(documents.templates.as_ref());
    let agencies = args.agencies.as_ref().or(documents.agencies.as_ref());
    let lists =
        Lists::read(templates.map(PathBuf::as_path), agencies.map(PathBuf::as_path)).map_err(not_taken)?;
    let checked = template::check(&lists.templates, &lists.agencies, &catalogue);
    for warning in &checked.warnings {
        println!("Lưu ý: {warning}");
    }
    if !checked.faults.is_empty() {
        return Err(Stop::new(Exit::Unreadable, listed("Mẫu giấy tờ", &checked.faults)));
    }
    println!(
        "Mẫu giấy tờ: {} loại, {} ví dụ đọc đúng; danh bạ: {} cơ quan.",
        checked.n_templates,
        checked.n_examples,
        lists.agencies.len()
    );
    Ok(Exit::Done)
}

fn not_taken(error: GuideError) -> Stop {
    let message = match &error {
        GuideError::Templates(TemplateFaults(faults)) => listed("Mẫu giấy tờ", faults),
        GuideError::Agencies(AgencyFaults(faults)) => listed("Danh bạ cơ quan", faults),
        _ => super::with_causes(&error),
    };
    Stop::new(Exit::Unreadable, message)
}

fn listed(what: &str, faults: &[String]) -> String {
    let lines: Vec<String> = faults.iter().map(|f| format!("  - {f}")).collect();
    format!("{what} có {} lỗi:\n{}", faults.len(), lines.join("\n"))
}

pub(super) async fn catalogue(command: CatalogueCommand) -> Result<Exit, Stop> {
    match command {
        CatalogueCommand::Check(args) => check(&args),
        CatalogueCommand::Import { place, file } => {
            let text = text_of(&file)?;
            let ctx = super::open(&place.config()?, None, None).await?;
            let officer = ctx.rules.officer.clone();
            match administer::import_catalogue(&ctx, &officer, &text).await {
                Ok(imported) if imported.is_known => {
                    println!("Danh mục này đang có hiệu lực, không có gì thay đổi.");
                    Ok(Exit::Done)
                }
                Ok(imported) => {
                    println!("Đã nhập {} thủ tục.", imported.n_procedures);
                    Ok(Exit::Done)
                }
                Err(ImportError::Faults(faults)) => Err(refused(&faults)),
                Err(ImportError::Store(error)) => Err(error.into()),
            }
        }
    }
}

fn refused(CatalogueFaults(faults): &CatalogueFaults) -> Stop {
    let lines: Vec<String> = faults.iter().map(|f| format!("  - {f}")).collect();
    Stop::new(
        Exit::Unreadable,
        format!("Danh mục có {} lỗi, không nhập gì:\n{}", faults.len(), lines.join("\n")),
    )
}

fn text_of(path: &Path) -> Result<String, Stop> {
    std::fs::read_to_string(path)
        .map_err(|e| Stop::new(Exit::Unreadable, format!("không đọc được tệp {}: {e}", path.display())))
}

#[derive(Subcommand)]
pub(super) enum OfficerCommand {
    /// Thêm một công chức; in ra mã dùng cho --officer
    Add(AddOfficerArgs),
    /// Liệt kê công chức: mã, họ tên, đơn vị
    List {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Args)]
pub(super) struct AddOfficerArgs {
    #[command(flatten)]
    place: Place,
    /// Họ và tên
    #[arg(long)]
    name: String,
    /// Tệp một dòng chứa số định danh cá nhân (không ghi số lên dòng lệnh)
    #[arg(long, value_name = "F")]
    personal_id_file: PathBuf,
    /// Đơn vị
    #[arg(long)]
    unit: Option<String>,
}

pub(super) async fn officer(command: OfficerCommand) -> Result<Exit, Stop> {
    match command {
        OfficerCommand::Add(args) => {
            let personal_id = PersonalId::parse(&text_of(&args.personal_id_file)?)
                .map_err(|e| Stop::usage(format!("số định danh cá nhân: {e}")))?;
            let full_name = args.name.split_whitespace().collect::<Vec<_>>().join(" ");
            if full_name.is_empty() {
                return Err(Stop::usage("họ và tên còn trống"));
            }
            let ctx = super::open(&args.place.config()?, None, None).await?;
            let officer = Officer { id: OfficerId::new(), full_name, personal_id, unit: args.unit };
            administer::add_officer(&ctx, &ctx.rules.officer, &officer).await?;
            println!("{}", officer.id);
        }
        OfficerCommand::List { place } => {
            let ctx = super::open_existing(&place.config()?).await?;
            for officer in administer::officers(&ctx).await? {
                println!("{}\t{}\t{}", officer.id, officer.full_name, officer.unit.unwrap_or_default());
            }
        }
    }
    Ok(Exit::Done)
}
