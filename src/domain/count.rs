//! Papers against originals, per dossier: how many were handed in, and how many have a scan.
//!
//! Source: QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 1. Decides from what was declared and where the papers
//! stand; knows nothing of pages, transactions or requests.

use serde::{Deserialize, Serialize};

use super::{
    catalogue::Procedure,
    dossier::{Paper, PaperState},
    eligibility::{Clause, PaperRole},
};

/// More papers than anybody hands in: beyond it, something else was keyed.
const MOST: u32 = 9_999;

/// How many papers (giấy tờ) were handed in, by the person who took them: of the whole dossier, of single
/// components, or both.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HandedIn {
    total: Option<u32>,
    /// In the order of their codes, each once.
    roles: Vec<(PaperRole, u32)>,
}

/// Numbers that can't be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCount {
    /// Nothing was said.
    #[error("chưa khai số giấy tờ nào: khai cho cả hồ sơ, cho từng thành phần, hoặc cả hai")]
    Nothing,
    /// Too many.
    #[error("số giấy tờ phải từ 0 đến {MOST}")]
    TooMany,
    /// A component twice.
    #[error("thành phần {role} được khai hai lần")]
    Twice {
        /// Which.
        role: PaperRole,
    },
    /// The components alone are more than the whole.
    #[error("cả hồ sơ khai {total} giấy tờ, ít hơn các thành phần cộng lại ({parts})")]
    LessThanParts {
        /// Of the whole dossier.
        total: u32,
        /// Of the components together.
        parts: u32,
    },
}

impl HandedIn {
    /// # Errors
    /// [`InvalidCount`].
    pub fn new(total: Option<u32>, mut roles: Vec<(PaperRole, u32)>) -> Result<Self, InvalidCount> {
        if total.is_none() && roles.is_empty() {
            return Err(InvalidCount::Nothing);
        }
        if total.into_iter().chain(roles.iter().map(|(_, n)| *n)).any(|n| n > MOST) {
            return Err(InvalidCount::TooMany);
        }
        roles.sort_by_key(|(role, _)| role.to_string());
        if let Some(pair) = roles.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(InvalidCount::Twice { role: pair[0].0.clone() });
        }
        let parts = roles.iter().fold(0u32, |sum, (_, n)| sum.saturating_add(*n));
        match total {
            Some(total) if total < parts => Err(InvalidCount::LessThanParts { total, parts }),
            _ => Ok(Self { total, roles }),
        }
    }

    /// Of the whole dossier.
    pub fn total(&self) -> Option<u32> {
        self.total
    }

    /// Of single components and results, in the order of their codes.
    pub fn roles(&self) -> &[(PaperRole, u32)] {
        &self.roles
    }

    /// Of one of them.
    pub fn of(&self, role: &PaperRole) -> Option<u32> {
        self.roles.iter().find(|(declared, _)| declared == role).map(|(_, n)| *n)
    }
}

/// Scans of a dossier or of one of its components.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scans {
    /// Papers with a scan that can be used, or that is being looked at.
    pub received: u32,
    /// Scans that have to be made again, or failed: their originals have none that can be used.
    pub unusable: u32,
    /// Papers that the regulation leaves out (Điều 5): they were handed in, and are not digitised.
    pub not_digitised: u32,
}

impl Scans {
    /// Counts papers by where they stand; those that were given up or went into another count nowhere.
    pub fn of<'a>(papers: impl Iterator<Item = &'a Paper>) -> Self {
        papers.fold(Self::default(), |mut scans, paper| {
            match standing(&paper.state) {
                Standing::Received => scans.received += 1,
                Standing::Unusable => scans.unusable += 1,
                Standing::NotDigitised => scans.not_digitised += 1,
                Standing::Gone => {}
            }
            scans
        })
    }

    /// Originals that are accounted for.
    fn accounted(&self) -> u32 {
        self.received.saturating_add(self.not_digitised)
    }
}

enum Standing {
    Received,
    Unusable,
    NotDigitised,
    /// Given up, or gone into another paper.
    Gone,
}

