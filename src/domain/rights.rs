//! Who may do what (Điều 8, Điều 10): one function for each right, of plain data.
//!
//! A right is held by roles, ends at the officer's unit, and is closed by secret marks and by what papers say of
//! children and of health. What belongs to another unit is [`Denied::Foreign`]: whoever asks is not told that it is
//! there. Knows nothing of sessions, rows and requests.

use serde::{Deserialize, Serialize};

use super::{
    ids::UnitId,
    officer::{
        ActingClient, ActingOfficer, Actor,
        Role::{self, Administrator, Auditor, CaseHandler, ReceptionClerk, Supervisor},
        Scope,
    },
};

/// Why something is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// None of the officer's roles holds the right.
    #[error("tài khoản này không có quyền làm việc đó; việc này thuộc vai trò: {}", listed(.0))]
    Role(&'static [Role]),
    /// The system was not given that scope.
    #[error("hệ thống này chưa được cấp phạm vi “{}”", .0.as_str())]
    Scope(Scope),
    /// Another unit's, or closed: as if it were not there.
    #[error("không tìm thấy")]
    Foreign,
}

fn listed(roles: &[Role]) -> String {
    roles.iter().map(|role| role.words()).collect::<Vec<_>>().join(", ")
}

/// Why a paper is closed outside the unit that handles it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// It is a child's (under 16; NĐ 56/2017/NĐ-CP, Điều 33).
    Child,
    /// It speaks of somebody's health (Luật 91/2025/QH15; NĐ 20/2021/NĐ-CP, Điều 8).
    Health,
}

/// What rights ask of a dossier or a paper on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaperScope<'a> {
    /// The unit that handles the dossier; `None` of an installation without accounts.
    pub unit: Option<&'a UnitId>,
    /// Whether the paper bears a secret mark.
    pub is_quarantined: bool,
}

/// What rights ask of a stored document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordScope<'a> {
    /// The unit whose dossier it came with.
    pub unit: Option<&'a UnitId>,
    /// Whether it is closed outside that unit.
    pub sensitivity: Option<Sensitivity>,
}

const DESK: &[Role] = &[ReceptionClerk, CaseHandler, Supervisor];
const CASES: &[Role] = &[CaseHandler, Supervisor];
const ABOVE: &[Role] = &[Supervisor];
const REQUESTS: &[Role] = &[ReceptionClerk, CaseHandler, Supervisor, Auditor];

type Verdict = Result<(), Denied>;

fn holds(by: &ActingOfficer, roles: &'static [Role]) -> Verdict {
    if by.roles.any(roles) { Ok(()) } else { Err(Denied::Role(roles)) }
}

fn is_given(by: &ActingClient, scope: Scope) -> Verdict {
    if by.scopes.contains(&scope) { Ok(()) } else { Err(Denied::Scope(scope)) }
}

/// Of the officer's own unit, and not set apart. Who has no right to any paper learns that first.
fn of_own_unit(by: &ActingOfficer, paper: &PaperScope<'_>, roles: &'static [Role]) -> Verdict {
    holds(by, roles)?;
    if paper.unit != by.unit.as_ref() {
        return Err(Denied::Foreign);
    }
    if paper.is_quarantined { holds(by, ABOVE) } else { Ok(()) }
}

/// Opening dossiers, receiving papers and piles for them (Điều 11).
///
/// # Errors
/// [`Denied`].
pub fn may_receive(by: &ActingOfficer) -> Verdict {
    holds(by, DESK)
}

/// Seeing a dossier and the papers on their way in it.
///
/// # Errors
/// [`Denied`].
pub fn may_see(by: &ActingOfficer, paper: &PaperScope<'_>) -> Verdict {
    of_own_unit(by, paper, DESK)
}

/// Saying what was handed in, adding papers to a dossier, arranging pages, starting a step again (Điều 9, Điều 11).
///
/// # Errors
/// [`Denied`].
pub fn may_work_on(by: &ActingOfficer, paper: &PaperScope<'_>) -> Verdict {
    of_own_unit(by, paper, DESK)
}

