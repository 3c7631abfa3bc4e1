//! Decision, directive and notice of a people's committee.

use super::super::calendar::Day;
use super::super::fonts::Style;
use super::super::letterhead::{Number, Signer};
use super::super::people::{Agency, Place};
use super::super::random::Random;
use super::super::sheet::{Sheet, bold, plain};
use super::super::truth::{Fact, Fields, Period};
use super::{Face, Kind, about, adult, id_label, receivers, since_issue};

/// Quyết định trợ cấp xã hội hàng tháng, with a carer's number as a trap.
pub fn decision(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let of_commune = !place.has_district || random.chance(0.5);
    let agency = if of_commune { Agency::of_commune(random, &place) } else { Agency::of_district(&place) };
    let unit = if of_commune { place.commune_name() } else { format!("huyện {}", place.district) };
    let day = place.working_day(random, 2022);
    let number = Number::new(random, 2400, "/QĐ-UBND");
    let signer = Signer::of(random, &agency, place.province_code);
    let holder = adult(random, &place);
    let carer = adult(random, &place);
    let summary = random.pick(&[
        "Về việc trợ cấp xã hội hàng tháng đối với đối tượng bảo trợ xã hội",
        "Về việc hưởng trợ cấp xã hội hàng tháng, hỗ trợ kinh phí chăm sóc hàng tháng",
        "Về việc điều chỉnh mức trợ cấp xã hội hàng tháng đối với người khuyết tật",
    ]);
    let summary = sheet.either(
        summary,
        "Về việc giải quyết hưởng trợ cấp xã hội hằng tháng và hỗ trợ kinh phí chăm sóc tại cộng đồng",
    );
    sheet.letterhead(&agency, &number, day);
    sheet.title("QUYẾT ĐỊNH", Some(summary));
    let chair = format!("CHỦ TỊCH {}", agency.name.to_uppercase());
    sheet.centred(Style::Bold, 13.5, &chair, 0.9);
    sheet.skip(8.0);
    let proposal = day.earlier(random.whole(3, 12));
    let report = random.whole(12, 180);
    let government_law = if place.has_district {
        "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015"
    } else {
        "Căn cứ Luật Tổ chức chính quyền địa phương số 72/2025/QH15 ngày 16 tháng 6 năm 2025"
    };
    sheet.bases(&[
        government_law.to_owned(),
        "Căn cứ Luật Người khuyết tật số 51/2010/QH12 ngày 17 tháng 6 năm 2010".to_owned(),
        "Căn cứ Nghị định số 20/2021/NĐ-CP ngày 15 tháng 3 năm 2021 của Chính phủ quy định chính sách trợ giúp xã hội \
         đối với đối tượng bảo trợ xã hội"
            .to_owned(),
        format!(
            "Theo đề nghị của công chức văn hóa - xã hội tại Tờ trình số {report}/TTr-VHXH {}",
            proposal.long()
        ),
    ]);
    sheet.skip(4.0);
    sheet.centred(Style::Bold, 13.5, "QUYẾT ĐỊNH:", 1.0);
    sheet.skip(4.0);
    let amount = ["540.000", "720.000", "900.000", "1.000.000", "1.250.000"];
    let label = id_label(random).to_lowercase();
    sheet.paragraph(&[
        bold("Điều 1."),
        plain(format!(
            "{} {} {}, sinh ngày {}, {label}: {}, dân tộc {}, nơi thường trú: {}.",
            sheet.either("Trợ cấp xã hội hàng tháng đối với", "Hưởng trợ cấp xã hội hằng tháng:"),
            holder.address(),
            holder.name,
            holder.born.short(),
            holder.id,
            holder.ethnicity,
            place.home()
        )),
    ]);
    sheet.say(&format!(
        "Mức trợ cấp: {} đồng/tháng, thời gian hưởng kể từ tháng {} năm {}. Hệ số tính mức trợ cấp: {}.",
        random.pick(&amount),
        day.month_text(),
        day.year,
        random.pick(&["1,5", "2,0", "2,5"])
    ));
    sheet.paragraph(&[
        bold("Điều 2."),
        plain(format!(
            "{}: {} {}, sinh năm {}, số căn cước công dân: {}, là người trực tiếp chăm sóc đối \
             tượng nêu tại Điều 1 Quyết định này.",
            sheet.either("Người nhận thay trợ cấp", "Hỗ trợ kinh phí chăm sóc và giao nhận thay"),
            carer.address(),
            carer.name,
            carer.born.year,
            carer.id
        )),
    ]);
    sheet.say(
        "Kinh phí chi trả được bảo đảm từ nguồn ngân sách nhà nước chi cho công tác bảo trợ xã hội; việc chi trả thực \
         hiện thông qua tổ chức dịch vụ chi trả theo quy định hiện hành.",
    );
    let mut fields = Face {
        kind: Kind::Decision,
        name: "Quyết định",
        agency: &agency,
        number: &number,
        day,
        signer: &signer,
    }
    .fields(&sheet.look);
    about(&mut fields, &holder);
    fields.abstract_text = Fact::printed(summary);
    let scope = format!("trên địa bàn {unit}");
    let has_scope = random.chance(0.35);
    let applied = if has_scope { format!(" và được áp dụng {scope}") } else { String::new() };
    let (phrase, period) = if random.chance(0.7) {
        ("kể từ ngày ký".to_owned(), since_issue(day, None, &sheet.look))
    } else {
        let first = Day { day: 1, ..day.plus_years(u32::from(day.month == 12)) };
        let first = Day { month: day.month % 12 + 1, ..first };
        (format!("kể từ {}", first.long()), Fact::printed(Period::from_day(first)))
    };
    sheet.paragraph(&[bold("Điều 3."), plain(format!("Quyết định này có hiệu lực {phrase}{applied}."))]);
    fields.validity_period = period;
    if has_scope {
        fields.validity_scope = Fact::printed(scope);
    }
    sheet.begin_end();
    sheet.paragraph(&[
        bold("Điều 4."),
        plain(format!(
            "Văn phòng {}, công chức văn hóa - xã hội, công chức tài chính - kế toán, các đơn vị có liên quan và {} {} \
             chịu trách nhiệm thi hành Quyết định này./.",
            agency.name,
            holder.address(),
            holder.name
        )),
    ]);
    let list =
        receivers(&["Như Điều 4", "Phòng Lao động - TB&XH", "CT, các PCT UBND", "Kho bạc Nhà nước"], "VHXH");
    sheet.sign(&signer.lines, &signer.name, &agency.seal_text, &list);
    fields
}

