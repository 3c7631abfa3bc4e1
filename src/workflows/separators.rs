//! Prints separator sheets for a dossier: one for each component asked for, or plain ones.

use crate::{
    domain::{
        catalogue::{Catalogue, Procedure},
        dossier::{Dossier, ExpectedPages},
        eligibility::{HandedInAs, PaperRole, Refusal, judge},
        ids::{ComponentCode, DossierId},
        officer::ActingOfficer,
        rights,
        separator::{Separator, may_declare},
    },
    engines::pdf::separator_sheet::{self, Sheet, SheetError},
    workflows::{
        access,
        context::Ctx,
        intake::{self, IntakeError},
    },
};

/// Which sheets to print.
#[derive(Debug, Clone, Default)]
pub struct SheetsWanted {
    /// Components and results; all that are digitised when there are none.
    pub roles: Vec<PaperRole>,
    /// How many pages the paper has: for one sheet alone.
    pub pages: Option<ExpectedPages>,
    /// A plain sheet behind the others.
    pub with_patch: bool,
}

/// Why no sheets were made.
#[derive(Debug, thiserror::Error)]
pub enum SeparatorError {
    /// The number of pages can't stand on a sheet, or on more than one.
    #[error("số trang phải từ 1 đến 9999, và chỉ ghi được khi in tờ phân cách cho đúng một thành phần")]
    Pages,
    /// The dossier, the component or the store.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// They could not be drawn.
    #[error(transparent)]
    Sheet(#[from] SheetError),
}

/// The sheets of a dossier as a PDF to print.
///
/// # Errors
/// [`SeparatorError`].
pub async fn print(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &DossierId,
    wanted: &SheetsWanted,
) -> Result<Vec<u8>, SeparatorError> {
    let dossier = {
        let mut tx = ctx.db.read().await.map_err(IntakeError::from)?;
        access::dossier(&mut tx, officer, id, rights::may_see).await.map_err(IntakeError::from)?
    };
    let catalogue = intake::catalogue_of(ctx, &dossier).await.map_err(IntakeError::from)?;
    let roles = roles(&dossier, &catalogue, wanted)?;
    if let Some(pages) = wanted.pages
        && (!may_declare(pages.0) || roles.len() != 1)
    {
        return Err(SeparatorError::Pages);
    }
    let mut sheets: Vec<Sheet> =
        roles.into_iter().map(|role| sheet(&dossier, &catalogue, role, wanted.pages)).collect();
    if wanted.with_patch {
        sheets.push(patch_sheet());
    }
    draw(sheets)
}

/// A plain sheet alone: for no dossier.
///
/// # Errors
/// [`SeparatorError::Sheet`].
pub fn print_patch() -> Result<Vec<u8>, SeparatorError> {
    draw(vec![patch_sheet()])
}

fn draw(sheets: Vec<Sheet>) -> Result<Vec<u8>, SeparatorError> {
    Ok(separator_sheet::draw(&sheets)?)
}

/// What there is to be a sheet for; one that names no component where the dossier has no procedure.
fn roles(
    dossier: &Dossier,
    catalogue: &Catalogue,
    wanted: &SheetsWanted,
) -> Result<Vec<Option<PaperRole>>, IntakeError> {
    let procedure = dossier.procedure.as_ref().and_then(|code| catalogue.procedure(code));
    let Some(procedure) = procedure else {
        return if wanted.roles.is_empty() { Ok(vec![None]) } else { Err(IntakeError::NoProcedure) };
    };
    for role in &wanted.roles {
        if let Err(unknown @ Refusal::Unknown { .. }) = judge(procedure, role, HandedInAs::Original) {
            return Err(IntakeError::UnknownRole(unknown));
        }
    }
    if !wanted.roles.is_empty() {
        return Ok(wanted.roles.iter().cloned().map(Some).collect());
    }
    let digitised = procedure.components.iter().filter(|c| c.digitise);
    Ok(digitised.map(|c| Some(PaperRole::Component { code: c.code.clone() })).collect())
}

fn sheet(
    dossier: &Dossier,
    catalogue: &Catalogue,
    role: Option<PaperRole>,
    pages: Option<ExpectedPages>,
) -> Sheet {
    let procedure = dossier.procedure.as_ref().and_then(|code| catalogue.procedure(code));
    let mut lines = vec![("Hồ sơ:".to_owned(), dossier.id.to_string())];
    if let Some(procedure) = procedure {
        lines.push(("Thủ tục:".to_owned(), format!("{} – {}", procedure.code, procedure.name)));
    }
    lines.push(match &role {
        Some(role @ PaperRole::Result { .. }) => ("Kết quả:".to_owned(), named(role, procedure)),
        Some(role) => ("Thành phần:".to_owned(), named(role, procedure)),
        None => ("Thành phần:".to_owned(), "chưa ghi, xác định sau khi đọc".to_owned()),
    });
    let counted = pages.map_or_else(|| "không khai, đếm khi quét".to_owned(), |p| p.0.to_string());
    lines.push(("Số trang:".to_owned(), counted));
    let separator = Separator { dossier: dossier.id.clone(), role, pages };
    Sheet {
        code: Some(separator.to_string()),
        title: "TỜ PHÂN CÁCH".to_owned(),
        lines,
        instructions: vec![
            "Đặt tờ này ngay trước giấy tờ trong khay nạp của máy quét.".to_owned(),
            "Tờ này không phải là trang của giấy tờ; không viết, không dán lên mã.".to_owned(),
            "In đúng cỡ A4, tỷ lệ 100 %; in mờ hoặc nhàu thì in lại.".to_owned(),
        ],
    }
}

fn named(role: &PaperRole, procedure: Option<&Procedure>) -> String {
    let of_component = |code: &ComponentCode| procedure?.component(code).map(|c| c.name.clone());
    let name = match role {
        PaperRole::Component { code } if code.is_on_demand() => Some("Giấy tờ khác, theo nhu cầu".to_owned()),
        PaperRole::Component { code } | PaperRole::Opinion { code } => of_component(code),
        PaperRole::Result { ordinal } => procedure.and_then(|p| p.result(*ordinal)).map(|r| r.name.clone()),
    };
    name.map_or_else(|| role.to_string(), |name| format!("{role} – {name}"))
}

fn patch_sheet() -> Sheet {
    Sheet {
        code: None,
        title: "TỜ PHÂN CÁCH TRƠN".to_owned(),
        lines: vec![(
            "Công dụng:".to_owned(),
            "Bắt đầu một giấy tờ khác của cùng thành phần hồ sơ với tờ phân cách có mã đứng trước."
                .to_owned(),
        )],
        instructions: vec![
            "Đặt tờ này giữa hai giấy tờ trong khay nạp của máy quét; dùng lại được nhiều lần.".to_owned(),
            "Tờ này không phải là trang của giấy tờ; không viết, không dán lên các vạch.".to_owned(),
        ],
    }
}
