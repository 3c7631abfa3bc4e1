//! A dossier with its checklist: what is done, what is left to do, and whether it is complete (Điều 4, 5, 9, 11).

use crate::{
    domain::{
        catalogue::{Catalogue, Procedure},
        checklist::{self, Component},
        code::DocumentTypeCode,
        count::HandedIn,
        dossier::{Paper, PaperState},
        eligibility::{Clause, PaperRole},
        ids::{DossierId, OwnerId, PaperId},
        officer::ActingOfficer,
        reuse::Answer,
    },
    workflows::{
        browse::BrowseError,
        context::Ctx,
        count::{self, Standing},
        intake, owners,
        reuse::{self, ReuseError, Taken},
    },
};

/// One line of the checklist: a component, or a result of the procedure (Điều 4 khoản 3).
#[derive(Debug, Clone)]
pub struct Item {
    /// Which.
    pub role: PaperRole,
    /// The code that its papers get.
    pub type_code: DocumentTypeCode,
    /// Its name.
    pub name: String,
    /// Whether the catalogue has it digitised.
    pub is_digitised: bool,
    /// How it stands.
    pub standing: checklist::Standing,
    /// By which clause it is digitised, or left out.
    pub clause: Option<Clause>,
    /// Why, from the catalogue.
    pub reason: String,
    /// How many were handed in, where somebody has said so.
    pub declared: Option<u32>,
}

/// Whose paper one of a dossier is, as far as that may be told without looking at it.
#[derive(Debug, Clone)]
pub struct Whose {
    /// Which paper.
    pub paper: PaperId,
    /// Opaque, where the store knows him.
    pub owner: Option<OwnerId>,
    /// His number, masked; names are not told in lists.
    pub masked: Option<String>,
}

/// A dossier as it stands.
pub struct Checklist {
    /// The dossier, its papers, and what differs from what was handed in.
    pub dossier: Standing,
    /// The catalogue it was opened under.
    pub catalogue: Catalogue,
    /// Components, in the order of the catalogue.
    pub components: Vec<Item>,
    /// Results of the procedure.
    pub results: Vec<Item>,
    /// Documents of the store that were taken for it.
    pub taken: Vec<Taken>,
    /// Whose the papers are.
    pub owners: Vec<Whose>,
    /// What is left to do, as Vietnamese sentences; empty when it is complete.
    pub open: Vec<String>,
}

impl Checklist {
    /// The procedure, where one was said.
    pub fn procedure(&self) -> Option<&Procedure> {
        self.dossier.dossier.procedure.as_ref().and_then(|code| self.catalogue.procedure(code))
    }

    /// Whose a paper is.
    pub fn whose(&self, paper: &PaperId) -> Option<&Whose> {
        self.owners.iter().find(|whose| whose.paper == *paper)
    }
}

/// A dossier with its checklist.
///
/// # Errors
/// [`ReuseError`].
pub async fn of(ctx: &Ctx, officer: &ActingOfficer, id: &DossierId) -> Result<Checklist, ReuseError> {
    let dossier = count::standing(ctx, officer, id).await.map_err(|error| match error {
        BrowseError::Denied(denied) => ReuseError::Denied(denied),
        BrowseError::Store(error) => ReuseError::Store(error),
        _ => ReuseError::NotFound,
    })?;
    let catalogue = intake::catalogue_of(ctx, &dossier.dossier).await?;
    let taken = reuse::of_dossier(ctx, officer, id).await?;
    let procedure = dossier.dossier.procedure.as_ref().and_then(|code| catalogue.procedure(code));
    let components = procedure.map(|p| components(p, &dossier, &taken)).unwrap_or_default();
    let results = procedure.map(|p| results(p, &dossier)).unwrap_or_default();
    let mut whose = Vec::new();
    for paper in &dossier.papers {
        if let Some(owner) = owners::of_paper(ctx, paper).await? {
            let masked = owner.keys.iter().find(|key| key.number().is_some()).map(|key| key.masked());
            whose.push(Whose { paper: paper.id.clone(), owner: owner.known, masked });
        }
    }
    let open = open(&dossier, &components);
    Ok(Checklist { dossier, catalogue, components, results, taken, owners: whose, open })
}