fn standing(state: &PaperState) -> Standing {
    match state {
        PaperState::NeedsRescan { .. } => Standing::Unusable,
        PaperState::Failed { before, .. } if before.is_being_read() => Standing::Unusable,
        PaperState::Failed { before, .. } => standing(before),
        PaperState::Refused { clause: Some(_), .. } | PaperState::Quarantined { .. } => {
            Standing::NotDigitised
        }
        PaperState::Refused { clause: None, .. } => Standing::Gone,
        PaperState::Received
        | PaperState::Checking
        | PaperState::Reading { .. }
        | PaperState::ToConfirm { .. }
        | PaperState::ToSign { .. }
        | PaperState::Signing { .. }
        | PaperState::ToCode { .. }
        | PaperState::Stored { .. }
        | PaperState::Postponed { .. } => Standing::Received,
    }
}

/// Where the papers and the originals differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Of which component or result; `None`: of the whole dossier.
    pub role: Option<PaperRole>,
    /// How many were handed in.
    pub declared: u32,
    /// What there is of them.
    pub scans: Scans,
    /// Originals without a scan.
    pub missing: u32,
    /// Scans without an original.
    pub surplus: u32,
}

impl Difference {
    /// The clause.
    pub const RULE: Clause = Clause::COUNT;

    fn between(role: Option<&PaperRole>, declared: u32, scans: Scans) -> Option<Self> {
        let accounted = scans.accounted();
        (accounted != declared).then(|| Self {
            role: role.cloned(),
            declared,
            scans,
            missing: declared.saturating_sub(accounted),
            surplus: accounted.saturating_sub(declared),
        })
    }

    /// One Vietnamese sentence: what, how many, what to do.
    pub fn message(&self) -> String {
        let what = match &self.role {
            Some(role @ PaperRole::Result { .. }) => format!("Kết quả {role}"),
            Some(role) => format!("Thành phần {role}"),
            None => "Cả hồ sơ".to_owned(),
        };
        let Scans { received, unusable, not_digitised } = self.scans;
        let mut aside = String::new();
        if not_digitised > 0 {
            aside.push_str(&format!(", {not_digitised} không phải số hóa"));
        }
        if unusable > 0 {
            aside.push_str(&format!(", {unusable} bản quét chưa dùng được"));
        }
        let (declared, missing, surplus) = (self.declared, self.missing, self.surplus);
        let said = format!("{what}: đã nộp {declared} giấy tờ, đã nhận bản quét của {received}{aside}");
        if missing > 0 && unusable > 0 {
            format!("{said}; còn thiếu {missing}. Quét lại hoặc quét nốt bản gốc, hay sửa số đã khai.")
        } else if missing > 0 {
            format!("{said}; còn thiếu {missing}. Tìm bản gốc chưa quét, hay sửa số đã khai.")
        } else {
            format!(
                "{said}; thừa {surplus}. Xem có giấy tờ nào bị quét hai lần, bị tách nhầm hay của hồ sơ khác, hay sửa số đã khai."
            )
        }
    }
}

/// A dossier's papers held against what was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// All that is held against the number of the whole dossier.
    pub scans: Scans,
    /// Whether they agree; `None` when nobody has said how many there are.
    pub agrees: Option<bool>,
    /// Where they don't: the whole dossier first, then by component.
    pub differences: Vec<Difference>,
}

