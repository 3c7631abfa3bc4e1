//! Middle and given names of Vietnam with their marks: to ask where a reader lost a mark, never to mend.
//!
//! `Manh` and `Nhãn` are words, but nobody's names, while `Mạnh` and `Nhẫn` are. A name that is not on the list and has
//! not the letters of a listed one is left as it was read: many are rare.

use super::fold;

/// By the alphabet; both places of the tone mark where both are usual.
const BORNE: &str = "\
    ái an ân ẩn anh ánh âu ba bá bách bạch ban bằng băng bảo báo bắc bé bích biên bình bính bông bồng bưởi bửu ca cả cát \
    cam cẩm cảnh canh cao cần cẩn châu chất chắt chi chí chiến chiêu chiểu chinh chính chỉnh chu chung chúc chức chương \
    chuyên công cơ cúc cung cường cương cửu cừ dân danh dậu di diễm diễn diện diệp diệu dinh dĩnh doan doãn doanh dung \
    dũng duy duyên duyệt dư dự dực dương dưỡng đa đài đại đam đàm đan đán đang đáng đảng đăng đằng đặng đào đạo đạt đắc \
    đậu đệ đề đích điềm điền điển điệp định đính đình đỉnh đoan đoàn độ đôn đông đồng đởm đức được đương đường gái gấm \
    ghi gia giá giác giang giao giáp giàu giới hà hạ hai hải hân hán hàn hãn hạnh hào hảo hạo hằng hậu hạp hậu hiên hiền \
    hiển hiến hiện hiệp hiếu hiệu hinh hoa hoá hóa hoà hòa hoạ họa hoài hoan hoàn hoàng hoạt hoanh hoè hòe học hỗ hồ hổ \
    hội hồi hồng hợi hợp hớn huân huấn huế huệ hùng hưng huy huyên huyến huyền huynh huỳnh hương hướng hường hưởng hữu hỷ \
    hy ích kế kết kha khá khả khải khang khanh khánh khắc khi khiêm khiết khoa khoá khóa khoái khoan khoát khoẻ khỏe khôi \
    khởi khuê khuyên khuyến khương kiên kiếm kiệm kiệt kiều kim kính kỳ kỷ kỉnh ký la lạc lai lài lam làm lan lành lâm \
    lân lập len lê lễ lệ liêm liên liễu liệu linh lĩnh lĩnh loan long lộc lợi lơ luân luận luật lũy luyến luyện lụa lư \
    lực lương lượng lưu lựu ly lý mạc mai mại mận mẫn mạnh mạo mão mậu mẫu mây mến mi miên miền minh mơ mùi mười mừng muội \
    mỹ mỵ my na nam năm nên nết nga ngà ngạn ngân nghệ nghi nghĩa nghị nghiêm nghiệp ngoan ngoãn ngọ ngọc ngôn ngộ ngời \
    ngữ nguyên nguyện nguyệt nhã nhạc nhài nhàn nhan nhạn nhâm nhân nhẫn nhất nhật nhi nhị nhiệm nhiên nho nhớ nhu nhung \
    nhuận như nhường nhượng ninh nở nụ nữ nương oai oanh phác phái phan phán phát phấn phẩm phê phi phong phòng phú phúc \
    phụng phước phùng phương phượng phượng quán quang quảng quân quế quốc quy quý quyên quyền quyết quyến quỳnh quỳ quyên \
    rạng sa sách san sản sang sáng sanh sao sau sáu sắc sắt sâm sen sĩ sỹ siêng sinh son song soạn sơn sự sửu sung súy \
    sương tá tạo tài tám tam tâm tân tấn tần tăng tặng tập tây tề tế thạc thạch thái thám thanh thành thảnh thảo thạo \
    thạnh thao thắm thăng thắng thân thận thập thế thêm thi thìn thiên thiện thiết thiệp thiệu thìn thịnh tho thọ thoa \
    thoả thỏa thoại thoan thơ thơm thời thông thống thới thu thụ thuần thuận thuật thúc thục thuý thúy thuỳ thùy thuỷ \
    thủy thuyên thuyền thuyết thư thứ thử thức thực thừa thương thường thưởng thượng tiên tiền tiến tiếp tiệp tiệm tín \
    tính tình tịnh toan toán toàn toản toại tô tố tổ tôn tộ tới trà trác trạc trạch trai trang tráng trầm trâm trân trấn trí \
    tri trị triển triết triều triệu trinh trình trịnh trọng trung trúc trực trường trưởng tú tuân tuấn tuất túc tuệ tùng \
    tuy tuyên tuyến tuyền tuyển tuyết tư tứ từ tương tường tưởng tửu tựu ty tý tỵ uy uyên uyển ứng út ước vạn vân văn vang \
    vàng vẹn vi vĩ vị viên viễn viện viết việt vinh vĩnh vịnh vọng vu vũ vui vụ vương vượng vỹ vy vỵ xa xiêm xinh xoa \
    xoan xuân xuyên xuyến xứng xưng xướng ý yêm yên yến yết thị";

/// Whether nobody bears `word`, in lower case, while another name has its letters.
pub(super) fn lost_its_marks(word: &str) -> bool {
    let mut listed = BORNE.split_whitespace();
    if listed.clone().any(|name| name == word) {
        return false;
    }
    let bare = fold::fold(word);
    listed.any(|name| fold::fold(name) == bare)
}

/// Whether `word`, in lower case, is a name of the list.
pub(super) fn is_listed(word: &str) -> bool {
    BORNE.split_whitespace().any(|name| name == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_nobody_bears() {
        for (word, expected) in [
            ("manh", true),
            ("mạnh", false),
            ("nhãn", true),
            ("nhân", false),
            ("đúc", true),
            ("thuỷ", false),
            ("thủy", false),
            // Rare, and like no other.
            ("blao", false),
        ] {
            assert_eq!(lost_its_marks(word), expected, "{word}");
        }
    }
}
