//! What a clerk reads: one Vietnamese sentence for a signature, one for a file. Words alone; the
//! verdicts are made elsewhere.

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};

use super::verdict::{
    Algorithm, Coverage, Integrity, Kind, Modification, Overall, SignatureReport, SubIndication, TimeSource,
    Verdict,
};

/// Notes and changes told in a sentence; the rest stand in the report.
const MOST_TOLD: usize = 3;

/// A moment in Việt Nam's time, as papers write it.
pub fn moment(at: Timestamp) -> String {
    let local = at.to_zoned(TimeZone::fixed(offset(7)));
    local.strftime("%H:%M ngày %d/%m/%Y").to_string()
}

/// The sentence for one signature. `why`: a clause on what decided, where it has not passed.
pub fn of_signature(report: &SignatureReport, why: Option<&str>) -> String {
    let what = match report.kind {
        Kind::Signature => "Chữ ký số",
        Kind::Doctimestamp => "Dấu thời gian của tài liệu",
    };
    let verdict = match report.verdict {
        Verdict::TotalPassed => format!("{what} hợp lệ"),
        Verdict::Indeterminate => format!("Chưa xác định được {} có hợp lệ hay không", clause(what)),
        Verdict::TotalFailed => format!("{what} không hợp lệ"),
    };
    let mut parts = vec![verdict];
    if let Some(why) = why {
        parts[0].push_str(&format!(" vì {why}"));
    }
    parts.push(who_and_when(report));
    parts.push(wholeness(report));
    parts.extend(changes(report));
    if report.verdict == Verdict::TotalPassed && report.algorithm == Algorithm::Weak {
        parts.push("thuật toán yếu nhưng được chính sách chấp nhận".to_owned());
    }
    parts.extend(report.notes.iter().take(MOST_TOLD).cloned());
    parts.extend(report.sub.map(|sub| advice(sub).to_owned()));
    parts.retain(|part| !part.is_empty());
    format!("{}.", parts.join("; "))
}

/// A sentence as a part of another one.
pub fn clause(sentence: &str) -> String {
    let sentence = sentence.trim().trim_end_matches('.');
    let mut letters = sentence.chars();
    let Some(first) = letters.next() else { return String::new() };
    // What begins with two capitals is an abbreviation.
    let is_word = !letters.clone().next().is_some_and(char::is_uppercase);
    if is_word { first.to_lowercase().chain(letters).collect() } else { sentence.to_owned() }
}

fn who_and_when(report: &SignatureReport) -> String {
    let signer = &report.signer;
    let (by, verb) = match report.kind {
        Kind::Signature => ("người ký", "ký"),
        Kind::Doctimestamp => ("nơi cấp", "cấp"),
    };
    let who = match (signer.name.is_empty(), signer.organisation.is_empty()) {
        (true, _) => format!("không rõ {by}"),
        (false, true) => format!("{by}: {}", signer.name),
        (false, false) => format!("{by}: {} ({})", signer.name, signer.organisation),
    };
    match (report.signed_at, report.time) {
        (None, _) => format!("{who}, không rõ thời điểm {verb}"),
        (Some(at), TimeSource::Timestamp) => {
            format!("{who}, {verb} lúc {} (có dấu thời gian tin cậy)", moment(at))
        }
        (Some(at), TimeSource::Claimed) => {
            format!("{who}, {verb} lúc {} (theo lời khai, chưa được chứng minh)", moment(at))
        }
    }
}

fn wholeness(report: &SignatureReport) -> String {
    match (report.integrity, report.coverage) {
        (Integrity::Broken, _) => "nội dung đã ký không còn nguyên vẹn hoặc không kiểm tra được".to_owned(),
        (Integrity::Intact, Coverage::WholeFile) => "toàn bộ tệp còn nguyên vẹn từ khi ký".to_owned(),
        (Integrity::Intact, Coverage::WholeRevision) => "phiên bản đã ký còn nguyên vẹn".to_owned(),
        (Integrity::Intact, Coverage::Partial | Coverage::Malformed) => {
            "chữ ký chỉ phủ một phần của tệp".to_owned()
        }
    }
}

fn changes(report: &SignatureReport) -> Option<String> {
    let told: Vec<String> = report.changes.iter().take(MOST_TOLD).map(|change| clause(change)).collect();
    let told = if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) };
    match report.modification_after {
        Modification::None => None,
        Modification::Permitted => Some(format!("sau đó chỉ có thay đổi được phép{told}")),
        Modification::Forbidden => Some(format!("sau đó có thay đổi không được phép{told}")),
    }
}

