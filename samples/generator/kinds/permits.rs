//! Permits of the labour department: a foreigner's work, a company's trade.

use super::super::calendar::Day;
use super::super::letterhead::{Number, Signer};
use super::super::people::{Agency, Place, company};
use super::super::random::Random;
use super::super::sheet::{GAP, Sheet, bold, plain};
use super::super::truth::{Fact, Fields, Period};
use super::{Face, Kind, adult, receivers, since_issue};

const FOREIGNERS: &[(&str, &str)] = &[
    ("KIM MIN SEOK", "Hàn Quốc"),
    ("TANAKA HIROMI", "Nhật Bản"),
    ("LIN CHIA HAO", "Đài Loan (Trung Quốc)"),
    ("RAJESH KUMAR NAIDU", "Ấn Độ"),
    ("ANNA SOPHIE BRANDT", "Đức"),
    ("OLIVER JAMES HARTLEY", "Vương quốc Anh"),
];

/// Giấy phép lao động: a passport instead of a personal number, a term from day to day.
pub fn work_permit(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::with_district(random);
    let agency = Agency::labour_department(&place);
    let day = place.working_day(random, 2020);
    let number = Number::new(random, 900, "/GPLĐ");
    let signer = Signer::of(random, &agency, place.province_code);
    let (name, nation) = random.pick(FOREIGNERS);
    let born = Day::between(random, 1966, 1995);
    let (employer, _) = company(random);
    let passport = format!("{}{:08}", random.pick(&["M", "TR", "K", "C"]), random.whole(1, 99_999_999));
    sheet.letterhead(&agency, &number, day);
    sheet.title("GIẤY PHÉP LAO ĐỘNG", None);
    sheet.say(
        "Căn cứ Nghị định số 152/2020/NĐ-CP ngày 30 tháng 12 năm 2020 của Chính phủ quy định về người lao động nước \
         ngoài làm việc tại Việt Nam và tuyển dụng, quản lý người lao động Việt Nam làm việc cho tổ chức, cá nhân nước \
         ngoài tại Việt Nam;",
    );
    sheet.say(&format!("{} cấp giấy phép lao động cho:", agency.name));
    sheet.paragraph(&[
        plain(sheet.either("1. Họ và tên:", "1. Họ tên người lao động (full name):")),
        bold(name),
    ]);
    sheet.say(&format!("2. Ngày sinh: {}", born.short()));
    sheet.say(&format!("3. Quốc tịch: {nation} {GAP} Hộ chiếu số: {passport}"));
    let passport_day = day.earlier(random.whole(300, 900));
    sheet.say(&format!("Ngày cấp hộ chiếu: {}", passport_day.short()));
    sheet.say(&format!("4. Làm việc tại: {employer}"));
    sheet.say(&format!("5. Địa điểm làm việc: Khu công nghiệp {}, tỉnh {}", place.district, place.province));
    sheet.say(&format!(
        "6. Vị trí công việc: {}",
        random.pick(&["Chuyên gia", "Nhà quản lý", "Giám đốc điều hành", "Lao động kỹ thuật"])
    ));
    sheet.say(&format!(
        "7. Chức danh công việc: {}",
        random.pick(&["Kỹ sư cơ khí", "Trưởng phòng sản xuất", "Giám sát chất lượng", "Giáo viên ngoại ngữ"])
    ));
    let from = Day { day: random.whole(1, 28), ..day }.max(day);
    let until = from.plus_years(random.whole(1, 2)).before();
    sheet.say(&format!(
        "{}: từ {} đến {}.",
        sheet.either("8. Thời hạn làm việc", "8. Giấy phép này có giá trị"),
        from.long(),
        until.long()
    ));
    sheet.begin_end();
    sheet.say("9. Tình trạng giấy phép lao động: Cấp mới.");
    let face = Face {
        kind: Kind::WorkPermit,
        name: "Giấy phép lao động",
        agency: &agency,
        number: &number,
        day,
        signer: &signer,
    };
    let mut fields = face.fields(&sheet.look);
    fields.other.holder_name = Some(name.to_owned());
    fields.other.holder_birth_date = Some(born.iso());
    fields.validity_period = Fact::printed(Period::between(from, until));
    if random.chance(0.4) {
        let scope = format!("trên địa bàn tỉnh {}", place.province);
        sheet.say(&format!("Giấy phép này có giá trị {scope}."));
        fields.validity_scope = Fact::printed(scope);
    }
    sheet.sign(&signer.lines, &signer.name, &agency.seal_text, &[]);
    fields
}