/// Confirming fields, which assigns the code (Điều 16).
///
/// # Errors
/// [`Denied`].
pub fn may_confirm(by: &ActingOfficer, paper: &PaperScope<'_>) -> Verdict {
    of_own_unit(by, paper, DESK)
}

/// Signing what was digitised (Điều 15 khoản 2).
///
/// # Errors
/// [`Denied`].
pub fn may_sign(by: &ActingOfficer, paper: &PaperScope<'_>) -> Verdict {
    of_own_unit(by, paper, DESK)
}

/// Letting a paper pass in spite of a finding (Điều 9).
///
/// # Errors
/// [`Denied`].
pub fn may_override(by: &ActingOfficer, paper: &PaperScope<'_>) -> Verdict {
    of_own_unit(by, paper, CASES)
}

/// Taking a stored document out of its owner's store, putting it back, holding it, erasing it for ever.
///
/// # Errors
/// [`Denied`].
pub fn may_remove(by: &ActingOfficer, paper: &PaperScope<'_>) -> Verdict {
    of_own_unit(by, paper, ABOVE)
}

/// Saying that the data of an owner may not be used, and that they may again (Luật 91/2025/QH15).
///
/// # Errors
/// [`Denied`].
pub fn may_restrict(by: &ActingOfficer) -> Verdict {
    holds(by, ABOVE)
}

/// Giving a document a new code (Điều 7).
///
/// # Errors
/// [`Denied`].
pub fn may_recode(by: &ActingOfficer, paper: &PaperScope<'_>) -> Verdict {
    of_own_unit(by, paper, ABOVE)
}

/// Cancelling a document (NĐ 45/2020/NĐ-CP, Điều 15).
///
/// # Errors
/// [`Denied`].
pub fn may_revoke(by: &ActingOfficer, paper: &PaperScope<'_>) -> Verdict {
    of_own_unit(by, paper, ABOVE)
}

/// Learning where a paper stands, and nothing else of it: also of one that is set apart.
///
/// # Errors
/// [`Denied`].
pub fn may_follow(by: &ActingOfficer, paper: &PaperScope<'_>) -> Verdict {
    of_own_unit(by, &PaperScope { is_quarantined: false, ..*paper }, DESK)
}

/// Erasing a paper with a secret mark: one role's.
///
/// # Errors
/// [`Denied`].
pub fn may_erase(by: &ActingOfficer, paper: &PaperScope<'_>) -> Verdict {
    of_own_unit(by, paper, ABOVE)
}

/// Looking people and organisations up, and their stores, with a purpose (Điều 12, Điều 18).
///
/// # Errors
/// [`Denied`].
pub fn may_read_store(by: &Actor) -> Verdict {
    match by {
        Actor::Officer(officer) => holds(officer, DESK),
        Actor::Client(client) => is_given(client, Scope::ReadDocuments),
    }
}

/// Searching the store by words: officers alone. Systems ask for one person, or for one code.
///
/// # Errors
/// [`Denied`].
pub fn may_search(by: &ActingOfficer) -> Verdict {
    holds(by, DESK)
}

/// Reading one stored document.
///
/// # Errors
/// [`Denied`].
pub fn may_read_record(by: &Actor, record: &RecordScope<'_>) -> Verdict {
    may_read_store(by)?;
    let is_open = record.sensitivity.is_none();
    match by {
        Actor::Officer(officer) if is_open || record.unit == officer.unit.as_ref() => Ok(()),
        Actor::Client(_) if is_open => Ok(()),
        _ => Err(Denied::Foreign),
    }
}

/// Reading a child's document of another unit while the child's guardian acts in a dossier of one's own: what speaks of
/// health stays closed.
///
/// # Errors
/// [`Denied`].
pub fn may_read_for_guardian(by: &ActingOfficer, record: &RecordScope<'_>) -> Verdict {
    holds(by, DESK)?;
    if record.sensitivity == Some(Sensitivity::Child) { Ok(()) } else { Err(Denied::Foreign) }
}

