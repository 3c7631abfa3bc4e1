//! Sentences about changes, for a clerk.

use super::ChangeKind;

/// A page as people count it.
fn page(index: usize) -> String {
    format!("trang {}", index + 1)
}

pub(in crate::engines::signature) fn trailing(n_bytes: usize) -> String {
    format!("Có {n_bytes} byte thừa sau phần cuối của tệp; phần mềm đọc bỏ qua chúng.")
}

pub(in crate::engines::signature) fn trailing_objects() -> String {
    "Sau phần cuối của tệp còn có dữ liệu PDF mà chữ ký không bao gồm.".to_owned()
}

pub(in crate::engines::signature) fn not_looked_at() -> String {
    "Chưa kiểm tra hết các thay đổi sau khi ký; chưa thể kết luận.".to_owned()
}

/// `sentence` tells the change that was taken back.
pub(in crate::engines::signature) fn undone(sentence: &str) -> String {
    format!("Có lúc sau khi ký, tệp bị thay đổi trái phép rồi được trả lại như cũ: {sentence}")
}

/// `is_other`: the letters are read, and are others.
pub(in crate::engines::signature) fn face(name: &str, is_other: bool) -> String {
    let name = shown(name);
    if is_other {
        format!("Ô “{name}” được điền sau khi ký nhưng chữ hiện trên trang khác với giá trị đã điền.")
    } else {
        format!(
            "Ô “{name}” được điền sau khi ký nhưng không đối chiếu được chữ hiện trên trang với giá trị đã điền."
        )
    }
}

pub(in crate::engines::signature) fn on_page(kind: ChangeKind, index: usize) -> String {
    let page = page(index);
    match kind {
        ChangeKind::PageContent => format!("Nội dung {page} đã bị sửa sau khi ký."),
        ChangeKind::Resources => {
            format!("Phông chữ, hình ảnh hoặc thành phần khác của {page} đã bị thay sau khi ký.")
        }
        ChangeKind::AnnotationAdded => {
            format!("Có hình hoặc chữ được đặt thêm lên {page} sau khi ký.")
        }
        ChangeKind::AnnotationChanged => {
            format!("Chú thích hoặc ô trên {page} đã bị sửa, đổi thứ tự hoặc gỡ bỏ sau khi ký.")
        }
        ChangeKind::Comment => format!("Có ghi chú được thêm vào {page} sau khi ký."),
        ChangeKind::CoversInk => format!("Hình của chữ ký sau che lên chữ đã có ở {page}."),
        ChangeKind::Looks => {
            format!("{page} trông khác với lúc ký ở chỗ không được phép thay đổi.").replacen('t', "T", 1)
        }
        _ => format!("Khổ giấy, chiều xoay hoặc thuộc tính khác của {page} đã bị sửa sau khi ký."),
    }
}

pub(in crate::engines::signature) fn on_field(kind: ChangeKind, name: &str) -> String {
    let name = shown(name);
    match kind {
        ChangeKind::FieldFilled => format!("Ô “{name}” được điền sau khi ký."),
        ChangeKind::FieldAdded => format!("Ô “{name}” được thêm vào sau khi ký."),
        ChangeKind::FieldRemoved => format!("Ô “{name}” đã bị gỡ hoặc bị thay sau khi ký."),
        ChangeKind::FieldLocked => format!("Ô “{name}” đã bị khóa bởi chữ ký trước nhưng vẫn bị thay đổi."),
        ChangeKind::Signature => format!("Có thêm chữ ký ở ô “{name}”."),
        ChangeKind::DocumentTimestamp => format!("Có thêm dấu thời gian ở ô “{name}”."),
        ChangeKind::SignatureField => format!("Có thêm ô chữ ký “{name}” chưa ký."),
        ChangeKind::FalseSignature => {
            format!(
                "Ô chữ ký “{name}” được thêm vào không đúng cách: hiện hình như đã ký mà không có chữ ký đúng dạng."
            )
        }
        ChangeKind::Certification => {
            format!("Người ký trước đã chứng nhận tài liệu và không cho phép thay đổi ở ô “{name}”.")
        }
        _ => format!("Ô “{name}” đã bị sửa sau khi ký, không chỉ là điền nội dung."),
    }
}

pub(in crate::engines::signature) fn plain(kind: ChangeKind) -> String {
    let text = match kind {
        ChangeKind::ValidationData => "Có thêm dữ liệu để kiểm tra chữ ký lâu dài.",
        ChangeKind::Metadata => "Thông tin mô tả tệp (tiêu đề, tác giả…) được cập nhật.",
        ChangeKind::PageOrder => "Trang bị thêm, bớt, thay hoặc đổi thứ tự sau khi ký.",
        ChangeKind::PageProperties => {
            "Khổ giấy, chiều xoay hoặc thuộc tính khác của các trang đã bị sửa sau khi ký."
        }
        ChangeKind::Resources => {
            "Phông chữ, hình ảnh hoặc thành phần chung của các trang đã bị thay sau khi ký."
        }
        ChangeKind::Form => "Biểu mẫu của tài liệu đã bị sửa sau khi ký.",
        ChangeKind::Certification => {
            "Người ký trước đã chứng nhận tài liệu và không cho phép thay đổi như thế này."
        }
        ChangeKind::Encryption => "Cách mã hóa của tệp đã bị thay đổi sau khi ký.",
        ChangeKind::Unclear => {
            "Có thành phần bị thay bằng dữ liệu không đọc được, hoặc đọc được theo hai cách."
        }
        _ => "Cấu trúc chung của tài liệu (hành động, kịch bản, lớp, mục lục…) đã bị sửa sau khi ký.",
    };
    text.to_owned()
}

/// A name short enough to read, without characters that could disturb the sentence.
fn shown(name: &str) -> String {
    const LONGEST: usize = 80;
    let mut text: String = name.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if name.chars().count() > LONGEST {
        text.push('…');
    }
    text
}