/// Giấy phép hoạt động cho thuê lại lao động: the owner is a company, its director's number a trap.
pub fn leasing_licence(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::with_district(random);
    let agency = Agency::of_province(&place);
    let day = place.working_day(random, 2021);
    let number = Number::new(random, 60, "/GP-UBND");
    let signer = Signer::of(random, &agency, place.province_code);
    let (owner, code) = company(random);
    let director = adult(random, &place);
    sheet.letterhead(&agency, &number, day);
    sheet.title("GIẤY PHÉP HOẠT ĐỘNG CHO THUÊ LẠI LAO ĐỘNG", None);
    sheet.bases(&[
        "Căn cứ Bộ luật Lao động số 45/2019/QH14 ngày 20 tháng 11 năm 2019".to_owned(),
        "Căn cứ Nghị định số 145/2020/NĐ-CP ngày 14 tháng 12 năm 2020 của Chính phủ quy định chi tiết và hướng dẫn thi \
         hành một số điều của Bộ luật Lao động về điều kiện lao động và quan hệ lao động"
            .to_owned(),
        format!(
            "Xét đề nghị của Giám đốc Sở Lao động - Thương binh và Xã hội tại Tờ trình số {}/TTr-SLĐTBXH {}",
            random.whole(20, 220),
            day.earlier(random.whole(4, 10)).long()
        ),
    ]);
    sheet.say(&format!("Chủ tịch {} cấp phép cho:", agency.name));
    sheet.paragraph(&[
        plain(sheet.either("1. Tên doanh nghiệp:", "1. Doanh nghiệp cho thuê lại:")),
        bold(owner),
    ]);
    sheet.say(&format!("Mã số doanh nghiệp: {code}"));
    sheet.say(&format!("Địa chỉ trụ sở chính: {}", place.home()));
    sheet.say(&format!(
        "2. Người đại diện theo pháp luật: {} {}, sinh ngày {}, chức danh: Giám đốc, số căn cước công dân: {}.",
        director.address(),
        director.name,
        director.born.short(),
        director.id
    ));
    sheet.say("3. Được hoạt động cho thuê lại lao động theo danh mục công việc tại Phụ lục II Nghị định số 145/2020/NĐ-CP.");
    let look = sheet.look.clone();
    let face = Face {
        kind: Kind::LeasingLicence,
        name: "Giấy phép hoạt động cho thuê lại lao động",
        agency: &agency,
        number: &number,
        day,
        signer: &signer,
    };
    let mut fields = face.fields(&look);
    fields.owner_id = Fact::printed(code);
    fields.other.holder_name = Some(owner.to_owned());
    let years = random.whole(3, 5);
    sheet.begin_end();
    sheet.say(&format!(
        "4. {} {years:02} năm kể từ ngày ký.",
        sheet.either("Giấy phép này có hiệu lực", "Thời hạn hiệu lực của Giấy phép này là")
    ));
    fields.validity_period = since_issue(day, Some(day.plus_years(years)), &look);
    let list = receivers(&["Như mục 1", "Bộ LĐTBXH", "Sở LĐTBXH", "Cục Thuế tỉnh"], "KTTH");
    sheet.sign(&signer.lines, &signer.name, &agency.seal_text, &list);
    fields
}
