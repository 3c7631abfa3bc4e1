//! `sohoa catalogue`, `sohoa officer`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::{Exit, Place, Stop};
use crate::{
    config::Config,
    domain::{
        account::{Unit, UserName},
        catalogue::{Catalogue, CatalogueFaults, FieldChange},
        confirm::parse_day,
        ids::{ClientId, OfficerId, PersonalId, UnitId},
        officer::{ActingOfficer, Officer, Role, Scope, scope_names},
    },
    engines::{
        client_certificate,
        extraction::{
            agency::AgencyFaults,
            template::{self, TemplateFaults},
        },
    },
    workflows::{
        accounts::{self, AccountError, Invitee},
        administer,
        catalogue::{self, ImportError, ImportOrder, ImportReport},
        clients::{self, ClientError},
        context::Ctx,
        guide::{GuideError, Lists},
    },
};

#[derive(Subcommand)]
pub(super) enum CatalogueCommand {
    /// Kiểm tra tệp Danh mục, mẫu giấy tờ và danh bạ cơ quan, không nhập
    Check(CheckArgs),
    /// Nhập Danh mục làm bản đang có hiệu lực; có một lỗi thì không nhập gì
    Import(ImportArgs),
}

#[derive(Args)]
pub(super) struct ImportArgs {
    #[command(flatten)]
    place: Place,
    /// Tệp JSON
    file: PathBuf,
    /// Chỉ kiểm tra và cho biết các điểm khác, không nhập
    #[arg(long)]
    dry_run: bool,
    /// Ngày có hiệu lực, như 2027-01-01 (mặc định hôm nay)
    #[arg(long, value_name = "NGÀY")]
    effective: Option<String>,
    /// Số, ký hiệu quyết định ban hành, như 1917/QĐ-BLĐTBXH
    #[arg(long, value_name = "SỐ")]
    decision: Option<String>,
    /// In một đối tượng JSON
    #[arg(long)]
    json: bool,
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
        CatalogueCommand::Import(args) => import(args).await,
    }
}

async fn import(args: ImportArgs) -> Result<Exit, Stop> {
    let text = text_of(&args.file)?;
    let effective_on = args.effective.as_deref().map(parse_day).transpose();
    let order = ImportOrder {
        effective_on: effective_on.map_err(|e| Stop::usage(format!("--effective: {e}")))?,
        decision_number: args.decision,
        puts_in_force: !args.dry_run,
        instead_of: None,
    };
    let ctx = super::open(&args.place.config()?, None, None).await?;
    let officer = ctx.rules.officer.clone();
    let report = catalogue::import(&ctx, &officer, &text, &order).await.map_err(|error| match error {
        ImportError::Faults(faults) => refused(&faults),
        ImportError::Store(error) => error.into(),
        error => Stop::usage(error.to_string()),
    })?;
    if args.json {
        println!("{}", serde_json::to_string(&report).expect("a report is plain data"));
    } else {
        tell(&report);
    }
    Ok(Exit::Done)
}

