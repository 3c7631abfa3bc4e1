//! Danh mục: which papers each procedure takes, which of them are digitised, and their type codes.
//!
//! Source: QĐ 1917/QĐ-BLĐTBXH, Điều 4 khoản 1, Điều 7, Điều 20 khoản 3. Knows nothing of where the
//! file is or when it was imported.

mod difference;
mod faults;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    code::DocumentTypeCode,
    eligibility::Clause,
    ids::{ComponentCode, NationalResultCode, ProcedureCode},
};
pub use difference::{Difference, DifferenceKind, FieldChange};

/// The form of catalogue this program reads.
const SCHEMA: &str = "catalogue/1";

/// Bytes of a catalogue, at most: that of the whole country has some 3,000 procedures and 8 MB.
const MOST_BYTES: usize = 32 << 20;

/// The catalogue that the program carries: a start, to be replaced by the agency's own.
pub const STARTING_CATALOGUE: &str = include_str!("../../schemas/catalogue/procedures.json");

/// All procedures of one version of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Always `catalogue/1`.
    schema: String,
    /// The day the catalogue describes.
    pub as_of: Date,
    /// Remarks for people.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The procedures; codes are unique.
    pub procedures: Vec<Procedure>,
    /// Results of other ministries' procedures that appear as components.
    #[serde(default)]
    pub national_result_codes_observed: Vec<NationalResult>,
}

/// A result code of the national database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NationalResult {
    /// `KQ.G15.000031`.
    pub code: NationalResultCode,
    /// The paper's name.
    pub name: String,
    /// The procedure that issues it, where known.
    pub procedure: Option<ProcedureCode>,
    /// Whether the code was seen in a source.
    pub verified: bool,
}

/// Thủ tục hành chính.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// Mã số TTHC.
    pub code: ProcedureCode,
    /// Full name.
    pub name: String,
    /// Lĩnh vực.
    pub field: String,
    /// Cấp thực hiện.
    pub level: String,
    /// Papers handed in.
    pub components: Vec<DossierComponent>,
    /// Papers handed out.
    pub results: Vec<ProcedureResult>,
    /// Where the entry was read.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure its parts are.
    #[serde(default)]
    pub verified: Verified,
    /// Remark for people.
    #[serde(default)]
    pub note: Option<String>,
    /// Wording by which papers of the procedure head themselves, beside their names.
    #[serde(default)]
    pub titles: Vec<String>,
    /// Ministries that own the procedure, by period.
    #[serde(default)]
    pub owning_ministry: Vec<OwningMinistry>,
    /// The decision that put the entry into the catalogue.
    #[serde(default)]
    pub decision_number: Option<String>,
    /// First day of the entry.
    #[serde(default)]
    pub valid_from: Option<Date>,
    /// Last day of the entry.
    #[serde(default)]
    pub valid_until: Option<Date>,
}

/// How sure the parts of an entry are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Verified {
    /// The procedure's code was seen in a source.
    pub procedure_code: bool,
    /// The list of components was read in the cited text.
    pub components: bool,
    /// The components' codes are the official ones.
    pub component_codes: bool,
    /// Whether to digitise was read, not judged by us.
    pub digitise_decision: bool,
}

/// A ministry that owns a procedure for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwningMinistry {
    /// The ministry.
    pub name: String,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub until: Option<Date>,
}

/// Thành phần hồ sơ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DossierComponent {
    /// Mã từng loại giấy tờ, unique within the procedure.
    pub code: ComponentCode,
    /// The joined type code, for people; checked against procedure and code.
    pub full_type_code: DocumentTypeCode,
    /// The paper's name.
    pub name: String,
    /// Whether the paper is digitised (Điều 4) or not (Điều 5).
    pub digitise: bool,
    /// Why, beginning with the clause: `QĐ 1917 Điều 4.1.c: …`.
    pub reason: String,
    /// The code of the earlier result that this paper is: `1.001699-KQ1` or `KQ.G15.000031`.
    pub prior_result_code: Option<PriorResult>,
    /// Wording by which the paper heads itself, beside its name.
    #[serde(default)]
    pub titles: Vec<String>,
    /// Whether such papers speak of somebody's health: closed outside the unit that handles them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_health: bool,
}

/// The earlier result that a component is (Điều 4 khoản 1 điểm a).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PriorResult {
    /// Of a national result code: of a procedure that need not stand in this catalogue.
    National(NationalResultCode),
    /// Of a procedure, by the code of Điều 7.
    Ours(DocumentTypeCode),
}