/// Saying what is known of an owner: names, birth date, further numbers, who acts for a child.
///
/// # Errors
/// [`Denied`].
pub fn may_describe_owner(by: &ActingOfficer) -> Verdict {
    holds(by, CASES)
}

/// Finding two owners to be one, or one to be two, and taking that back.
///
/// # Errors
/// [`Denied`].
pub fn may_merge_owners(by: &ActingOfficer) -> Verdict {
    holds(by, ABOVE)
}

/// Taking all that is kept of one person out of the system (Luật 91/2025/QH15).
///
/// # Errors
/// [`Denied`].
pub fn may_export(by: &ActingOfficer) -> Verdict {
    holds(by, ABOVE)
}

/// Taking a request of a data subject in, at whichever desk he stands (NĐ 356/2025/NĐ-CP).
///
/// # Errors
/// [`Denied`].
pub fn may_take_in_request(by: &ActingOfficer) -> Verdict {
    holds(by, DESK)
}

/// The register of requests of data subjects; what is in it for whom, [`may_see_request`] says.
///
/// # Errors
/// [`Denied`].
pub fn may_list_requests(by: &ActingOfficer) -> Verdict {
    holds(by, REQUESTS)
}

/// Seeing the requests of every unit: those who audit.
///
/// # Errors
/// [`Denied`].
pub fn may_see_all_requests(by: &ActingOfficer) -> Verdict {
    holds(by, &[Auditor])
}

/// Seeing one request: of the own unit, and of any for those who audit.
///
/// # Errors
/// [`Denied`].
pub fn may_see_request(by: &ActingOfficer, unit: Option<&UnitId>) -> Verdict {
    may_list_requests(by)?;
    if may_see_all_requests(by).is_ok() || unit == by.unit.as_ref() { Ok(()) } else { Err(Denied::Foreign) }
}

/// Answering a request, doing it, refusing it: those who answer for the unit.
///
/// # Errors
/// [`Denied`].
pub fn may_decide_request(by: &ActingOfficer, unit: Option<&UnitId>) -> Verdict {
    holds(by, ABOVE)?;
    if unit == by.unit.as_ref() { Ok(()) } else { Err(Denied::Foreign) }
}

/// The register of breaches, which is one for all units.
///
/// # Errors
/// [`Denied`].
pub fn may_see_breaches(by: &ActingOfficer) -> Verdict {
    holds(by, &[Supervisor, Auditor, Administrator])
}

/// Writing breaches down, telling the authority: whoever finds one has 72 hours, so not one role alone.
///
/// # Errors
/// [`Denied`].
pub fn may_keep_breaches(by: &ActingOfficer) -> Verdict {
    holds(by, &[Supervisor, Administrator])
}

/// Following what happened to documents: opaque ids only.
///
/// # Errors
/// [`Denied`].
pub fn may_follow_changes(by: &Actor) -> Verdict {
    match by {
        Actor::Officer(officer) => holds(officer, CASES),
        Actor::Client(client) => is_given(client, Scope::ReadChanges),
    }
}

/// Having the signatures of an uploaded file judged.
///
/// # Errors
/// [`Denied`].
pub fn may_verify(by: &Actor) -> Verdict {
    match by {
        Actor::Officer(officer) => holds(officer, &Role::ALL),
        Actor::Client(client) => is_given(client, Scope::Verify),
    }
}

/// Reading the catalogue.
///
/// # Errors
/// [`Denied`].
pub fn may_read_catalogue(by: &Actor) -> Verdict {
    match by {
        Actor::Officer(officer) => holds(officer, &Role::ALL),
        Actor::Client(client) => is_given(client, Scope::ReadCatalogue),
    }
}

/// Putting another catalogue in force (Điều 20 khoản 3–4).
///
/// # Errors
/// [`Denied`].
pub fn may_import_catalogue(by: &ActingOfficer) -> Verdict {
    holds(by, &[Administrator])
}

/// Listing people for confirmation, and taking the numbers that come back (công văn 2513/LĐTBXH-TTTT).
///
/// # Errors
/// [`Denied`].
pub fn may_clean(by: &ActingOfficer) -> Verdict {
    holds(by, ABOVE)
}

