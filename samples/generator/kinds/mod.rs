//! The kinds of paper: what each says, and the truth about it.
//!
//! Wording follows the usual forms of communes and departments; nothing is taken from a real paper.

mod certificates;
mod decisions;
mod forms;
mod letters;
mod permits;

use super::calendar::Day;
use super::letterhead::{Number, Signer};
use super::people::{Agency, Person, Place};
use super::random::Random;
use super::sheet::{Look, Sheet};
use super::truth::{Fact, Fields, How, Other, Period};

/// A kind of paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Quyết định trợ cấp xã hội hàng tháng.
    Decision,
    /// Giấy xác nhận khuyết tật.
    DisabilityCertificate,
    /// Giấy chứng nhận hộ nghèo.
    PoorHouseholdCertificate,
    /// Tờ khai đề nghị trợ giúp xã hội.
    Declaration,
    /// Giấy khai sinh.
    BirthCertificate,
    /// Công văn.
    OfficialLetter,
    /// Thông báo.
    Notice,
    /// Giấy phép lao động.
    WorkPermit,
    /// Giấy phép hoạt động cho thuê lại lao động; its owner is a company.
    LeasingLicence,
    /// Biên bản họp.
    Minutes,
    /// Chỉ thị.
    Directive,
    /// Đơn đề nghị xác định mức độ khuyết tật.
    Application,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Decision,
        Self::DisabilityCertificate,
        Self::PoorHouseholdCertificate,
        Self::Declaration,
        Self::BirthCertificate,
        Self::OfficialLetter,
        Self::Notice,
        Self::WorkPermit,
        Self::LeasingLicence,
        Self::Minutes,
        Self::Directive,
        Self::Application,
    ];

    /// Stable name, also of files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::DisabilityCertificate => "disability-certificate",
            Self::PoorHouseholdCertificate => "poor-household-certificate",
            Self::Declaration => "declaration",
            Self::BirthCertificate => "birth-certificate",
            Self::OfficialLetter => "official-letter",
            Self::Notice => "notice",
            Self::WorkPermit => "work-permit",
            Self::LeasingLicence => "leasing-licence",
            Self::Minutes => "minutes",
            Self::Directive => "directive",
            Self::Application => "application",
        }
    }

    /// The procedure a paper of this kind belongs to in the samples, and its place there.
    pub fn context(self) -> (Option<&'static str>, Option<&'static str>) {
        match self {
            Self::Decision => (Some("1.001776"), Some("KQ1")),
            Self::Declaration => (Some("1.001776"), Some("01")),
            Self::DisabilityCertificate => (Some("1.001699"), Some("KQ1")),
            Self::Application => (Some("1.001699"), Some("01")),
            Self::BirthCertificate => (Some("2.000286"), Some("02")),
            Self::WorkPermit => (Some("2.000205"), Some("KQ1")),
            Self::LeasingLicence => (Some("1.000479"), Some("KQ1")),
            // Handed in on demand: the catalogue has no place of their own for them.
            Self::PoorHouseholdCertificate | Self::Minutes => (Some("1.001776"), None),
            Self::OfficialLetter | Self::Notice | Self::Directive => (None, None),
        }
    }

    /// `1.001776-KQ1`, `1.001776.01`.
    fn type_code(self) -> Fact {
        match self.context() {
            (Some(procedure), Some(result)) if result.starts_with("KQ") => {
                Fact::printed(format!("{procedure}-{result}"))
            }
            (Some(procedure), Some(component)) => Fact::printed(format!("{procedure}.{component}")),
            _ => Fact::absent(),
        }
    }

    /// True where an agency gives the paper a number.
    pub fn has_number(self) -> bool {
        !matches!(self, Self::Declaration | Self::Application)
    }

    /// Sets the paper on `sheet` and tells its truth.
    pub fn write(self, sheet: &mut Sheet<'_>, seed: u64) -> Fields {
        let mut random = Random::for_purpose(seed, self.name());
        let random = &mut random;
        match self {
            Self::Decision => decisions::decision(sheet, random),
            Self::Directive => decisions::directive(sheet, random),
            Self::Notice => decisions::notice(sheet, random),
            Self::DisabilityCertificate => certificates::disability(sheet, random),
            Self::PoorHouseholdCertificate => certificates::poor_household(sheet, random),
            Self::BirthCertificate => certificates::birth(sheet, random),
            Self::OfficialLetter => letters::official_letter(sheet, random),
            Self::Minutes => letters::minutes(sheet, random),
            Self::WorkPermit => permits::work_permit(sheet, random),
            Self::LeasingLicence => permits::leasing_licence(sheet, random),
            Self::Declaration => forms::declaration(sheet, random),
            Self::Application => forms::application(sheet, random),
        }
    }
}