fn tell(report: &ImportReport) {
    let ImportReport { n_procedures, n_components, .. } = report;
    if report.is_known {
        println!("Danh mục này đang có hiệu lực, không có gì thay đổi.");
        return;
    }
    let day = |day: Date| day.strftime("%d/%m/%Y").to_string();
    let until = report.effective_until.map(|last| format!(" đến {}", day(last))).unwrap_or_default();
    println!(
        "{}{n_procedures} thủ tục, {n_components} thành phần; có hiệu lực từ {}{until}.",
        if report.is_imported { "Đã nhập: " } else { "Chạy thử, chưa nhập gì: " },
        day(report.effective_on)
    );
    println!("Khác bản trước: {} điểm.", report.differences.len());
    for difference in &report.differences {
        let (what, sign) = difference.kind.words();
        println!("  {sign} {what} {} – {}", difference.code, difference.name);
        for field in &difference.fields {
            let FieldChange { before, after, .. } = field;
            let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "(trống)".to_owned());
            println!("      {}: {} → {}", field.words(), shown(before), shown(after));
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
    /// Mở tài khoản đăng nhập cho một công chức; in ra liên kết dùng một lần để tự đặt mật khẩu
    Invite(InviteArgs),
    /// Liệt kê công chức: mã, họ tên, đơn vị
    List {
        #[command(flatten)]
        place: Place,
    },
}

/// Who an officer is.
#[derive(Args)]
struct PersonArgs {
    /// Họ và tên
    #[arg(long)]
    name: String,
    /// Tệp một dòng chứa số định danh cá nhân (không ghi số lên dòng lệnh)
    #[arg(long, value_name = "F")]
    personal_id_file: PathBuf,
}

impl PersonArgs {
    fn read(&self) -> Result<(String, PersonalId), Stop> {
        let personal_id = PersonalId::parse(&text_of(&self.personal_id_file)?)
            .map_err(|e| Stop::usage(format!("số định danh cá nhân: {e}")))?;
        let full_name = self.name.split_whitespace().collect::<Vec<_>>().join(" ");
        if full_name.is_empty() {
            Err(Stop::usage("họ và tên còn trống"))
        } else {
            Ok((full_name, personal_id))
        }
    }
}

#[derive(Args)]
pub(super) struct AddOfficerArgs {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    person: PersonArgs,
    /// Đơn vị
    #[arg(long)]
    unit: Option<String>,
}

#[derive(Args)]
pub(super) struct InviteArgs {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    person: PersonArgs,
    /// Tên đăng nhập
    #[arg(long, value_name = "TÊN")]
    user: String,
    /// Mã đơn vị: a–z, 0–9, gạch nối
    #[arg(long, value_name = "MÃ")]
    unit: String,
    /// Tên đơn vị (mặc định như mã)
    #[arg(long, value_name = "TÊN")]
    unit_name: Option<String>,
    /// Vai trò, có thể nhiều: reception_clerk, case_handler, supervisor, auditor, administrator
    #[arg(long = "role", value_name = "TÊN", default_value = "administrator")]
    roles: Vec<String>,
}

/// The person who runs the program holds its keys: nobody is asked for a right here.
async fn invite(args: InviteArgs) -> Result<Exit, Stop> {
    let (full_name, personal_id) = args.person.read()?;
    let name = UserName::parse(&args.user).map_err(|e| Stop::usage(e.to_string()))?;
    let unknown =
        |role: &str| Stop::usage(format!("không có vai trò “{role}”: xem `sohoa officer invite -h`"));
    let roles = args.roles.iter().map(|role| Role::parse(role).ok_or_else(|| unknown(role)));
    let unit = UnitId::parse(&args.unit)
        .map_err(|_| Stop::usage("mã đơn vị gồm chữ a–z không dấu, chữ số và gạch nối"))?;
    let unit = Unit { name: args.unit_name.unwrap_or_else(|| unit.to_string()), id: unit };
    let invitee = Invitee { full_name, personal_id, name, roles: roles.collect::<Result<_, _>>()?, unit };
    let config = args.place.config()?;
    let ctx = super::open(&config, None, None).await?;
    let by = ActingOfficer::alone(config.officer().0, ctx.clock.now());
    let token = accounts::invite(&ctx, &by, invitee).await.map_err(|error| match error {
        AccountError::Store(error) => error.into(),
        AccountError::Credentials(error) => Stop::new(Exit::Failure, error.to_string()),
        error => Stop::usage(error.to_string()),
    })?;
    println!("{}/invitations/{token}", config.base_url());
    eprintln!("Mở liên kết trong 24 giờ để đặt mật khẩu; liên kết dùng được một lần.");
    Ok(Exit::Done)
}

pub(super) async fn officer(command: OfficerCommand) -> Result<Exit, Stop> {
    match command {
        OfficerCommand::Invite(args) => return invite(args).await,
        OfficerCommand::Add(args) => {
            let (full_name, personal_id) = args.person.read()?;
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

#[derive(Subcommand)]
pub(super) enum ClientCommand {
    /// Thêm một hệ thống được gọi API; in ra mã và khóa bí mật (khóa chỉ hiện một lần), hoặc chỉ mã khi có chứng thư
    Add {
        #[command(flatten)]
        place: Place,
        /// Tên hệ thống
        #[arg(long)]
        name: String,
        /// Phạm vi, có thể nhiều: documents.read, changes.read, verify, catalogue.read
        #[arg(long = "scope", value_name = "PHẠM VI", required = true)]
        scopes: Vec<String>,
        /// Tệp PEM chứng thư của hệ thống, dùng thay khóa bí mật (cần mục service, khóa client_ca trong tệp cấu hình)
        #[arg(long, value_name = "F.pem")]
        certificate: Option<PathBuf>,
    },
    /// Đổi chứng thư của một hệ thống; mã truy cập đã cấp với chứng thư cũ hết giá trị ngay
    Certificate {
        #[command(flatten)]
        place: Place,
        /// Mã hệ thống
        id: String,
        /// Tệp PEM
        #[arg(value_name = "F.pem")]
        file: PathBuf,
    },
    /// Liệt kê hệ thống: mã, tên, phạm vi, còn mở hay đã khóa, khóa bí mật hay chứng thư (SHA-256)
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Khóa một hệ thống; mã truy cập đã cấp hết giá trị ngay
    Close {
        #[command(flatten)]
        place: Place,
        /// Mã hệ thống
        id: String,
    },
}

pub(super) async fn client(command: ClientCommand) -> Result<Exit, Stop> {
    let stop = |error: ClientError| match error {
        ClientError::Store(error) => error.into(),
        error => Stop::usage(error.to_string()),
    };
    match command {
        ClientCommand::Add { place, name, scopes, certificate } => {
            let unknown =
                |scope: &str| Stop::usage(format!("không có phạm vi “{scope}”: xem `sohoa client add -h`"));
            let scopes = scopes.iter().map(|scope| Scope::parse(scope).ok_or_else(|| unknown(scope)));
            let scopes = scopes.collect::<Result<_, _>>()?;
            let (ctx, by) = holder(&place).await?;
            let certificate = certificate.as_deref().map(thumbprint_of).transpose()?;
            let added = clients::add(&ctx, &by, &name, scopes, certificate).await.map_err(stop)?;
            println!("client_id\t{}", added.client.id);
            match added.client.certificate {
                Some(thumbprint) => println!("x5t#S256\t{thumbprint}"),
                None => println!("client_secret\t{}", added.secret),
            }
        }
        ClientCommand::List { place } => {
            let (ctx, by) = holder(&place).await?;
            for client in clients::list(&ctx, &by).await.map_err(stop)? {
                let scopes = scope_names(&client.scopes);
                let state = if client.is_active { "đang mở" } else { "đã khóa" };
                let shows = client.certificate.unwrap_or_else(|| "khóa bí mật".to_owned());
                println!("{}\t{}\t{}\t{state}\t{shows}", client.id, client.name, scopes);
            }
        }
        ClientCommand::Certificate { place, id, file } => {
            let id = ClientId::parse(&id).map_err(|e| Stop::usage(e.to_string()))?;
            let thumbprint = thumbprint_of(&file)?;
            let (ctx, by) = holder(&place).await?;
            clients::set_certificate(&ctx, &by, &id, &thumbprint).await.map_err(stop)?;
            println!("x5t#S256\t{thumbprint}");
        }
        ClientCommand::Close { place, id } => {
            let id = ClientId::parse(&id).map_err(|e| Stop::usage(e.to_string()))?;
            let (ctx, by) = holder(&place).await?;
            clients::set_active(&ctx, &by, &id, false).await.map_err(stop)?;
        }
    }
    Ok(Exit::Done)
}

fn thumbprint_of(file: &Path) -> Result<String, Stop> {
    client_certificate::thumbprint(text_of(file)?.as_bytes())
        .map_err(|e| Stop::new(Exit::Unreadable, format!("{}: {e}", file.display())))
}

/// Who runs the program holds its keys.
async fn holder(place: &Place) -> Result<(Ctx, ActingOfficer), Stop> {
    let config = place.config()?;
    let ctx = super::open_existing(&config).await?;
    let by = ActingOfficer::alone(config.officer().0, ctx.clock.now());
    Ok((ctx, by))
}
