//! Official letter and minutes.

use super::super::calendar::Day;
use super::super::letterhead::{Number, Signer};
use super::super::people::{Agency, Place};
use super::super::random::Random;
use super::super::sheet::{Align, Sheet, bold, plain};
use super::super::truth::{Fact, Fields};
use super::{Face, Kind, adult, receivers};

/// Công văn: no title, the subject narrow under the number.
pub fn official_letter(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::with_district(random);
    let of_department = random.chance(0.3);
    let agency = if of_department { Agency::labour_department(&place) } else { Agency::of_district(&place) };
    let symbol = if of_department {
        "/SLĐTBXH-BTXH"
    } else {
        random.pick(&["/UBND-LĐTBXH", "/UBND-VX", "/UBND-VP"])
    };
    let day = place.working_day(random, 2021);
    let number = Number::new(random, 3800, symbol);
    let signer = if of_department || random.chance(0.5) {
        Signer::of(random, &agency, place.province_code)
    } else {
        Signer::by_order(random, &agency, place.province_code)
    };
    let summary = random.pick(&[
        "V/v rà soát, cập nhật dữ liệu đối tượng bảo trợ xã hội",
        "V/v hướng dẫn thực hiện chính sách trợ giúp xã hội đối với người khuyết tật",
        "V/v số hóa hồ sơ, kết quả giải quyết thủ tục hành chính",
        "V/v đôn đốc chi trả trợ cấp xã hội hàng tháng không dùng tiền mặt",
    ]);
    let summary = sheet.either(
        summary,
        "V/v báo cáo tình hình thực hiện chế độ đối với trẻ em có hoàn cảnh đặc biệt quý II",
    );
    sheet.letterhead_with_subject(&agency, &number, day, summary);
    let middle = (sheet.left + sheet.width() * 0.22, sheet.right);
    let addressee = if of_department {
        format!("Kính gửi: Ủy ban nhân dân các huyện, thành phố thuộc tỉnh {}", place.province)
    } else {
        format!("Kính gửi: Ủy ban nhân dân các xã, thị trấn thuộc huyện {}", place.district)
    };
    let size = sheet.size;
    sheet.lines(&[plain(addressee)], middle, Align::Left, 0.0, size);
    sheet.skip(12.0);
    let asked = day.earlier(random.whole(6, 25));
    let law = day.earlier(random.whole(200, 400));
    sheet.say(&format!(
        "Thực hiện Công văn số {}/BTXH-CS {} của Cục Bảo trợ xã hội về việc triển khai cơ sở dữ liệu an sinh xã hội và \
         Quyết định số {}/QĐ-UBND {} của Ủy ban nhân dân tỉnh {}, {} đề nghị các cơ quan, đơn vị thực hiện một số nội \
         dung sau:",
        random.whole(100, 990),
        asked.long(),
        random.whole(200, 2900),
        law.long(),
        place.province,
        agency.name
    ));
    let tasks = [
        "Rà soát toàn bộ đối tượng đang hưởng chính sách trên địa bàn quản lý, đối chiếu với Cơ sở dữ liệu quốc gia về \
         dân cư; bổ sung số định danh cá nhân còn thiếu, sửa thông tin sai lệch",
        "Lập danh sách các trường hợp đã chết, chuyển đi nơi khác hoặc không còn đủ điều kiện hưởng để dừng chi trả \
         kịp thời, tránh thất thoát ngân sách nhà nước",
        "Phối hợp với tổ chức dịch vụ chi trả mở tài khoản cho đối tượng; vận động người giám hộ hợp pháp nhận thay qua \
         tài khoản đối với người khuyết tật đặc biệt nặng",
        "Số hóa giấy tờ trong thành phần hồ sơ ngay khi tiếp nhận tại Bộ phận Một cửa; không yêu cầu người dân nộp lại \
         giấy tờ đã có trong kho dữ liệu điện tử",
    ];
    for n in 1..=random.whole(2, 4) {
        sheet.say(&format!("{n}. {}.", tasks[n as usize - 1]));
    }
    sheet.begin_end();
    sheet.say(&format!(
        "Báo cáo kết quả gửi về {} trước {} để tổng hợp. Trong quá trình thực hiện, nếu có vướng mắc đề nghị phản ánh \
         kịp thời để được hướng dẫn./.",
        if of_department { "Sở" } else { "Phòng Lao động - Thương binh và Xã hội" },
        Day { day: 28, month: day.month, year: day.year }.long()
    ));
    let list = receivers(&["Như trên", "UBND tỉnh (báo cáo)", "CT, các PCT", "Chánh Văn phòng"], "LĐTBXH");
    sheet.sign(&signer.lines, &signer.name, &agency.seal_text, &list);
    let face = Face {
        kind: Kind::OfficialLetter,
        name: "Công văn",
        agency: &agency,
        number: &number,
        day,
        signer: &signer,
    };
    let mut fields = face.fields(&sheet.look);
    fields.abstract_text = Fact::printed(summary);
    fields
}