/// The part of the truth that head and foot of an agency's paper settle.
struct Face<'a> {
    kind: Kind,
    name: &'a str,
    agency: &'a Agency,
    number: &'a Number,
    day: Day,
    signer: &'a Signer,
}

impl Face<'_> {
    /// Fields with no abstract, owner and validity yet.
    fn fields(&self, look: &Look) -> Fields {
        let part = |by_pen| if by_pen { How::PartPen } else { How::Printed };
        Fields {
            document_type_code: self.kind.type_code(),
            owner_id: Fact::absent(),
            document_name: Fact::printed(self.name),
            document_number: Fact::written(self.number.whole(), part(look.pen_number)),
            issued_on: Fact::written(self.day.iso(), part(look.pen_day)),
            issuing_authority: Fact::printed(self.agency.name.clone()),
            abstract_text: Fact::absent(),
            validity_period: Fact::absent(),
            validity_scope: Fact::absent(),
            other: Other {
                signer_name: Some(self.signer.name.clone()),
                signer_position: Some(self.signer.position.clone()),
                parent_authority: self.agency.parent.clone(),
                ..Other::default()
            },
        }
    }
}

/// Fields of a citizen's own paper: a day, no number, no agency.
fn citizen_fields(kind: Kind, name: &str, day: Day, signer: &str, look: &Look) -> Fields {
    Fields {
        document_type_code: kind.type_code(),
        owner_id: Fact::absent(),
        document_name: Fact::printed(name),
        document_number: Fact::absent(),
        issued_on: Fact::written(day.iso(), if look.pen_day { How::PartPen } else { How::Printed }),
        issuing_authority: Fact::absent(),
        abstract_text: Fact::absent(),
        validity_period: Fact::absent(),
        validity_scope: Fact::absent(),
        other: Other { signer_name: Some(signer.to_owned()), ..Other::default() },
    }
}

/// From the day of issue on: partly by pen when that day is.
fn since_issue(day: Day, until: Option<Day>, look: &Look) -> Fact<Period> {
    let period = Period { from: Some(day.iso()), until: until.map(Day::iso) };
    Fact::written(period, if look.pen_day { How::PartPen } else { How::Printed })
}

/// Notes the person that the paper is about.
fn about(fields: &mut Fields, person: &Person) {
    fields.owner_id = Fact::printed(person.id.clone());
    fields.other.holder_name = Some(person.name.clone());
    fields.other.holder_birth_date = Some(person.born.iso());
}

/// `số định danh cá nhân` as papers call it.
fn id_label(random: &mut Random) -> &'static str {
    random.pick(&["Số định danh cá nhân", "Số CCCD/Số định danh cá nhân", "Số căn cước công dân"])
}

/// The usual receivers with the file copy last.
fn receivers(own: &[&str], unit: &str) -> Vec<String> {
    let mut list: Vec<String> = own.iter().map(|line| (*line).to_owned()).collect();
    list.push(format!("Lưu: VT, {unit}"));
    list
}

/// Somebody of working age or older from `place`.
fn adult(random: &mut Random, place: &Place) -> Person {
    Person::born_between(random, place.province_code, 1945, 1995)
}