/// What to do about it.
pub fn advice(sub: SubIndication) -> &'static str {
    use SubIndication as S;
    match sub {
        S::FormatFailure => "không nhận tệp này, đề nghị nộp lại bản do người ký cung cấp",
        S::HashFailure => "nội dung khác với nội dung đã ký: không nhận, đề nghị nộp lại bản gốc",
        S::SigCryptoFailure => "chữ ký không khớp với chứng thư số kèm theo: không nhận, đề nghị ký lại",
        S::Revoked => "chứng thư số đã bị thu hồi khi ký: đề nghị ký lại bằng chứng thư số còn hiệu lực",
        S::Expired => "chứng thư số đã hết hạn khi ký: đề nghị ký lại bằng chứng thư số còn hiệu lực",
        S::NotYetValid => "chứng thư số chưa có hiệu lực khi ký: đề nghị ký lại",
        S::SigConstraintsFailure => "cần người có thẩm quyền xem trực tiếp tệp trước khi nhận",
        S::ChainConstraintsFailure => {
            "chứng thư số không được dùng cho việc này: đề nghị ký bằng chứng thư số phù hợp"
        }
        S::CertificateChainGeneralFailure => "đề nghị người nộp hỏi nơi cấp chứng thư số",
        S::CryptoConstraintsFailure => {
            "cần đối chiếu với cơ quan ký, hoặc đề nghị ký lại bằng thuật toán đủ mạnh"
        }
        S::CryptoConstraintsFailureNoPoe => {
            "cần bằng chứng về thời điểm ký, hoặc đề nghị ký lại bằng thuật toán đủ mạnh"
        }
        S::TimestampOrderFailure => "các thời điểm mâu thuẫn với nhau: cần đối chiếu với người ký",
        S::NoSigningCertificateFound => "đề nghị nộp lại bản có kèm chứng thư số của người ký",
        S::NoCertificateChainFound => {
            "cần quản trị viên bổ sung chứng thư số của nơi cấp vào danh sách tin cậy nếu nơi cấp được công nhận"
        }
        S::RevokedNoPoe => "cần bằng chứng là đã ký trước khi bị thu hồi, nếu không thì đề nghị ký lại",
        S::RevokedCaNoPoe => {
            "cần bằng chứng là đã ký trước khi nơi cấp bị thu hồi, nếu không thì đề nghị ký lại"
        }
        S::OutOfBoundsNoPoe | S::OutOfBoundsNotRevoked => {
            "cần bằng chứng là đã ký trong thời hạn của chứng thư số (dấu thời gian, thời điểm tiếp nhận), nếu không thì đề nghị ký lại"
        }
        S::NoPoe => "cần bằng chứng về thời điểm ký",
        S::TryLater => "kiểm tra lại khi có danh sách thu hồi mới của nơi cấp",
        S::SignedDataNotFound => "đề nghị nộp lại đủ dữ liệu đã ký",
    }
}

/// The sentence for a file.
pub fn of_file(overall: Overall, reports: &[SignatureReport]) -> String {
    let n = reports.iter().filter(|report| report.kind == Kind::Signature).count();
    let bad = |verdict| {
        reports.iter().filter(|report| report.kind == Kind::Signature && report.verdict == verdict).count()
    };
    let mut sentence = match overall {
        Overall::NotAPdf => return "Tệp không phải là PDF.".to_owned(),
        Overall::NoSignature => "Tệp không có chữ ký số nào".to_owned(),
        Overall::TotalPassed if n == 1 => "Tệp có một chữ ký số, hợp lệ".to_owned(),
        Overall::TotalPassed => format!("Tệp có {n} chữ ký số, tất cả đều hợp lệ"),
        Overall::Indeterminate => {
            format!(
                "Tệp có {n} chữ ký số, {} chữ ký chưa xác định được có hợp lệ hay không",
                bad(Verdict::Indeterminate)
            )
        }
        Overall::TotalFailed => {
            format!("Tệp có {n} chữ ký số, {} chữ ký không hợp lệ", bad(Verdict::TotalFailed))
        }
    };
    let stamps = reports.iter().filter(|report| report.kind == Kind::Doctimestamp);
    let stamps: Vec<_> = stamps.map(|report| report.verdict).collect();
    let failed = stamps.iter().filter(|verdict| **verdict != Verdict::TotalPassed).count();
    if failed > 0 {
        sentence.push_str(&format!(
            "; {failed} trên {} dấu thời gian của tài liệu không dùng được",
            stamps.len()
        ));
    }
    sentence.push('.');
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_become_clauses() {
        for (sentence, expected) in [
            ("Sau chữ ký còn có dữ liệu lạ.", "sau chữ ký còn có dữ liệu lạ"),
            ("Được điền ô «MaSoHoa».", "được điền ô «MaSoHoa»"),
            ("DSS được thêm", "DSS được thêm"),
            ("", ""),
        ] {
            assert_eq!(clause(sentence), expected);
        }
    }

    #[test]
    fn moments_are_told_in_the_time_of_viet_nam() {
        assert_eq!(moment("2025-01-26T17:12:09Z".parse().unwrap()), "00:12 ngày 27/01/2025");
    }
}
