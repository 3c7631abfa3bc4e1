//! The kinds of paper: what each says, and the truth about it.
//!
//! Wording follows the usual forms of communes and departments; nothing is taken from a real paper.

mod affairs;
mod certificates;
mod decisions;
mod forms;
mod letters;
mod merit;
mod permits;
mod scene;
mod social;
mod term;
mod trades;
mod work;

use super::calendar::Day;
use super::fonts::Fonts;
use super::letterhead::{Number, Signer};
use super::people::{Agency, Person, Place};
use super::random::Random;
use super::sheet::{Form, Look, Sheet};
use super::truth::{Fact, Fields, How, Other, Period};
use scene::{Scene, article, decision_head, entries, figures, in_sentence, note_pen, typed};

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
    /// Giấy chứng nhận hộ cận nghèo.
    NearPoorCertificate,
    /// Quyết định thôi hưởng trợ cấp xã hội hàng tháng.
    StopDecision,
    /// Quyết định hỗ trợ chi phí mai táng.
    FuneralDecision,
    /// Trích lục khai tử.
    DeathExtract,
    /// Biên bản giám định y khoa.
    MedicalConclusion,
    /// Văn bản đề nghị hưởng trợ cấp hưu trí xã hội; a citizen's own.
    PensionRequest,
    /// Giấy xác nhận thân nhân của người có công.
    KinCertificate,
    /// Quyết định trợ cấp thờ cúng liệt sĩ.
    MartyrDecision,
    /// Giấy chứng nhận gia đình liệt sĩ.
    MartyrFamily,
    /// Thẻ thương binh: a card.
    InvalidCard,
    /// Bản khai of whoever is left behind; a citizen's own.
    MeritDeclaration,
    /// Giấy xác nhận of a school.
    SchoolConfirmation,
    /// Quyết định về việc hưởng trợ cấp thất nghiệp.
    UnemploymentDecision,
    /// Hợp đồng lao động.
    LabourContract,
    /// Giấy phép hoạt động dịch vụ việc làm; its owner is a company.
    ServiceLicence,
    /// Giấy chứng nhận huấn luyện an toàn, vệ sinh lao động.
    SafetyCertificate,
    /// Chứng chỉ sơ cấp, across the sheet.
    TradeCertificate,
    /// Giấy giới thiệu.
    Introduction,
    /// Giấy ủy quyền; a citizen's own.
    PowerOfAttorney,
    /// Tờ trình.
    Submission,
    /// Kế hoạch on equality.
    GenderPlan,
    /// Quyết định giao trẻ em cho gia đình nhận chăm sóc thay thế.
    FosterDecision,
}