/// Kết quả giải quyết TTHC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcedureResult {
    /// `<mã số TTHC>-KQ(n)`.
    pub code: DocumentTypeCode,
    /// The paper's name.
    pub name: String,
    /// Mã kết quả of the national database, where known.
    pub national_result_code: Option<NationalResultCode>,
    /// Wording by which the paper heads itself, beside its name.
    #[serde(default)]
    pub titles: Vec<String>,
    /// As of a component.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_health: bool,
}

impl DossierComponent {
    /// The clause that the reason cites; `None` when it cites none, which `parse` refuses.
    pub fn clause(&self) -> Option<Clause> {
        Clause::cited_in(&self.reason)
    }

    /// The type code of the paper: that of the earlier result where it is one of ours, else the
    /// component's own.
    ///
    /// Source: QĐ 1917/QĐ-BLĐTBXH, Điều 7: `-KQ(n)` for papers that are results of a procedure,
    /// `<mã TTHC>.<mã từng loại>` for papers that are not.
    pub fn type_code(&self) -> &DocumentTypeCode {
        match &self.prior_result_code {
            Some(PriorResult::Ours(code)) => code,
            _ => &self.full_type_code,
        }
    }
}

/// Everything wrong with a catalogue, each with its place; nothing of it is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("danh mục có {} lỗi: {}", .0.len(), .0.join("; "))]
pub struct CatalogueFaults(pub Vec<String>);

impl Catalogue {
    /// Reads a catalogue in the form of `schemas/catalogue.schema.json`.
    ///
    /// # Errors
    /// [`CatalogueFaults`] with all faults that can be told, in Vietnamese, each with its place.
    pub fn parse(text: &str) -> Result<Self, CatalogueFaults> {
        if text.len() > MOST_BYTES {
            let fault = format!("tệp dài hơn {} MB: kiểm tra xem có chọn nhầm tệp không", MOST_BYTES >> 20);
            return Err(CatalogueFaults(vec![fault]));
        }
        let text = text.trim_start_matches('\u{feff}');
        let catalogue: Self = serde_json::from_str(text).map_err(|e| {
            CatalogueFaults(vec![format!("dòng {}, cột {}: không đúng mẫu ({e})", e.line(), e.column())])
        })?;
        let faults = faults::of(&catalogue);
        if faults.is_empty() { Ok(catalogue) } else { Err(CatalogueFaults(faults)) }
    }

    /// Reads a catalogue that was taken before: rules that came later don't refuse it.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn read_kept(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The catalogue that the program carries.
    pub fn starting() -> Self {
        Self::parse(STARTING_CATALOGUE).expect("a test reads the catalogue that is built in")
    }

    /// The procedure of that code.
    pub fn procedure(&self, code: &ProcedureCode) -> Option<&Procedure> {
        self.procedures.iter().find(|p| &p.code == code)
    }

    /// The name of the paper of that type, where the catalogue knows it.
    pub fn name_of(&self, code: &DocumentTypeCode) -> Option<&str> {
        let procedure = self.procedure(code.procedure()?)?;
        match code {
            DocumentTypeCode::National { .. } => None,
            DocumentTypeCode::Result { .. } => {
                procedure.results.iter().find(|r| &r.code == code).map(|r| r.name.as_str())
            }
            DocumentTypeCode::Component { component, .. } => {
                procedure.component(component).map(|c| c.name.as_str())
            }
        }
    }

    /// Whether a paper may be of that type: one that the catalogue names, or on demand in a procedure of its.
    pub fn has_type(&self, code: &DocumentTypeCode) -> bool {
        let is_on_demand =
            matches!(code, DocumentTypeCode::Component { component, .. } if component.is_on_demand());
        self.name_of(code).is_some()
            || is_on_demand && code.procedure().is_some_and(|code| self.procedure(code).is_some())
    }

    /// The code of papers of that type in the national database: of a result its own, of a component that of the
    /// earlier result that it is.
    pub fn national_code_of(&self, code: &DocumentTypeCode) -> Option<&NationalResultCode> {
        let procedure = self.procedure(code.procedure()?)?;
        match code {
            DocumentTypeCode::Result { .. } => {
                procedure.results.iter().find(|r| &r.code == code)?.national_result_code.as_ref()
            }
            DocumentTypeCode::Component { component, .. } => {
                match procedure.component(component)?.prior_result_code.as_ref()? {
                    PriorResult::National(code) => Some(code),
                    PriorResult::Ours(_) => None,
                }
            }
            DocumentTypeCode::National { .. } => None,
        }
    }

