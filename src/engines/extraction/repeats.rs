//! Several readings of one phrase vote: papers say their subject more than once.
//!
//! Only common words are mended, and only by the same paper; the letters of names stay as read,
//! since two people may differ in a mark alone.

use super::flow::Sentence;
use super::fold;
use super::layout::Token;

/// A word read better than this is not questioned.
const UNQUESTIONED: f32 = 0.955;
/// A word below this, which nothing confirms, makes the whole text doubtful.
const DOUBTFUL: f32 = 0.78;
/// So sure at most is such a text.
const IN_DOUBT: f32 = 0.7;

/// Pairs of words whose letters are fixed in the language of administration: without marks each
/// stands for itself alone.
const FIXED: &[&str] = &[
    "chi trả",
    "trợ cấp",
    "xã hội",
    "mai táng",
    "khuyết tật",
    "bảo trợ",
    "hỗ trợ",
    "kinh phí",
    "chi phí",
    "chăm sóc",
    "nuôi dưỡng",
    "trẻ em",
    "hộ nghèo",
    "cận nghèo",
    "điều chỉnh",
    "thôi hưởng",
    "phổ thông",
    "thất nghiệp",
    "thủ tục",
    "hành chính",
    "triển khai",
    "tăng cường",
    "chỉ đạo",
    "thực hiện",
    "quyết định",
    "đối với",
    "công nhận",
    "về việc",
    "trợ giúp",
    "bảo hiểm",
    "tổ chức",
    "kế hoạch",
    "báo cáo",
    "phê duyệt",
    "giải quyết",
    "chế độ",
    "đề nghị",
    "đôn đốc",
    "bình đẳng",
    "đẳng giới",
    "tiếp nhận",
    "điện tử",
    "thanh toán",
    "tiền mặt",
    "chính sách",
    "ưu đãi",
    "có công",
    "bệnh binh",
    "hưu trí",
    "lao động",
    "việc làm",
    "doanh nghiệp",
    "học sinh",
    "sinh viên",
    "đào tạo",
    "giáo dục",
    "bảo đảm",
    "an sinh",
    "an toàn",
    "vệ sinh",
    "phụ nữ",
    "tiến bộ",
    "giảm nghèo",
    "rà soát",
    "thống kê",
    "kiểm tra",
    "giám sát",
    "hướng dẫn",
    "thành lập",
    "bổ nhiệm",
    "kiện toàn",
    "khen thưởng",
    "kỷ luật",
    "nhiệm vụ",
    "đời sống",
    "xây dựng",
    "sử dụng",
    "quản lý",
    "cấp phép",
    "gia hạn",
    "thu hồi",
    "tiếp tục",
    "phối hợp",
    "tổng hợp",
    "số liệu",
    "nghị định",
    "dự thảo",
    "đối tượng",
    "thay đổi",
    "điều kiện",
    "cao tuổi",
    "mồ côi",
    "từ trần",
    "thân nhân",
    "thờ cúng",
    "phụng dưỡng",
    "tái phạm",
    "phòng chống",
    "bạo lực",
    "tệ nạn",
    "xuất khẩu",
    "nước ngoài",
    "hợp đồng",
    "tiền lương",
    "tai nạn",
    "nghề nghiệp",
    "huấn luyện",
    "dinh dưỡng",
    "y tế",
    "dân tộc",
    "miền núi",
    "hội nghị",
    "tốt nghiệp",
    "tuyển dụng",
    "công chức",
    "viên chức",
];

/// The fixed spelling of word `i`, where it and a neighbour make a fixed pair.
fn fixed(tokens: &[Token], i: usize) -> Option<String> {
    let pair_at =
        |first: usize| Some(format!("{} {}", bare(tokens.get(first)?), bare(tokens.get(first + 1)?)));
    let known = |pair: Option<String>| pair.and_then(|p| FIXED.iter().find(|f| fold::fold(f) == p));
    let as_second =
        i.checked_sub(1).and_then(|before| known(pair_at(before))).and_then(|f| f.split(' ').nth(1));
    let word = known(pair_at(i)).and_then(|f| f.split(' ').next()).or(as_second)?;
    let own = letters(&tokens[i]);
    let is_capital = tokens[i].text.chars().next().is_some_and(char::is_uppercase);
    let mended = tokens[i].text.to_lowercase().replace(&own, word);
    Some(if is_capital { super::casing::capitalised(&mended) } else { mended })
}