impl Kind {
    /// Those of the samples and of the papers with faulty pages.
    pub const BASIC: [Self; 12] = [
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

    /// Those that only the measure of reading has.
    const FURTHER: [Self; 22] = [
        Self::NearPoorCertificate,
        Self::StopDecision,
        Self::FuneralDecision,
        Self::DeathExtract,
        Self::MedicalConclusion,
        Self::PensionRequest,
        Self::KinCertificate,
        Self::MartyrDecision,
        Self::MartyrFamily,
        Self::InvalidCard,
        Self::MeritDeclaration,
        Self::SchoolConfirmation,
        Self::UnemploymentDecision,
        Self::LabourContract,
        Self::ServiceLicence,
        Self::SafetyCertificate,
        Self::TradeCertificate,
        Self::Introduction,
        Self::PowerOfAttorney,
        Self::Submission,
        Self::GenderPlan,
        Self::FosterDecision,
    ];

    /// All of them.
    pub fn all() -> Vec<Self> {
        [Self::BASIC.as_slice(), &Self::FURTHER].concat()
    }

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
            Self::NearPoorCertificate => "near-poor-certificate",
            Self::StopDecision => "stop-decision",
            Self::FuneralDecision => "funeral-decision",
            Self::DeathExtract => "death-extract",
            Self::MedicalConclusion => "medical-conclusion",
            Self::PensionRequest => "pension-request",
            Self::KinCertificate => "kin-certificate",
            Self::MartyrDecision => "martyr-decision",
            Self::MartyrFamily => "martyr-family",
            Self::InvalidCard => "invalid-card",
            Self::MeritDeclaration => "merit-declaration",
            Self::SchoolConfirmation => "school-confirmation",
            Self::UnemploymentDecision => "unemployment-decision",
            Self::LabourContract => "labour-contract",
            Self::ServiceLicence => "service-licence",
            Self::SafetyCertificate => "safety-certificate",
            Self::TradeCertificate => "trade-certificate",
            Self::Introduction => "introduction",
            Self::PowerOfAttorney => "power-of-attorney",
            Self::Submission => "submission",
            Self::GenderPlan => "gender-plan",
            Self::FosterDecision => "foster-decision",
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
            // What proves a trade or the end of work is named in the catalogue, its titles are not.
            Self::OfficialLetter
            | Self::Notice
            | Self::Directive
            | Self::LabourContract
            | Self::SafetyCertificate
            | Self::TradeCertificate
            | Self::Introduction
            | Self::Submission
            | Self::GenderPlan => (None, None),
            Self::NearPoorCertificate => (Some("1.001776"), None),
            Self::StopDecision => (Some("1.001776"), Some("KQ2")),
            Self::FuneralDecision => (Some("1.001731"), Some("KQ1")),
            Self::DeathExtract => (Some("1.001731"), Some("02")),
            Self::MedicalConclusion => (Some("1.001699"), Some("03")),
            Self::PensionRequest => (Some("1.014027"), Some("01")),
            Self::KinCertificate => (Some("1.010833"), Some("KQ1")),
            Self::MartyrDecision => (Some("1.010803"), Some("KQ1")),
            Self::MartyrFamily => (Some("1.010803"), None),
            Self::InvalidCard => (Some("1.010827"), None),
            Self::MeritDeclaration => (Some("1.010824"), Some("01")),
            Self::SchoolConfirmation => (Some("1.010824"), Some("04")),
            Self::UnemploymentDecision => (Some("1.001978"), Some("KQ1")),
            Self::ServiceLicence => (Some("1.001865"), Some("KQ1")),
            Self::PowerOfAttorney => (Some("1.001776"), None),
            Self::FosterDecision => (Some("1.004941"), Some("KQ1")),
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

    /// True for what a citizen writes: a day, but no number and no agency.
    pub fn is_citizens(self) -> bool {
        matches!(
            self,
            Self::Declaration
                | Self::Application
                | Self::PensionRequest
                | Self::MeritDeclaration
                | Self::PowerOfAttorney
        )
    }

    /// An empty first page of the size that the kind has.
    pub fn sheet<'a>(self, fonts: &'a Fonts, look: Look, seed: u64) -> Sheet<'a> {
        let sheet = Sheet::new(fonts, look, seed);
        let (page, margin, size) = match self {
            Self::InvalidCard => ((419.5, 297.6), 24.0, 10.5),
            Self::TradeCertificate => ((841.89, 595.28), 62.0, 13.5),
            _ => return sheet,
        };
        let family = sheet.family;
        sheet.in_form(Form { page, margins: [margin; 4], family, size, leading: 1.22 })
    }

    /// True where an agency gives the paper a number.
    pub fn has_number(self) -> bool {
        !self.is_citizens()
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
            Self::NearPoorCertificate => social::near_poor(sheet, random),
            Self::StopDecision => social::stop_decision(sheet, random),
            Self::FuneralDecision => social::funeral_decision(sheet, random),
            Self::DeathExtract => social::death_extract(sheet, random),
            Self::MedicalConclusion => social::medical_conclusion(sheet, random),
            Self::PensionRequest => social::pension_request(sheet, random),
            Self::KinCertificate => merit::kin_certificate(sheet, random),
            Self::MartyrDecision => merit::martyr_decision(sheet, random),
            Self::MartyrFamily => merit::martyr_family(sheet, random),
            Self::InvalidCard => merit::invalid_card(sheet, random),
            Self::MeritDeclaration => merit::declaration(sheet, random),
            Self::SchoolConfirmation => merit::school_confirmation(sheet, random),
            Self::UnemploymentDecision => work::unemployment_decision(sheet, random),
            Self::LabourContract => work::labour_contract(sheet, random),
            Self::ServiceLicence => trades::service_licence(sheet, random),
            Self::SafetyCertificate => trades::safety_certificate(sheet, random),
            Self::TradeCertificate => trades::trade_certificate(sheet, random),
            Self::Introduction => affairs::introduction(sheet, random),
            Self::PowerOfAttorney => affairs::power_of_attorney(sheet, random),
            Self::Submission => affairs::submission(sheet, random),
            Self::GenderPlan => affairs::gender_plan(sheet, random),
            Self::FosterDecision => work::foster_decision(sheet, random),
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
