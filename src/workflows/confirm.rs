//! An officer confirms what was read; in the same transaction the code is assigned (Điều 16 khoản 2, Điều 17).

use crate::{
    clock::day_in_vietnam,
    domain::{
        catalogue::Catalogue,
        code::{CodeNumber, DocumentCode, ResultReadings},
        confirm::FieldEdits,
        dossier::{Confirmation, ObjectRole, Paper, PaperState},
        eligibility::PaperRole,
        event::{Action, Change},
        fields::ConfirmedFields,
        ids::{OwnerId, PaperId},
        job::{Job, Urgency},
        officer::ActingOfficer,
        rights,
        signing::OfficerSigning,
    },
    engines::signature::verdict::Overall,
    store::{StoreError, Tx, codes, jobs, owners},
    workflows::{
        context::Ctx,
        digitise::{
            DigitiseError, container_of, dossier_of, move_on, objects_as, paper_for, trace, trace_change,
            wrong_state,
        },
        intake, lessons, verify,
    },
};

/// An officer confirms the fields; the code is assigned in the same transaction (Điều 16, 17).
///
/// What `edits` does not touch stands as proposed. `version` is the one the officer looked at.
///
/// # Errors
/// [`DigitiseError`]; nothing has changed then.
pub async fn confirm(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &PaperId,
    version: Option<u64>,
    edits: FieldEdits,
) -> Result<Paper, DigitiseError> {
    let mut paper = paper_for(ctx, officer, id, rights::may_confirm).await?;
    if version.is_some_and(|v| v != paper.version) {
        return Err(DigitiseError::Stale);
    }
    let PaperState::ToConfirm { checked, proposed, .. } = &paper.state else {
        return Err(wrong_state(&paper));
    };
    let now = ctx.clock.now();
    let fields = proposed.confirmed_with(edits, now).map_err(DigitiseError::Fields)?;
    let (checked, proposed) = (checked.clone(), proposed.clone());
    let catalogue = catalogue_with_type(ctx, &paper, &fields).await?;
    let arrived = arrived(ctx, &paper).await?;
    let carried = Carried::by(ctx, &paper, &arrived).await?;

    let mut tx = ctx.db.write().await?;
    let number = match &fields.document_number {
        Some(number) => CodeNumber::Printed { number: number.clone() },
        None if ctx.rules.code_papers_without_number => {
            let received_on = day_in_vietnam(paper.received_at);
            CodeNumber::None { received_on, ordinal: codes::next_ordinal(&mut tx, received_on).await? }
        }
        None => return Err(DigitiseError::NoNumber),
    };
    let code = DocumentCode::assign(fields.owner.clone(), fields.document_type_code.clone(), number);
    let owner = owners::find_or_create(&mut tx, &fields.owner, now).await?;
    let printed = assign(ctx, &mut tx, &paper, (&code, &owner), &catalogue, carried).await?;
    lessons::note(ctx, &mut tx, &proposed, &fields).await?;
    let change = Change::of_confirmation(&proposed, &fields);
    let by = officer.officer.id.clone();
    let confirmed = Box::new(Confirmation { fields, code, printed, owner, by, at: now, checked });
    // What arrived signed was signed by whom it concerns; and where officers have no signatures yet, the step is
    // passed over, and the record says so.
    let is_signed_here =
        ctx.rules.signing.officer == OfficerSigning::Required && matches!(arrived, Arrived::Unsigned);
    let (next, job) = if is_signed_here {
        (PaperState::ToSign { confirmed }, Job::Compose { paper: paper.id.clone() })
    } else {
        (PaperState::ToCode { confirmed }, Job::WriteCode { paper: paper.id.clone() })
    };
    let states = [paper.state.name(), next.name()];
    move_on(ctx, &mut tx, &mut paper, next, Some(officer), None, None).await?;
    let detail = serde_json::json!({ "before": states[0], "after": states[1] });
    trace_change(ctx, &mut tx, Some(officer), Action::ConfirmFields, &paper.id, Some(detail), &change)
        .await?;
    trace(ctx, &mut tx, Some(officer), Action::AssignCode, &paper.id, None).await?;
    jobs::enqueue(&mut tx, &job, now, Urgency::Desk).await?;
    tx.commit().await?;
    Ok(paper)
}

async fn catalogue_with_type(
    ctx: &Ctx,
    paper: &Paper,
    fields: &ConfirmedFields,
) -> Result<Catalogue, DigitiseError> {
    let catalogue = intake::catalogue_of(ctx, &dossier_of(ctx, paper).await?).await?;
    if catalogue.has_type(&fields.document_type_code) {
        Ok(catalogue)
    } else {
        Err(DigitiseError::UnknownType)
    }
}

