//! Whether a paper is digitised at all (Điều 4 and 5): one function, every answer with its clause.

use std::{fmt, sync::LazyLock};

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::{
    catalogue::Procedure,
    code::DocumentTypeCode,
    ids::{ComponentCode, InvalidComponentCode},
};

/// The form in which a paper was handed in (Điều 4 khoản 1, Điều 5 khoản 3 and 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandedInAs {
    /// Bản chính.
    Original,
    /// Bản sao điện tử được cấp từ sổ gốc.
    RegisterCopy,
    /// Bản sao điện tử được chứng thực từ bản chính.
    CertifiedElectronicCopy,
    /// Bản chụp điện tử có bản chính để đối chiếu.
    ElectronicPhotograph,
    /// Bản sao giấy có chứng thực.
    CertifiedPaperCopy,
    /// Chỉ xuất trình.
    PresentedOnly,
}

impl HandedInAs {
    /// All forms, with the name on the wire and in Vietnamese.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Original, "original", "Bản chính"),
        (Self::RegisterCopy, "register_copy", "Bản sao điện tử cấp từ sổ gốc"),
        (
            Self::CertifiedElectronicCopy,
            "certified_electronic_copy",
            "Bản sao điện tử chứng thực từ bản chính",
        ),
        (Self::ElectronicPhotograph, "electronic_photograph", "Bản chụp điện tử có bản chính để đối chiếu"),
        (Self::CertifiedPaperCopy, "certified_paper_copy", "Bản sao giấy có chứng thực"),
        (Self::PresentedOnly, "presented_only", "Chỉ xuất trình"),
    ];

    /// # Errors
    /// [`UnknownForm`] for anything but the six names of the contract.
    pub fn parse(text: &str) -> Result<Self, UnknownForm> {
        Self::ALL
            .iter()
            .find(|(_, name, _)| *name == text.trim())
            .map(|(form, _, _)| *form)
            .ok_or(UnknownForm)
    }

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The name in Vietnamese.
    pub fn label(self) -> &'static str {
        Self::ALL[self as usize].2
    }
}

/// Not one of the six forms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "hình thức nộp phải là một trong: original, register_copy, certified_electronic_copy, electronic_photograph, certified_paper_copy, presented_only"
)]
pub struct UnknownForm;

/// A clause of the regulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Clause {
    /// Điều.
    pub article: u8,
    /// Khoản.
    pub clause: u8,
    /// Điểm.
    pub point: Option<char>,
}

impl Clause {
    /// Papers with a mark of secrecy are not digitised.
    pub const SECRET: Self = Self::new(5, 1, None);
    /// The result of the procedure.
    pub const RESULT: Self = Self::new(4, 3, None);
    /// Papers are held against originals by their number.
    pub const COUNT: Self = Self::new(9, 1, None);

    const fn new(article: u8, clause: u8, point: Option<char>) -> Self {
        Self { article, clause, point }
    }

    /// The first `Điều 4.1.a` or `Điều 5.2` in `text`.
    pub fn cited_in(text: &str) -> Option<Self> {
        static CITED: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"^QĐ 1917 Điều ([45])\.([1-4])(?:\.([a-d]))?(?::|$)")
                .expect("the pattern is a constant")
        });
        let found = CITED.captures(text)?;
        let digit = |i: usize| found.get(i)?.as_str().parse().ok();
        Some(Self {
            article: digit(1)?,
            clause: digit(2)?,
            point: found.get(3).and_then(|p| p.as_str().chars().next()),
        })
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QĐ 1917/QĐ-BLĐTBXH, Điều {} khoản {}", self.article, self.clause)?;
        self.point.map_or(Ok(()), |point| write!(f, " điểm {point}"))
    }
}

/// What a paper is within its procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PaperRole {
    /// A paper handed in: one of the procedure's components, or one digitised on demand.
    Component {
        /// Which component.
        code: ComponentCode,
    },
    /// The result of this procedure (Điều 4 khoản 3).
    Result {
        /// n of `-KQ(n)`.
        ordinal: u16,
    },
    /// The opinion of an agency that takes part (Điều 4 khoản 2); coded under a component.
    Opinion {
        /// The component code that it is coded under.
        code: ComponentCode,
    },
}

/// Not a component or result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRole {
    /// `KQ` without a number from 1.
    #[error("kết quả phải có dạng KQ1, KQ2, …")]
    Result,
    /// Neither.
    #[error(transparent)]
    Component(#[from] InvalidComponentCode),
}

impl PaperRole {
    /// `01`, `YC01` (a component) or `KQ1` (a result of the procedure).
    ///
    /// # Errors
    /// [`InvalidRole`].
    pub fn parse(text: &str) -> Result<Self, InvalidRole> {
        match text.trim().strip_prefix("KQ") {
            Some(n) => {
                let ordinal = n.parse().ok().filter(|n| *n > 0).ok_or(InvalidRole::Result)?;
                Ok(Self::Result { ordinal })
            }
            None => Ok(Self::Component { code: ComponentCode::parse(text)? }),
        }
    }
}

/// `01`, `YC01` or `KQ1`.
impl fmt::Display for PaperRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Component { code } | Self::Opinion { code } => write!(f, "{code}"),
            Self::Result { ordinal } => write!(f, "KQ{ordinal}"),
        }
    }
}

/// The paper is digitised, and by which clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eligible {
    /// Why it is.
    pub clause: Clause,
    /// Its type by the catalogue; a person may still say otherwise.
    pub type_code: DocumentTypeCode,
}