/// Seeing what corrections would teach.
///
/// # Errors
/// [`Denied`].
pub fn may_see_lessons(by: &ActingOfficer) -> Verdict {
    holds(by, DESK)
}

/// Putting what corrections teach in force, and taking it back.
///
/// # Errors
/// [`Denied`].
pub fn may_decide_lessons(by: &ActingOfficer) -> Verdict {
    holds(by, ABOVE)
}

/// Reading the trace (Điều 10 khoản 2).
///
/// # Errors
/// [`Denied`].
pub fn may_read_audit(by: &ActingOfficer) -> Verdict {
    holds(by, &[Auditor])
}

/// Accounts of officers, units, and the systems that may ask.
///
/// # Errors
/// [`Denied`].
pub fn may_administer(by: &ActingOfficer) -> Verdict {
    holds(by, &[Administrator])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;

    use super::*;
    use crate::domain::{
        ids::{ClientId, OfficerId, PersonalId},
        officer::Officer,
    };

    fn officer(role: Role, unit: &str) -> ActingOfficer {
        let officer = Officer {
            id: OfficerId::parse("o").unwrap(),
            full_name: "Nguyễn Văn Thử".into(),
            personal_id: PersonalId::parse("000000000000").unwrap(),
            unit: None,
        };
        ActingOfficer {
            roles: [role].into_iter().collect(),
            unit: Some(UnitId::parse(unit).unwrap()),
            ..ActingOfficer::alone(officer, Timestamp::UNIX_EPOCH)
        }
    }

    fn client(scopes: &[Scope]) -> Actor {
        Actor::Client(ActingClient {
            id: ClientId::parse("c").unwrap(),
            name: "Cổng".into(),
            scopes: scopes.iter().copied().collect::<BTreeSet<_>>(),
            signed_in_at: Timestamp::UNIX_EPOCH,
            address: None,
        })
    }

    #[test]
    fn each_right_belongs_to_its_roles() {
        let unit = UnitId::parse("a").unwrap();
        let paper = PaperScope { unit: Some(&unit), is_quarantined: false };
        // Columns in the order of `Role::ALL`: clerk, handler, supervisor, auditor, administrator.
        let check = |right: &str, may: &dyn Fn(&ActingOfficer) -> Verdict, expected: &str| {
            let held: String =
                Role::ALL.iter().map(|&r| if may(&officer(r, "a")).is_ok() { '+' } else { '-' }).collect();
            assert_eq!(held, expected, "{right}");
        };
        check("receive", &may_receive, "+++--");
        check("see", &|by| may_see(by, &paper), "+++--");
        check("work on", &|by| may_work_on(by, &paper), "+++--");
        check("confirm", &|by| may_confirm(by, &paper), "+++--");
        check("sign", &|by| may_sign(by, &paper), "+++--");
        check("override", &|by| may_override(by, &paper), "-++--");
        check("recode", &|by| may_recode(by, &paper), "--+--");
        check("remove", &|by| may_remove(by, &paper), "--+--");
        check("restrict", &may_restrict, "--+--");
        check("revoke", &|by| may_revoke(by, &paper), "--+--");
        check("follow", &|by| may_follow(by, &paper), "+++--");
        check("erase", &|by| may_erase(by, &paper), "--+--");
        check("read store", &|by| may_read_store(&by.into()), "+++--");
        check("export", &may_export, "--+--");
        check("describe owner", &may_describe_owner, "-++--");
        check("merge owners", &may_merge_owners, "--+--");
        check("take in request", &may_take_in_request, "+++--");
        check("list requests", &may_list_requests, "++++-");
        check("see request", &|by| may_see_request(by, Some(&unit)), "++++-");
        check("decide request", &|by| may_decide_request(by, Some(&unit)), "--+--");
        check("see breaches", &may_see_breaches, "--+++");
        check("keep breaches", &may_keep_breaches, "--+-+");
        check("follow changes", &|by| may_follow_changes(&by.into()), "-++--");
        check("verify", &|by| may_verify(&by.into()), "+++++");
        check("catalogue", &|by| may_read_catalogue(&by.into()), "+++++");
        check("clean", &may_clean, "--+--");
        check("import catalogue", &may_import_catalogue, "----+");
        check("see lessons", &may_see_lessons, "+++--");
        check("decide lessons", &may_decide_lessons, "--+--");
        check("read audit", &may_read_audit, "---+-");
        check("administer", &may_administer, "----+");
    }

    #[test]
    fn another_units_paper_is_not_there() {
        let unit = UnitId::parse("a").unwrap();
        let paper = PaperScope { unit: Some(&unit), is_quarantined: false };
        for may in [may_see, may_work_on, may_confirm, may_sign, may_override, may_recode, may_revoke] {
            assert_eq!(may(&officer(Supervisor, "b"), &paper), Err(Denied::Foreign));
            assert_eq!(
                may(&officer(Supervisor, "a"), &PaperScope { unit: None, ..paper }),
                Err(Denied::Foreign)
            );
        }
        let everybody = ActingOfficer { unit: None, ..officer(Supervisor, "a") };
        assert_eq!(may_see(&everybody, &PaperScope { unit: None, is_quarantined: false }), Ok(()));
    }

    #[test]
    fn requests_stay_with_their_unit_and_auditors_read_all() {
        let unit = UnitId::parse("a").unwrap();
        for (role, there, sees, decides) in [
            (ReceptionClerk, "a", Ok(()), Err(Denied::Role(ABOVE))),
            (ReceptionClerk, "b", Err(Denied::Foreign), Err(Denied::Role(ABOVE))),
            (Supervisor, "a", Ok(()), Ok(())),
            (Supervisor, "b", Err(Denied::Foreign), Err(Denied::Foreign)),
            (Auditor, "b", Ok(()), Err(Denied::Role(ABOVE))),
            (Administrator, "a", Err(Denied::Role(REQUESTS)), Err(Denied::Role(ABOVE))),
        ] {
            let by = officer(role, there);
            assert_eq!(may_see_request(&by, Some(&unit)), sees, "{role:?} of {there}");
            assert_eq!(may_decide_request(&by, Some(&unit)), decides, "{role:?} of {there}");
        }
    }

    #[test]
    fn secret_papers_are_for_one_role() {
        let unit = UnitId::parse("a").unwrap();
        let paper = PaperScope { unit: Some(&unit), is_quarantined: true };
        for (role, ok) in [(ReceptionClerk, false), (CaseHandler, false), (Supervisor, true)] {
            assert_eq!(may_see(&officer(role, "a"), &paper).is_ok(), ok, "{role:?}");
            assert_eq!(may_erase(&officer(role, "a"), &paper).is_ok(), ok, "{role:?}");
            assert_eq!(may_follow(&officer(role, "a"), &paper), Ok(()), "{role:?}");
        }
    }

    #[test]
    fn papers_of_children_and_of_health_stay_with_their_unit() {
        let unit = UnitId::parse("a").unwrap();
        let portal = client(&[Scope::ReadDocuments]);
        for (sensitivity, by, ok) in [
            (None, Actor::Officer(officer(ReceptionClerk, "b")), true),
            (Some(Sensitivity::Child), Actor::Officer(officer(ReceptionClerk, "a")), true),
            (Some(Sensitivity::Child), Actor::Officer(officer(Supervisor, "b")), false),
            (Some(Sensitivity::Health), Actor::Officer(officer(Supervisor, "b")), false),
            (None, portal.clone(), true),
            (Some(Sensitivity::Health), portal, false),
            (None, client(&[Scope::Verify]), false),
        ] {
            let record = RecordScope { unit: Some(&unit), sensitivity };
            assert_eq!(may_read_record(&by, &record).is_ok(), ok, "{sensitivity:?} {by:?}");
        }
    }

    #[test]
    fn refusals_say_who_can() {
        let told = Denied::Role(CASES).to_string();
        assert!(told.ends_with("Xử lý hồ sơ, Phụ trách"), "{told}");
    }
}