/// Compares the papers of a dossier with what was handed in.
///
/// Opinions of agencies and results of this very procedure come about while it is handled: they don't
/// count among what was handed in, but results do once their number was declared too. A component that
/// the catalogue leaves out (Điều 5) is never missing.
///
/// Source: QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 1.
pub fn compare(declared: Option<&HandedIn>, procedure: Option<&Procedure>, papers: &[Paper]) -> Comparison {
    let nothing = HandedIn::default();
    let declared_at_all = declared.is_some();
    let declared = declared.unwrap_or(&nothing);
    let counts = |paper: &&Paper| match &paper.role {
        None | Some(PaperRole::Component { .. }) => true,
        Some(role @ PaperRole::Result { .. }) => declared.of(role).is_some(),
        Some(PaperRole::Opinion { .. }) => false,
    };
    let mut whole = Scans::of(papers.iter().filter(counts));
    let mut of_roles = Vec::new();
    for (role, n) in declared.roles() {
        let mut scans = Scans::of(papers.iter().filter(|p| p.role.as_ref() == Some(role)));
        if is_left_out(procedure, role) {
            let never_scanned = n.saturating_sub(scans.accounted());
            scans.not_digitised += never_scanned;
            whole.not_digitised += never_scanned;
        }
        of_roles.extend(Difference::between(Some(role), *n, scans));
    }
    let of_whole = declared.total().and_then(|total| Difference::between(None, total, whole));
    let differences: Vec<Difference> = of_whole.into_iter().chain(of_roles).collect();
    let agrees = declared_at_all.then_some(differences.is_empty());
    Comparison { scans: whole, agrees, differences }
}