fn components(procedure: &Procedure, standing: &Standing, taken: &[Taken]) -> Vec<Item> {
    let declared = standing.dossier.handed_in.as_ref();
    let item = |component: &crate::domain::catalogue::DossierComponent| {
        let role = PaperRole::Component { code: component.code.clone() };
        let papers: Vec<&Paper> = standing.papers.iter().filter(|p| p.role.as_ref() == Some(&role)).collect();
        let serves =
            |taken: &&Taken| taken.reuse.component == component.code && taken.today.answer != Answer::DoesNot;
        let n_reused = u32::try_from(taken.iter().filter(serves).count()).unwrap_or(u32::MAX);
        let declared = declared.and_then(|declared| declared.of(&role));
        let known = Component { is_digitised: component.digitise, papers: &papers, n_reused, declared };
        let (standing, left_out) = checklist::standing(known);
        Item {
            type_code: component.type_code().clone(),
            name: component.name.clone(),
            is_digitised: component.digitise,
            standing,
            clause: left_out.or_else(|| component.clause()),
            reason: component.reason.clone(),
            declared,
            role,
        }
    };
    procedure.components.iter().map(item).collect()
}

/// Results come when the procedure is over: none is missing before.
fn results(procedure: &Procedure, standing: &Standing) -> Vec<Item> {
    let declared = |role: &PaperRole| standing.dossier.handed_in.as_ref().and_then(|d: &HandedIn| d.of(role));
    let item = |result: &crate::domain::catalogue::ProcedureResult| {
        let DocumentTypeCode::Result { ordinal, .. } = &result.code else { return None };
        let role = PaperRole::Result { ordinal: *ordinal };
        let papers: Vec<&Paper> = standing.papers.iter().filter(|p| p.role.as_ref() == Some(&role)).collect();
        let declared = declared(&role);
        let known =
            Component { is_digitised: true, papers: &papers, n_reused: 0, declared: declared.or(Some(0)) };
        let (standing, left_out) = checklist::standing(known);
        Some(Item {
            type_code: result.code.clone(),
            name: result.name.clone(),
            is_digitised: true,
            standing,
            clause: left_out.or(Some(Clause::RESULT)),
            reason: String::new(),
            declared,
            role,
        })
    };
    procedure.results.iter().filter_map(item).collect()
}

/// What is left to do.
fn open(standing: &Standing, components: &[Item]) -> Vec<String> {
    let mut open = Vec::new();
    if standing.dossier.procedure.is_none() {
        open.push("Hồ sơ chưa ghi thủ tục nên chưa biết gồm những giấy tờ nào.".to_owned());
    }
    for item in components.iter().filter(|item| !item.standing.is_settled()) {
        let name = &item.name;
        open.push(match item.standing {
            checklist::Standing::InProgress => {
                format!("Thành phần {} ({name}) còn giấy tờ đang xử lý.", item.role)
            }
            _ => format!(
                "Thành phần {} ({name}) còn thiếu: nhận giấy tờ, dùng lại giấy tờ đã có, hoặc khai 0 nếu không nộp.",
                item.role
            ),
        });
    }
    let of_component = |paper: &Paper| components.iter().any(|item| paper.role.as_ref() == Some(&item.role));
    let is_moving = |paper: &&Paper| {
        !paper.state.is_final()
            && !matches!(paper.state, PaperState::Quarantined { .. })
            && !of_component(paper)
    };
    let n_moving = standing.papers.iter().filter(is_moving).count();
    if n_moving > 0 {
        open.push(format!(
            "Còn {n_moving} giấy tờ khác đang xử lý (kết quả, ý kiến hoặc giấy tờ theo nhu cầu)."
        ));
    }
    if standing.comparison.agrees == Some(false) {
        let told = standing.comparison.differences.iter();
        open.extend(told.map(crate::domain::count::Difference::message));
    }
    open
}