/// Chỉ thị: several pages and no owner.
pub fn directive(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::with_district(random);
    let agency = if random.chance(0.5) { Agency::of_province(&place) } else { Agency::of_district(&place) };
    let day = place.working_day(random, 2021);
    let number = Number::new(random, 24, "/CT-UBND");
    let signer = Signer::of(random, &agency, place.province_code);
    let (topic, work) = random.pick(&[
        ("công tác trợ giúp xã hội trong mùa mưa bão", "trợ giúp xã hội đột xuất"),
        ("việc rà soát hộ nghèo, hộ cận nghèo", "rà soát hộ nghèo, hộ cận nghèo"),
        ("công tác bảo vệ, chăm sóc trẻ em và phòng, chống tai nạn đuối nước", "bảo vệ, chăm sóc trẻ em"),
    ]);
    let lead = sheet.either("Về tăng cường chỉ đạo", "Về việc đẩy mạnh");
    let summary = format!("{lead} {topic} năm {}", day.year);
    sheet.letterhead(&agency, &number, day);
    sheet.title("CHỈ THỊ", Some(&summary));
    let cited = day.earlier(random.whole(20, 60));
    sheet.say(&format!(
        "Thực hiện Chỉ thị số {}/CT-TTg {} của Thủ tướng Chính phủ và Nghị quyết số 42-NQ/TW ngày 24 tháng 11 năm 2023 \
         về tiếp tục đổi mới, nâng cao chất lượng chính sách xã hội, thời gian qua các cấp, các ngành đã có nhiều cố \
         gắng, kết quả đạt được tương đối toàn diện. Tuy nhiên, một số nơi còn chậm, chưa sát thực tế. Để khắc phục \
         tồn tại, Chủ tịch {} yêu cầu:",
        random.whole(5, 28),
        cited.long(),
        agency.name
    ));
    let offices = [
        "Sở Lao động - Thương binh và Xã hội",
        "Sở Tài chính",
        "Sở Y tế",
        "Công an tỉnh",
        "Sở Thông tin và Truyền thông",
        "Các đoàn thể chính trị - xã hội",
    ];
    let tasks = [
        "Chủ trì, phối hợp với các cơ quan liên quan tổ chức kiểm tra, giám sát việc thực hiện; kịp thời phát hiện, xử \
         lý những trường hợp vi phạm, không để lợi dụng chính sách nhằm trục lợi",
        "Bố trí đầy đủ kinh phí theo phân cấp; hướng dẫn quản lý, sử dụng và thanh quyết toán đúng quy định, bảo đảm \
         công khai, minh bạch",
        "Tuyên truyền sâu rộng chủ trương, chính sách đến từng thôn, tổ dân phố; đa dạng hình thức, chú trọng vùng sâu, \
         vùng xa, vùng đồng bào dân tộc thiểu số",
        "Tổng hợp báo cáo định kỳ trước ngày 20 hằng tháng; cập nhật dữ liệu lên hệ thống thông tin dùng chung, bảo \
         đảm dữ liệu đúng, đủ, sạch, sống",
        "Rà soát, bổ sung danh sách người có hoàn cảnh khó khăn; hỗ trợ khẩn cấp lương thực, nhu yếu phẩm cho các hộ \
         có nguy cơ thiếu đói",
    ];
    for (n, office) in offices.iter().enumerate() {
        sheet.heading(format!("{}. {office}", n + 1));
        let first = random.whole(0, 4) as usize;
        for (m, letter) in ["a)", "b)", "c)", "d)"].iter().take(random.whole(2, 4) as usize).enumerate() {
            sheet.say(&format!("{letter} {} về {work}.", tasks[(first + m) % tasks.len()]));
        }
    }
    sheet.begin_end();
    sheet.say(
        "Yêu cầu Thủ trưởng các sở, ban, ngành, đoàn thể, các đơn vị có liên quan nghiêm túc triển khai thực hiện; \
         trong quá trình thực hiện nếu có vướng mắc, kịp thời báo cáo để xem xét, giải quyết./.",
    );
    let list = receivers(
        &["Như trên", "TT Tỉnh ủy", "TT HĐND", "CT, các PCT UBND", "Cổng thông tin điện tử"],
        "KGVX",
    );
    sheet.sign(&signer.lines, &signer.name, &agency.seal_text, &list);
    let mut fields = Face {
        kind: Kind::Directive,
        name: "Chỉ thị",
        agency: &agency,
        number: &number,
        day,
        signer: &signer,
    }
    .fields(&sheet.look);
    fields.abstract_text = Fact::printed(summary);
    fields
}