/// Biên bản họp: long, many people, each with a number of their own.
pub fn minutes(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let agency = Agency::of_commune(random, &place);
    let day = place.working_day(random, 2021);
    let number = Number::new(random, 90, "/BB-UBND");
    let signer = Signer::of(random, &agency, place.province_code);
    let summary = sheet.either(
        "Về việc họp Hội đồng xét duyệt trợ giúp xã hội",
        "Họp xét hồ sơ đề nghị hưởng chính sách trợ giúp xã hội tháng này",
    );
    sheet.letterhead(&agency, &number, day);
    sheet.title("BIÊN BẢN", Some(summary));
    sheet.say(&format!(
        "Hôm nay, vào hồi {} giờ 30 phút {}, tại trụ sở {}, Hội đồng xét duyệt trợ giúp xã hội {} tiến hành họp.",
        random.whole(7, 9),
        day.long(),
        agency.name,
        place.commune_name()
    ));
    sheet.heading(sheet.either("I. Thành phần tham dự", "1. Thành phần dự họp gồm có:"));
    let roles = [
        "Chủ tịch Hội đồng",
        "Phó Chủ tịch Hội đồng",
        "Thư ký",
        "Ủy viên, Trưởng trạm Y tế",
        "Ủy viên, Công an xã",
        "Ủy viên, Hội Phụ nữ",
        "Ủy viên, Hội Người cao tuổi",
    ];
    for (n, role) in roles.iter().enumerate() {
        let person = adult(random, &place);
        sheet.say(&format!("{}. {} {} - {role};", n + 1, person.address_capital(), person.name));
    }
    sheet.heading("II. Nội dung");
    sheet.say(
        "Thư ký Hội đồng thông qua danh sách và hồ sơ của từng trường hợp. Hội đồng thảo luận, xem xét hoàn cảnh gia \
         đình, mức độ khuyết tật và các giấy tờ kèm theo. Kết quả cụ thể như sau:",
    );
    for n in 1..=random.whole(7, 16) {
        let person = adult(random, &place);
        let verdict = random.pick(&[
            "đủ điều kiện hưởng trợ cấp xã hội hàng tháng, Hội đồng nhất trí 100 %",
            "chưa đủ điều kiện do đang hưởng lương hưu, đề nghị trả lại hồ sơ và giải thích cho gia đình",
            "đủ điều kiện điều chỉnh hệ số từ 1,5 lên 2,0 do thay đổi độ tuổi",
            "cần bổ sung Giấy xác nhận khuyết tật trước khi xét duyệt",
        ]);
        sheet.say(&format!(
            "{n}. {} {}, sinh ngày {}, số căn cước công dân {}, trú tại {}: {verdict}.",
            person.address_capital(),
            person.name,
            person.born.short(),
            person.id,
            Place::any(random).hamlet
        ));
    }
    sheet.heading("III. Kết luận");
    sheet.say(&format!(
        "Hội đồng giao Thư ký hoàn thiện hồ sơ, niêm yết công khai 02 ngày làm việc tại trụ sở {} và nhà văn hóa các \
         thôn trước khi trình cấp có thẩm quyền quyết định.",
        agency.name
    ));
    sheet.begin_end();
    sheet.say(&format!(
        "Biên bản được lập thành 03 bản có giá trị như nhau, đọc cho mọi người cùng nghe và nhất trí thông qua. Cuộc \
         họp kết thúc vào hồi {} giờ 00 phút cùng ngày./.",
        random.whole(10, 11)
    ));
    sheet.sign(&signer.lines, &signer.name, &agency.seal_text, &receivers(&["Thành viên Hội đồng"], "HĐXD"));
    let mut fields = Face {
        kind: Kind::Minutes,
        name: "Biên bản",
        agency: &agency,
        number: &number,
        day,
        signer: &signer,
    }
    .fields(&sheet.look);
    fields.abstract_text = Fact::printed(summary);
    fields
}