/// Why a paper is not digitised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Điều 5: the regulation says no.
    #[error("Giấy tờ này không thực hiện số hóa: {reason} ({clause}).")]
    NotDigitised {
        /// By which clause.
        clause: Clause,
        /// Half a Vietnamese sentence.
        reason: String,
    },
    /// The catalogue does not know the component or result.
    #[error(
        "Thủ tục {procedure} không có thành phần hoặc kết quả mã {code}: chọn mã trong Danh mục, hoặc mã YC01–YC99 cho giấy tờ số hóa theo nhu cầu."
    )]
    Unknown {
        /// The procedure.
        procedure: String,
        /// The component or result asked for.
        code: String,
    },
}

/// Decides whether a paper of `procedure`, handed in as `form`, is digitised.
///
/// The form counts first: what was only shown, and paper copies with certification, stay out
/// whatever the catalogue says. A component that the catalogue leaves out because it comes as a
/// certified paper copy is let in when it comes as an electronic one. Secret papers (Điều 5 khoản 1)
/// are found on the page, not here.
///
/// Source: QĐ 1917/QĐ-BLĐTBXH, Điều 4 and 5.
///
/// # Errors
/// [`Refusal`], with the clause.
pub fn judge(procedure: &Procedure, role: &PaperRole, form: HandedInAs) -> Result<Eligible, Refusal> {
    let refuse = |clause, reason: &str| Err(Refusal::NotDigitised { clause, reason: reason.to_owned() });
    match form {
        HandedInAs::PresentedOnly => {
            return refuse(Clause::new(5, 4, None), "giấy tờ chỉ yêu cầu xuất trình khi nộp hồ sơ");
        }
        HandedInAs::CertifiedPaperCopy => {
            return refuse(
                Clause::new(5, 3, None),
                "giấy tờ nộp dưới hình thức bản sao, chụp có chứng thực trên giấy",
            );
        }
        _ => {}
    }
    let unknown = |code: String| Refusal::Unknown { procedure: procedure.code.to_string(), code };
    let own_code = |code: &ComponentCode| DocumentTypeCode::Component {
        procedure: procedure.code.clone(),
        component: code.clone(),
    };
    match role {
        PaperRole::Result { ordinal } => {
            let result = procedure.result(*ordinal).ok_or_else(|| unknown(format!("KQ{ordinal}")))?;
            Ok(Eligible { clause: Clause::new(4, 3, None), type_code: result.code.clone() })
        }
        PaperRole::Opinion { code } => {
            Ok(Eligible { clause: Clause::new(4, 2, None), type_code: own_code(code) })
        }
        PaperRole::Component { code } if code.is_on_demand() => {
            Ok(Eligible { clause: Clause::new(4, 1, Some('d')), type_code: own_code(code) })
        }
        PaperRole::Component { code } => {
            let component = procedure.component(code).ok_or_else(|| unknown(code.to_string()))?;
            let clause = component.clause().ok_or_else(|| unknown(code.to_string()))?;
            let type_code = component.type_code().clone();
            match (clause.article, clause.clause) {
                (4, _) => Ok(Eligible { clause, type_code }),
                // Left out as a paper copy; it came in another form.
                (5, 3) => Ok(Eligible { clause: Clause::new(4, 1, Some('d')), type_code }),
                (5, 4) => refuse(clause, "theo Danh mục, giấy tờ chỉ yêu cầu xuất trình khi nộp hồ sơ"),
                _ => refuse(
                    clause,
                    "theo Danh mục, giấy tờ đã được chia sẻ dưới dạng dữ liệu có giá trị pháp lý",
                ),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{catalogue::Catalogue, ids::ProcedureCode};

    #[test]
    fn forms_stand_in_the_order_of_their_names() {
        for (form, name, _) in HandedInAs::ALL {
            assert_eq!(form.as_str(), name);
            assert_eq!(HandedInAs::parse(name), Ok(form));
            assert_eq!(serde_json::to_value(form).unwrap(), name);
        }
    }

    #[test]
    fn every_answer_has_its_clause() {
        use HandedInAs::*;
        let catalogue = Catalogue::starting();
        let check = |procedure: &str, role: &str, form, expected: &str| {
            let procedure = catalogue.procedure(&ProcedureCode::parse(procedure).unwrap()).unwrap();
            let role = PaperRole::parse(role).unwrap();
            let answer = match judge(procedure, &role, form) {
                Ok(Eligible { clause, type_code }) => format!("{type_code} {clause}"),
                Err(refusal) => refusal.to_string(),
            };
            assert!(answer.contains(expected), "{answer} / {expected}");
        };
        check("1.001776", "01", Original, "1.001776.01 QĐ 1917/QĐ-BLĐTBXH, Điều 4 khoản 1 điểm c");
        check("1.001776", "03", Original, "1.001699-KQ1 QĐ 1917/QĐ-BLĐTBXH, Điều 4 khoản 1 điểm a");
        check("1.001776", "01", PresentedOnly, "Điều 5 khoản 4");
        check("1.001776", "01", CertifiedPaperCopy, "Điều 5 khoản 3");
        check("1.001776", "04", Original, "Điều 5 khoản 4");
        check("2.000282", "02", Original, "Điều 5 khoản 2");
        check("1.010803", "03", CertifiedPaperCopy, "Điều 5 khoản 3");
        check("1.010803", "03", CertifiedElectronicCopy, "1.010803.03 QĐ 1917/QĐ-BLĐTBXH, Điều 4");
        check("1.001776", "KQ2", Original, "1.001776-KQ2 QĐ 1917/QĐ-BLĐTBXH, Điều 4 khoản 3");
        check("1.001776", "KQ9", Original, "không có thành phần hoặc kết quả mã KQ9");
        check("1.001776", "99", Original, "không có thành phần hoặc kết quả mã 99");
        check("1.001776", "YC07", Original, "1.001776.YC07 QĐ 1917/QĐ-BLĐTBXH, Điều 4 khoản 1 điểm d");
    }
}