/// Thông báo of payments, with a short list.
pub fn notice(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let agency = Agency::of_commune(random, &place);
    let day = place.working_day(random, 2022);
    let number = Number::new(random, 320, "/TB-UBND");
    let signer = Signer::of(random, &agency, place.province_code);
    let summary = random.pick(&[
        "Về việc chi trả trợ cấp xã hội hàng tháng qua tài khoản",
        "Về việc niêm yết công khai danh sách đề nghị hưởng trợ cấp xã hội",
        "Về việc tiếp nhận hồ sơ trợ giúp xã hội trên môi trường điện tử",
    ]);
    let summary = sheet.either(
        summary,
        "Về việc thay đổi địa điểm, thời gian chi trả chính sách trợ giúp xã hội hằng tháng",
    );
    sheet.letterhead(&agency, &number, day);
    sheet.title("THÔNG BÁO", Some(summary));
    let asked = day.earlier(random.whole(4, 20));
    sheet.say(&format!(
        "Căn cứ Nghị định số 20/2021/NĐ-CP ngày 15 tháng 3 năm 2021 của Chính phủ và Công văn số {}/UBND-LĐTBXH {} của \
         Ủy ban nhân dân {}, {} thông báo như sau:",
        random.whole(100, 1900),
        asked.long(),
        place.above(),
        agency.name
    ));
    sheet.say(&format!(
        "1. Thời gian thực hiện: từ ngày {} đến hết ngày {} hằng tháng, trong giờ hành chính. Người hưởng chính sách \
         mang theo thẻ căn cước để đối chiếu thông tin.",
        random.whole(2, 9),
        random.whole(12, 20)
    ));
    sheet.say("2. Danh sách các thôn, tổ dân phố và thời gian cụ thể:");
    let mut rows = vec![["STT", "Thôn, tổ dân phố", "Số đối tượng", "Thời gian"].map(str::to_owned).to_vec()];
    for n in 1..=random.whole(4, 7) {
        let hour = format!("{} giờ 00", random.whole(7, 15));
        rows.push(vec![n.to_string(), Place::any(random).hamlet, random.whole(8, 64).to_string(), hour]);
    }
    sheet.table(&[0.6, 2.6, 1.4, 1.4], &rows);
    sheet.say(
        "3. Trường hợp ốm đau, già yếu không đến được, gia đình báo trưởng thôn lập danh sách để tổ chức chi trả tại \
         nhà. Người nhận thay phải có giấy ủy quyền theo quy định.",
    );
    let mut fields = Face {
        kind: Kind::Notice,
        name: "Thông báo",
        agency: &agency,
        number: &number,
        day,
        signer: &signer,
    }
    .fields(&sheet.look);
    fields.abstract_text = Fact::printed(summary);
    if random.chance(0.4) {
        let last = Day { month: 12, day: 31, ..day };
        let scope = format!("trên địa bàn {}", place.commune_name());
        let lead =
            sheet.either("4. Thông báo này có giá trị đến hết", "4. Hiệu lực của Thông báo này: đến hết");
        sheet.say(&format!("{lead} {} {scope}.", last.long()));
        fields.validity_period = Fact::printed(Period::until_day(last));
        fields.validity_scope = Fact::printed(scope);
    }
    sheet.begin_end();
    sheet.say(&format!(
        "Đề nghị các thôn, tổ dân phố thông báo rộng rãi trên hệ thống truyền thanh để nhân dân được biết. Mọi thắc \
         mắc xin liên hệ Bộ phận Một cửa {}, điện thoại: 02{}.{}./.",
        agency.name,
        random.whole(10, 99),
        random.whole(3_500_000, 3_999_999)
    ));
    let list = receivers(&["Thường trực Đảng ủy", "Các thôn, tổ dân phố", "Đài truyền thanh"], "VHXH");
    sheet.sign(&signer.lines, &signer.name, &agency.seal_text, &list);
    fields
}