/// A code that stands on a signed file already, where nothing may be written over it.
struct Carried {
    text: String,
    /// Whether every signature of the file is good: then whoever wrote the code is known.
    is_proven: bool,
}

impl Carried {
    async fn by(ctx: &Ctx, paper: &Paper, arrived: &Arrived) -> Result<Option<Self>, StoreError> {
        let Arrived::Signed { carried_code: Some(text), .. } = arrived else { return Ok(None) };
        let report = verify::of_paper(ctx, &paper.id).await?;
        let is_proven = report.is_some_and(|(report, _)| report.overall == Overall::TotalPassed);
        Ok(Some(Self { text: text.clone(), is_proven }))
    }

    /// The code of another store, which from now on leads to the paper here too; `None` where it is `code` itself.
    fn beside(self, code: &DocumentCode) -> Result<Option<DocumentCode>, DigitiseError> {
        if self.text == code.to_string() {
            return Ok(None);
        }
        let other = DocumentCode::parse(&self.text).ok().filter(|other| other.to_string() == self.text);
        other.filter(|_| self.is_proven).map(Some).ok_or(DigitiseError::UnprovenCode)
    }
}

/// Assigns the code, with every reading of its type. What is printed in its place leads to the paper, too: another
/// reading by the setting, or what another store has written on a signed file (Điều 12 khoản 3).
async fn assign(
    ctx: &Ctx,
    tx: &mut Tx,
    paper: &Paper,
    (code, owner): (&DocumentCode, &OwnerId),
    catalogue: &Catalogue,
    carried: Option<Carried>,
) -> Result<Option<DocumentCode>, DigitiseError> {
    let dossier_ordinal = match &paper.role {
        Some(PaperRole::Result { .. }) => Some(codes::next_of_dossier(tx, &paper.dossier).await?),
        _ => None,
    };
    let national = catalogue.national_code_of(&code.type_code).cloned();
    let readings = ResultReadings { dossier_ordinal, national };
    let printed = match carried {
        Some(carried) => carried.beside(code)?,
        None => code.read_as(ctx.rules.result_reading, &readings),
    };
    let now = ctx.clock.now();
    // Before the code itself: the last one is the paper's.
    if let Some(printed) = &printed {
        codes::assign(tx, printed, owner, &paper.id, now).await?;
    }
    codes::assign(tx, code, owner, &paper.id, now).await?;
    codes::note_readings(tx, code, &readings).await?;
    Ok(printed)
}

/// How the files of a paper came in.
pub(super) enum Arrived {
    /// As pictures, or as a PDF without a signature.
    Unsigned,
    /// As one signed PDF, all of whose pages make up the paper in their order.
    Signed {
        /// The file.
        pdf: Vec<u8>,
        /// The code that it carries already.
        carried_code: Option<String>,
    },
}

/// Whether a file that the paper is made of is signed; files that were added and left out again don't count.
///
/// # Errors
/// [`DigitiseError::Signed`] where signed pages were put together with others, or arranged.
pub(super) async fn arrived(ctx: &Ctx, paper: &Paper) -> Result<Arrived, DigitiseError> {
    let originals = {
        let mut tx = ctx.db.read().await?;
        objects_as(&mut tx, &paper.id, ObjectRole::Original).await?
    };
    let mut files = ctx.bytes_of(&originals).await?;
    let container = container_of(ctx, &files).await?;
    if !container.has_signatures {
        return Ok(Arrived::Unsigned);
    }
    let pages = paper.state.pages();
    let is_whole = pages.len() == container.n_pages as usize
        && pages.iter().zip(1..).all(|(facts, page)| facts.original_page == page);
    if let ([only], true) = (files.as_mut_slice(), is_whole) {
        return Ok(Arrived::Signed { pdf: std::mem::take(only), carried_code: container.carried_code });
    }
    let mut first = 1u32;
    for (bytes, n_pages) in files.into_iter().zip(container.pages_of_files) {
        let of_file = first..first.saturating_add(n_pages);
        first = of_file.end;
        let is_used = pages.iter().any(|facts| of_file.contains(&facts.original_page));
        if is_used && container_of(ctx, &[bytes]).await?.has_signatures {
            return Err(DigitiseError::Signed);
        }
    }
    Ok(Arrived::Unsigned)
}