/// Pairs with which a text may end although its last word begins another: `thiên tai`, not `tai nạn`.
const ENDINGS: &[&str] = &[
    "thiên tai",
    "đột xuất",
    "sản xuất",
    "đề xuất",
    "nhân dân",
    "người dân",
    "cấp xã",
    "tác xã",
    "văn phòng",
    "thiểu số",
    "dân số",
    "đổi số",
    "giám hộ",
    "chủ hộ",
    "vụ công",
    "khám bệnh",
    "chữa bệnh",
    "nâng cao",
    "thành viên",
    "nhân viên",
    "giáo viên",
    "đất nước",
    "trong nước",
    "nhà nước",
    "vay tiền",
];

/// Whether a text breaks off within a pair: `… đối tượng bảo`.
pub(super) fn breaks_off(words: &[String]) -> bool {
    let bare = |word: &String| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let Some(last) = words.last().map(bare) else { return false };
    let before = words.len().checked_sub(2).map(|i| bare(&words[i])).unwrap_or_default();
    let begins = |pair: &str| pair.split(' ').next() == Some(last.as_str());
    let ends = |pair: &str| pair.split(' ').nth(1) == Some(last.as_str());
    let is_ending = ENDINGS.contains(&format!("{before} {last}").as_str());
    FIXED.iter().any(|pair| begins(pair)) && !is_ending && !FIXED.iter().any(|pair| ends(pair))
}

/// The words of `tokens`, slips mended where the rest of the paper outvotes them, and how sure the
/// weakest of them is.
pub(super) fn vote(tokens: &[Token], sentences: &[Sentence]) -> (Vec<String>, f32) {
    let mut confidence = 1.0_f32;
    let words = tokens
        .iter()
        .enumerate()
        .map(|(i, token)| {
            if !token.text.chars().any(char::is_alphanumeric) {
                return token.text.clone();
            }
            // `chỉ phí` is read with as much confidence as `chi phí`: the phrase decides.
            if let Some(word) = fixed(tokens, i).filter(|_| !is_all_caps(&token.text)) {
                return word;
            }
            if token.confidence > UNQUESTIONED {
                return token.text.clone();
            }
            let before = i.checked_sub(1).map(|b| &tokens[b]);
            let heard = others(token, before, tokens.get(i + 1), sentences);
            let (word, sure) = decide(token, &heard);
            confidence = confidence.min(sure);
            word
        })
        .collect();
    (words, confidence)
}

/// The same word, but for marks, beside the same neighbour, elsewhere in the paper.
fn others<'a>(
    token: &Token,
    before: Option<&Token>,
    after: Option<&Token>,
    sentences: &'a [Sentence],
) -> Vec<&'a Token> {
    let same = |a: Option<&Token>, b: Option<&Token>| a.zip(b).is_some_and(|(a, b)| bare(a) == bare(b));
    sentences
        .iter()
        .flat_map(|s| {
            s.tokens.iter().enumerate().filter(move |(i, t)| {
                bare(t) == bare(token)
                    && !std::ptr::eq(*t, token)
                    && t.place != token.place
                    && (same(i.checked_sub(1).and_then(|b| s.tokens.get(b)), before)
                        || same(s.tokens.get(i + 1), after))
            })
        })
        .map(|(_, t)| t)
        .take(40)
        .collect()
}

fn is_all_caps(word: &str) -> bool {
    word.chars().count() > 1 && !word.chars().any(char::is_lowercase)
}

fn bare(token: &Token) -> &str {
    token.folded.trim_matches(|c: char| !c.is_alphanumeric())
}

fn letters(token: &Token) -> String {
    token.text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

fn decide(token: &Token, heard: &[&Token]) -> (String, f32) {
    let own = letters(token);
    let mut votes: Vec<(String, f32)> = vec![(own.clone(), token.confidence)];
    for other in heard {
        let said = letters(other);
        match votes.iter_mut().find(|(word, _)| *word == said) {
            Some((_, weight)) => *weight += other.confidence,
            None => votes.push((said, other.confidence)),
        }
    }
    votes.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (winner, weight) = votes[0].clone();
    let against: f32 = votes.iter().skip(1).map(|(_, w)| w).sum();
    if winner == own {
        // Confirmed by others, or alone.
        let sure = if weight > token.confidence && against < weight {
            token.confidence.max(0.93)
        } else {
            token.confidence
        };
        let sure = if against > 0.0 { sure.min(0.8) } else { sure };
        return (token.text.clone(), if sure < DOUBTFUL { sure.min(IN_DOUBT) } else { sure.max(0.8) });
    }
    let is_name = token.text.chars().next().is_some_and(char::is_uppercase);
    if is_name || weight < against * 1.5 {
        return (token.text.clone(), token.confidence.min(0.5));
    }
    let mended = token.text.to_lowercase().replace(&own, &winner);
    (mended, 0.85)
}