/// Whether the catalogue says that papers of this component are not digitised.
fn is_left_out(procedure: Option<&Procedure>, role: &PaperRole) -> bool {
    let PaperRole::Component { code } = role else { return false };
    procedure.and_then(|p| p.component(code)).is_some_and(|component| !component.digitise)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{
        catalogue::Catalogue,
        dossier::Step,
        eligibility::HandedInAs,
        ids::{ComponentCode, DossierId, OfficerId, PaperId, ProcedureCode},
        page::PageFaults,
    };

    fn role(text: &str) -> Option<PaperRole> {
        match text.strip_prefix('!') {
            Some(code) => Some(PaperRole::Opinion { code: ComponentCode::parse(code).unwrap() }),
            None => (text != "-").then(|| PaperRole::parse(text).unwrap()),
        }
    }

    fn state(letter: &str) -> PaperState {
        let at = Timestamp::UNIX_EPOCH;
        let refused = |clause| PaperState::Refused { reason: String::new(), clause, at };
        let rescan = PaperState::NeedsRescan { faults: PageFaults { pages: vec![], findings: vec![] } };
        let failed = |before| PaperState::Failed {
            step: Step::Read,
            cause: String::new(),
            retry: true,
            before: Box::new(before),
        };
        let by = OfficerId::parse("demo").unwrap();
        match letter {
            "r" => rescan,
            "f" => failed(PaperState::Reading { override_reason: None }),
            "p" => failed(PaperState::Postponed { reason: String::new(), by, at }),
            "5" => refused(Some(Clause::SECRET)),
            "x" => refused(None),
            "q" => PaperState::Quarantined { at },
            _ => PaperState::Checking,
        }
    }

    /// Papers as `01 01:r -`: component (`-` unknown, `!01` an opinion) and state; declared as `=3 01=2`.
    fn compared(declared: &str, papers: &str) -> Comparison {
        let catalogue = Catalogue::starting();
        let procedure = catalogue.procedure(&ProcedureCode::parse("1.001776").unwrap()).unwrap();
        let papers: Vec<Paper> = papers
            .split_whitespace()
            .map(|text| {
                let (code, letter) = text.split_once(':').unwrap_or((text, ""));
                Paper {
                    id: PaperId::new(),
                    dossier: DossierId::parse("d-1").unwrap(),
                    role: role(code),
                    form: HandedInAs::Original,
                    expected_pages: None,
                    declared_owner: None,
                    received_at: Timestamp::UNIX_EPOCH,
                    state: state(letter),
                    version: 1,
                }
            })
            .collect();
        let pairs = declared.split_whitespace().map(|text| text.split_once('=').unwrap());
        let (mut total, mut roles) = (None, Vec::new());
        for (code, n) in pairs {
            match code {
                "" => total = Some(n.parse().unwrap()),
                code => roles.push((role(code).unwrap(), n.parse().unwrap())),
            }
        }
        let handed_in = (!declared.is_empty()).then(|| HandedIn::new(total, roles).unwrap());
        compare(handed_in.as_ref(), Some(procedure), &papers)
    }

    /// Answers as `=-1 01+2`: what is missing or too many, the whole dossier first.
    fn check(declared: &str, papers: &str, expected: &str) {
        let found = compared(declared, papers);
        let said = found.differences.iter().map(|d| {
            let role = d.role.as_ref().map(ToString::to_string).unwrap_or("=".to_owned());
            if d.missing > 0 { format!("{role}-{}", d.missing) } else { format!("{role}+{}", d.surplus) }
        });
        assert_eq!(said.collect::<Vec<_>>().join(" "), expected, "{declared} / {papers}");
        assert_eq!(found.agrees, (!declared.is_empty()).then_some(expected.is_empty()));
    }

    #[test]
    fn what_differs_is_said_by_component_and_for_the_whole() {
        for (declared, papers, expected) in [
            ("", "01 02", ""),
            ("=2", "01 -", ""),
            ("=3", "01 02", "=-1"),
            ("=1", "01 02", "=+1"),
            ("01=2", "01 02", "01-1"),
            ("=3 01=2", "01 02 02", "01-1"),
            ("=3 01=2", "01 01 01", "01+1"),
            ("01=0", "01", "01+1"),
            ("=2", "", "=-2"),
        ] {
            check(declared, papers, expected);
        }
    }

    #[test]
    fn only_scans_that_can_be_used_stand_for_an_original() {
        for (declared, papers, expected) in [
            ("=2", "01 01:r", "=-1"), // to be scanned again …
            ("=2", "01 01:r 01", ""), // … and was
            ("=1", "01:f", "=-1"),
            ("=1", "01:p", ""),
            ("=1", "01 01:x", ""), // given up, or merged
            ("=2", "01 01:5", ""), // handed in, and not digitised
            ("=2", "01 -:q", ""),  // secret
            ("=1", "01 01:5", "=+1"),
        ] {
            check(declared, papers, expected);
        }
    }

    #[test]
    fn what_comes_about_later_was_not_handed_in() {
        for (declared, papers, expected) in [
            ("=1", "01 KQ1 !02", ""),
            ("=2", "01 KQ1", "=-1"),
            ("=2 KQ1=1", "01 KQ1", ""),
            ("KQ1=2", "KQ1", "KQ1-1"),
            ("01=1", "!01", "01-1"),
        ] {
            check(declared, papers, expected);
        }
    }

    #[test]
    fn a_component_that_is_not_digitised_is_never_missing() {
        // 04 and 05 of this procedure are only shown (Điều 5 khoản 4).
        for (declared, papers, expected) in [
            ("=2 05=1", "01", ""),
            ("=2 05=1", "01 05:5", ""),
            ("=3 05=1", "01", "=-1"),
            ("05=1", "05:5 05:5", "05+1"),
        ] {
            check(declared, papers, expected);
        }
    }

    #[test]
    fn the_sentence_says_what_to_do() {
        let said = |declared, papers| compared(declared, papers).differences[0].message();
        assert_eq!(
            said("01=2", "01"),
            "Thành phần 01: đã nộp 2 giấy tờ, đã nhận bản quét của 1; còn thiếu 1. Tìm bản gốc chưa quét, hay sửa số đã khai."
        );
        assert!(said("=2", "01 02:r").contains("1 bản quét chưa dùng được; còn thiếu 1. Quét lại"));
        assert!(said("=1", "01 01 02:5").contains("1 không phải số hóa; thừa 2."));
        assert_eq!(Difference::RULE.to_string(), "QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 1");
    }

    #[test]
    fn numbers_that_cannot_be_meant_are_refused() {
        let one = || (role("01").unwrap(), 1);
        for (total, roles, expected) in [
            (None, vec![], InvalidCount::Nothing),
            (Some(10_000), vec![], InvalidCount::TooMany),
            (None, vec![one(), one()], InvalidCount::Twice { role: one().0 }),
            (Some(0), vec![one()], InvalidCount::LessThanParts { total: 0, parts: 1 }),
        ] {
            assert_eq!(HandedIn::new(total, roles), Err(expected));
        }
        assert!(HandedIn::new(Some(1), vec![one()]).is_ok());
    }
}