    /// Whether papers of that type speak of somebody's health.
    pub fn is_health(&self, code: &DocumentTypeCode) -> bool {
        let Some(procedure) = code.procedure().and_then(|code| self.procedure(code)) else { return false };
        match code {
            DocumentTypeCode::National { .. } => false,
            DocumentTypeCode::Result { .. } => {
                procedure.results.iter().any(|r| &r.code == code && r.is_health)
            }
            DocumentTypeCode::Component { component, .. } => {
                procedure.component(component).is_some_and(|c| c.is_health)
            }
        }
    }

    /// The same, in which papers of type `code` may also bear `title`; unchanged where it has no such type.
    pub fn add_title(&mut self, code: &DocumentTypeCode, title: &str) {
        for procedure in &mut self.procedures {
            let components = procedure.components.iter_mut().filter(|c| c.type_code() == code);
            let results = procedure.results.iter_mut().filter(|r| &r.code == code);
            for titles in components.map(|c| &mut c.titles).chain(results.map(|r| &mut r.titles)) {
                titles.push(title.to_owned());
            }
        }
    }
}

impl Procedure {
    /// The component of that code.
    pub fn component(&self, code: &ComponentCode) -> Option<&DossierComponent> {
        self.components.iter().find(|c| &c.code == code)
    }

    /// Whether the entry is in force on `day`; open ends are open.
    pub fn is_in_force_on(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_until.is_none_or(|until| day <= until)
    }

    /// The `n`-th result, n from 1 as in `-KQ(n)`.
    pub fn result(&self, n: u16) -> Option<&ProcedureResult> {
        self.results
            .iter()
            .find(|r| matches!(r.code, DocumentTypeCode::Result { ordinal, .. } if ordinal == n))
    }

    /// The ministry that owns the procedure on `day`; `None` where the catalogue does not say.
    pub fn ministry_on(&self, day: Date) -> Option<&str> {
        self.owning_ministry
            .iter()
            .find(|ministry| ministry.owns_on(day))
            .map(|ministry| ministry.name.as_str())
    }
}

impl OwningMinistry {
    /// Whether the period holds `day`; open ends are open.
    fn owns_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starting_catalogue_is_whole() {
        let catalogue = Catalogue::starting();
        assert_eq!(catalogue.procedures.len(), 21);
        assert_eq!(catalogue.procedures.iter().map(|p| p.components.len()).sum::<usize>(), 76);
    }

    #[test]
    fn a_component_that_is_an_earlier_result_takes_its_code() {
        let catalogue = Catalogue::starting();
        let procedure = catalogue.procedure(&ProcedureCode::parse("1.001776").unwrap()).unwrap();
        for (component, expected) in [("01", "1.001776.01"), ("03", "1.001699-KQ1"), ("05", "1.001776.05")] {
            let component = procedure.component(&ComponentCode::parse(component).unwrap()).unwrap();
            assert_eq!(component.type_code().to_string(), expected);
        }
    }

    #[test]
    fn a_catalogue_is_refused_whole_with_every_fault() {
        let mut value: serde_json::Value = serde_json::from_str(STARTING_CATALOGUE).unwrap();
        value["procedures"][0]["components"][1]["code"] = "01".into();
        value["procedures"][0]["components"][3]["digitise"] = true.into();
        value["procedures"][2]["code"] = "1.001731".into();
        let CatalogueFaults(faults) = Catalogue::parse(&value.to_string()).unwrap_err();
        for part in [
            "thành phần 01 có hai lần",
            "full_type_code phải là 1.001776.01",
            "digitise = true",
            "1.001731 có hai lần",
        ] {
            assert!(faults.iter().any(|f| f.contains(part)), "{part}: {faults:?}");
        }
    }

    #[test]
    fn unknown_keys_and_other_schemas_are_refused() {
        assert!(Catalogue::parse("{").is_err());
        assert!(Catalogue::parse(&STARTING_CATALOGUE.replacen("\"digitise\"", "\"digitize\"", 1)).is_err());
        assert!(Catalogue::parse(&STARTING_CATALOGUE.replacen("catalogue/1", "catalogue/9", 1)).is_err());
    }
}
