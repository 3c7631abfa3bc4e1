//! Further readings of words with figures, each alone and at another scale: the readings vote.
//!
//! Numbers, dates and ids decide codes; what readings agree on is surer than any one of them, what they don't
//! agree on is not sure. What stands at the ends of a word is punctuation and decides nothing. Knows no field.

use image::GrayImage;
use unicode_normalization::UnicodeNormalization;

use super::{
    Engine,
    engine::Layout,
    tsv::{ReadLine, ReadWord},
};
use crate::engines::imaging::fault::ReadError;

/// The head of a page: where number and date stand, as a share of its height.
const HEAD: f32 = 0.45;
/// Words surer than this need no further reading.
const SURE: f32 = 0.95;
/// Words less sure than this are no words.
const WORD: f32 = 0.3;
/// So sure at most is what no other reading supports, or what stays in dispute.
const DISPUTED: f32 = 0.5;
/// A reading this sure that says otherwise takes the whole of it from the confidence of those that agree.
const DISSENT: f32 = 0.7;
/// The same for one that says the same figures, and other letters behind them.
const DISSENT_OF_SYMBOL: f32 = 0.25;
/// Readings that all say the same need no further one when they are together this sure. Two that were 94 % sure
/// have been seen to be wrong together.
const SETTLED: f32 = 0.98;
/// Scales of the further readings, of the picture that was read first. Measured on 2,000 words: of the right
/// ones these confirm 98 %, 98 % and 97 %; single-word segmentation, coarser or finer scales confirm fewer.
const SCALES: [f32; 3] = [1.0, 1.25, 1.5];
/// At most so many words are read again: the time for a page is bounded.
const MOST: usize = 24;
/// Figures of a day in words surer than this need no reading with their words.
const SURE_FIGURES: f32 = 0.92;
/// At most so many days are read again.
const MOST_DAYS: usize = 4;
/// Words of letters surer than this need no further reading.
const SURE_LETTERS: f32 = 0.9;
/// Letters are never surer than this by being read alike more than once: marks are mistaken alike.
const LETTERS_AT_MOST: f32 = 0.93;
/// Scales of the further readings of letters.
const SCALES_OF_LETTERS: [f32; 2] = [1.25, 1.5];
/// Another reading of letters takes this share of its sureness away.
const DISSENT_OF_LETTERS: f32 = 0.4;
/// Letters that were first read less surely than this …
const HALF_SURE: f32 = 0.65;
/// … are this sure at most, whatever agrees: a mark that is hardly seen is mistaken alike.
const DOUBTED_AT_MOST: f32 = 0.8;
/// At most so many words of letters are read again.
const MOST_NAMES: usize = 12;

/// What a reading says, apart from punctuation: letters, figures and strokes between them.
fn gist(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric() || *c == '/').collect::<String>();
    kept.trim_matches('/').to_owned()
}

/// Figures of an id, a date or a number with its symbol, which count wherever they stand.
fn is_of_weight(text: &str) -> bool {
    let gist = gist(text);
    let n_figures = gist.chars().filter(char::is_ascii_digit).count();
    n_figures >= 8 || (n_figures >= 1 && gist.contains('/'))
}

fn has_figures(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
}

fn is_doubtful(word: &ReadWord, height: f32) -> bool {
    has_figures(&word.text)
        && (WORD..SURE).contains(&word.confidence)
        && (word.top < HEAD * height || is_of_weight(&word.text))
}

/// Words of letters that are less sure than most: names mostly, whose marks nothing else settles.
fn is_doubtful_name(word: &ReadWord) -> bool {
    let mut letters = word.text.chars().filter(|c| c.is_alphabetic());
    let is_capital = letters.next().is_some_and(char::is_uppercase);
    is_capital && letters.next().is_some() && !has_figures(&word.text) && word.confidence < SURE_LETTERS
}

/// One reading of a word.
#[derive(Debug, Clone, PartialEq)]
struct Vote {
    text: String,
    confidence: f32,
}

/// Reads the doubtful words of `lines` again, each from its `zone` at a scale: the word alone, with its resolution.
/// `height` is that of the page, in the pixels of the lines.
///
/// # Errors
/// [`ReadError::Crashed`] when Tesseract gives up.
pub(super) fn look_again(
    engine: &mut Engine,
    lines: &mut [ReadLine],
    height: f32,
    zone: impl Fn(&ReadWord, f32) -> Option<(GrayImage, f32)>,
) -> Result<(), ReadError> {
    let doubtful = lines.iter_mut().flat_map(|l| &mut l.words).filter(|w| is_doubtful(w, height)).take(MOST);
    for word in doubtful {
        let mut votes = vec![Vote { text: word.text.clone(), confidence: word.confidence }];
        for scale in SCALES {
            let Some((zone, dpi)) = zone(word, scale) else { break };
            let again = engine.read(&zone, dpi, Layout::Line)?;
            let words: Vec<&ReadWord> = again.iter().flat_map(|l| &l.words).collect();
            let Some(confidence) = words.iter().map(|w| w.confidence).reduce(f32::min) else { continue };
            let text = words.iter().map(|w| w.text.as_str()).collect();
            votes.push(Vote { text, confidence });
            if is_settled(&votes) {
                break;
            }
        }
        if votes.len() > 1 {
            let Vote { text, confidence } = outcome(&votes);
            (word.text, word.confidence) = (text, confidence);
        }
    }
    look_at_days(engine, lines, &zone)?;
    let names = lines.iter_mut().flat_map(|l| &mut l.words).filter(|w| is_doubtful_name(w)).take(MOST_NAMES);
    for word in names {
        let mut votes = vec![Vote { text: word.text.clone(), confidence: word.confidence }];
        for scale in SCALES_OF_LETTERS {
            let Some((zone, dpi)) = zone(word, scale) else { break };
            let again = engine.read(&zone, dpi, Layout::Line)?;
            let words: Vec<&ReadWord> = again.iter().flat_map(|l| &l.words).collect();
            let [again] = words.as_slice() else { continue };
            // A seal over a capital makes a small letter of it.
            if !again.text.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase) {
                continue;
            }
            votes.push(Vote { text: again.text.clone(), confidence: again.confidence });
            if gist(&votes[0].text) == gist(&again.text) && again.confidence >= SURE_LETTERS {
                break;
            }
        }
        (word.text, word.confidence) = of_letters(&votes);
    }
    Ok(())
}

/// Where in a line `ngày 31 tháng 5 năm 2022` stands: the first of its six words.
fn days(line: &ReadLine) -> Vec<usize> {
    let bare = |text: &str| -> String {
        text.nfd().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase()
    };
    let is_day = |words: &[ReadWord]| {
        let short = |w: &ReadWord| (1..=3).contains(&w.text.chars().count());
        [(0, "ngay"), (2, "thang"), (4, "nam")].iter().all(|(i, word)| bare(&words[*i].text) == *word)
            && short(&words[1])
            && short(&words[3])
            && words[5].text.starts_with(|c: char| c.is_ascii_digit())
    };
    (0..line.words.len().saturating_sub(5)).filter(|i| is_day(&line.words[*i..*i + 6])).collect()
}

/// Reads days whose figures are not sure again as a whole: lone figures are read badly apart from their words.
fn look_at_days(
    engine: &mut Engine,
    lines: &mut [ReadLine],
    zone: &impl Fn(&ReadWord, f32) -> Option<(GrayImage, f32)>,
) -> Result<(), ReadError> {
    let is_figures = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let is_doubtful = |w: &ReadWord| w.confidence < SURE_FIGURES || !is_figures(&w.text);
    let found = lines.iter().enumerate().flat_map(|(i, line)| days(line).into_iter().map(move |at| (i, at)));
    let doubtful = found.filter(|(i, at)| [1, 3].iter().any(|n| is_doubtful(&lines[*i].words[at + n])));
    let doubtful: Vec<(usize, usize)> = doubtful.take(MOST_DAYS).collect();
    for (i, at) in doubtful {
        let words = &mut lines[i].words[at..at + 6];
        let whole = around(words);
        let mut votes =
            [1usize, 3].map(|n| vec![Vote { text: words[n].text.clone(), confidence: words[n].confidence }]);
        for scale in SCALES {
            let Some((zone, dpi)) = zone(&whole, scale) else { break };
            let again = engine.read(&zone, dpi, Layout::Line)?;
            let again = ReadLine { block: 0, words: again.into_iter().flat_map(|l| l.words).collect() };
            let [at] = days(&again)[..] else { continue };
            for (n, votes) in [1, 3].into_iter().zip(&mut votes) {
                let word = &again.words[at + n];
                votes.push(Vote { text: word.text.clone(), confidence: word.confidence });
            }
        }
        for (n, mut votes) in [1, 3].into_iter().zip(votes) {
            votes.retain(|v| is_figures(&gist(&v.text)));
            if is_doubtful(&words[n]) && votes.len() > 2 {
                let Vote { text, confidence } = outcome(&votes);
                if is_figures(&gist(&text)) && confidence > words[n].confidence.min(DISPUTED) {
                    (words[n].text, words[n].confidence) = (gist(&text), confidence);
                }
            }
        }
    }
    Ok(())
}

/// The box around words, as one word.
fn around(words: &[ReadWord]) -> ReadWord {
    let mut whole = words[0].clone();
    for word in words {
        let right = (whole.left + whole.width).max(word.left + word.width);
        let bottom = (whole.top + whole.height).max(word.top + word.height);
        (whole.left, whole.top) = (whole.left.min(word.left), whole.top.min(word.top));
        (whole.width, whole.height) = (right - whole.left, bottom - whole.top);
    }
    whole
}

/// What most readings of a word of letters say, with the signs that stood at its ends; the first of
/// them where no two agree.
fn of_letters(votes: &[Vote]) -> (String, f32) {
    let first = &votes[0];
    let side = |text: &str| -> (usize, f32) {
        let own = votes.iter().filter(|v| gist(&v.text) == gist(text));
        own.fold((0, 1.0), |(n, doubt), v| (n + 1, doubt * (1.0 - v.confidence)))
    };
    let won = votes.iter().filter(|v| !gist(&v.text).is_empty() && side(&v.text).0 >= 2);
    let won = won.min_by(|a, b| side(&a.text).1.total_cmp(&side(&b.text).1));
    let Some(won) = won else { return (first.text.clone(), first.confidence) };
    let others = votes.iter().filter(|v| gist(&v.text) != gist(&won.text));
    let dissent = others.map(|v| v.confidence).fold(0.0, f32::max);
    let most = if first.confidence < HALF_SURE { DOUBTED_AT_MOST } else { LETTERS_AT_MOST };
    let agreed = (1.0 - side(&won.text).1) * (1.0 - DISSENT_OF_LETTERS * dissent);
    let text = if gist(&won.text) == gist(&first.text) { &first.text } else { &won.text };
    (text.clone(), agreed.min(most))
}

/// The figures in front of a symbol.
fn figures(gist: &str) -> String {
    gist.chars().take_while(|c| !c.is_alphabetic()).filter(char::is_ascii_digit).collect()
}

/// Whether a reading is another one that lost its strokes: `2402/2023` for `24/02/2023`.
fn lacks_strokes(gist: &str, of: &str) -> bool {
    let mut rest = of.chars();
    gist.len() < of.len()
        && gist.chars().all(|c| rest.by_ref().find(|r| *r == c || *r != '/') == Some(c))
        && rest.all(|r| r == '/')
}

fn is_settled(votes: &[Vote]) -> bool {
    let outcome = outcome(votes);
    outcome.confidence >= SETTLED && votes.iter().all(|v| gist(&v.text) == gist(&outcome.text))
}

/// What most of the readings say, and how sure that is; the first of them where no two agree.
fn outcome(votes: &[Vote]) -> Vote {
    let gists: Vec<String> = votes.iter().map(|v| gist(&v.text)).collect();
    let side = |gist: &String| -> (usize, f32) {
        let own = votes.iter().zip(&gists).filter(|(_, g)| *g == gist);
        own.fold((0, 0.0), |(n, sum), (v, _)| (n + 1, sum + v.confidence))
    };
    let first = &votes[0];
    let won = gists.iter().max_by(|a, b| {
        let (a, b) = (side(a), side(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    let Some(won) = won.filter(|w| side(w).0 >= 2 && w.chars().any(|c| c.is_ascii_digit())) else {
        return Vote { text: first.text.clone(), confidence: first.confidence.min(DISPUTED) };
    };
    let (mut doubt, mut dissent) = (1.0f32, 0.0f32);
    for (vote, gist) in votes.iter().zip(&gists) {
        if gist == won {
            doubt *= 1.0 - vote.confidence;
        } else if vote.text.chars().any(|c| c.is_ascii_digit()) && !lacks_strokes(gist, won) {
            // The letters behind figures are a symbol, whose parts are known elsewhere.
            // Without letters a stroke that stands elsewhere makes another day: 1/12 and 11/2.
            let has_symbol = [gist, won].iter().all(|g| g.chars().any(char::is_alphabetic));
            let is_same = has_symbol && figures(gist) == figures(won);
            let share = if is_same { DISSENT_OF_SYMBOL } else { DISSENT };
            dissent = dissent.max(share * vote.confidence);
        }
    }
    let of_winner = votes.iter().zip(&gists).find(|(_, g)| *g == won);
    Vote {
        text: of_winner.map_or_else(|| first.text.clone(), |(v, _)| v.text.clone()),
        confidence: (1.0 - doubt) * (1.0 - dissent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_vote() {
        let check = |votes: &[(&str, f32)], text: &str, confidence: f32| {
            let votes: Vec<Vote> =
                votes.iter().map(|(t, c)| Vote { text: (*t).to_owned(), confidence: *c }).collect();
            let said = outcome(&votes);
            assert_eq!(said.text, text, "{votes:?}");
            assert!((said.confidence - confidence).abs() < 1e-3, "{votes:?}: {}", said.confidence);
        };
        check(&[("571/QĐ-UBND", 0.7), ("571/QĐ-UBND", 0.8)], "571/QĐ-UBND", 0.94);
        // Punctuation is not what they vote on.
        check(&[("089082587730;", 0.85), ("089082587730", 0.8)], "089082587730;", 0.97);
        check(&[("051073270505,", 0.9), ("`051073270505", 0.9)], "051073270505,", 0.99);
        // Two against one win, and are the less sure the surer the third is.
        check(&[("3§6/CN", 0.5), ("386/CN", 0.9), ("386/CN", 0.8)], "386/CN", 0.98 * 0.65);
        check(&[("12/TTr", 0.9), ("12/TIr", 0.2), ("12/TTr", 0.9)], "12/TTr", 0.99 * 0.95);
        // A figure in dispute is not sure.
        check(&[("2", 0.91), ("3", 0.9), ("8", 0.9)], "2", 0.5);
        check(&[("25", 0.4), ("28", 0.9), ("26", 0.9)], "25", 0.4);
        check(&[("2", 0.9), ("3", 0.9), ("3", 0.9)], "3", 0.99 * 0.37);
        check(&[("66/HĐLĐ", 0.8), ("66/HĐĐLĐ", 0.8), ("66/HĐLĐ", 0.8)], "66/HĐLĐ", 0.96 * 0.8);
        // A stroke that was not seen says nothing of the figures.
        check(&[("2402/2023", 0.8), ("24/02/2023", 0.9), ("24/02/2023", 0.9)], "24/02/2023", 0.99);
        check(&[("1/12/2023", 0.8), ("11/2/2023", 0.9), ("11/2/2023", 0.9)], "11/2/2023", 0.99 * 0.44);
        check(
            &[("189", 0.72), ("189", 0.79), ("169", 0.8), ("169", 0.96)],
            "169",
            0.992 * (1.0 - 0.7 * 0.79),
        );
        // Nor is what no other reading has seen.
        check(&[("0354251455", 0.905), ("Gan", 0.3), ("", 0.3)], "0354251455", 0.5);
    }

    #[test]
    fn letters_are_voted_on() {
        let check = |votes: &[(&str, f32)], text: &str, confidence: f32| {
            let votes: Vec<Vote> =
                votes.iter().map(|(t, c)| Vote { text: (*t).to_owned(), confidence: *c }).collect();
            let (said, sure) = of_letters(&votes);
            assert_eq!(said, text, "{votes:?}");
            assert!((sure - confidence).abs() < 1e-3, "{votes:?}: {sure}");
        };
        check(&[("Đức", 0.73), ("Đức", 0.9)], "Đức", LETTERS_AT_MOST);
        check(&[("Hưởng,", 0.5), ("Hưởng", 0.7), ("Hưởng", 0.9)], "Hưởng,", DOUBTED_AT_MOST);
        check(&[("Hô", 0.7), ("Hồ", 0.9), ("Hồ", 0.8)], "Hồ", 0.98 * (1.0 - 0.4 * 0.7));
        check(&[("Đỉnh", 0.7), ("Đinh", 0.9), ("Định", 0.8)], "Đỉnh", 0.7);
        check(&[("Đỉnh", 0.7)], "Đỉnh", 0.7);
        check(&[("Lê", 0.3), ("", 0.9), ("", 0.9)], "Lê", 0.3);
    }

    #[test]
    fn days_are_found_with_their_words() {
        let check = |text: &str, expected: &[usize]| {
            let word = |(i, text): (usize, &str)| ReadWord {
                text: text.into(),
                left: 20.0 * i as f32,
                top: 0.0,
                width: 15.0,
                height: 5.0,
                confidence: 0.9,
                is_print: false,
            };
            let line = ReadLine { block: 1, words: text.split(' ').enumerate().map(word).collect() };
            assert_eq!(days(&line), expected, "{text}");
        };
        check("Bảo Ái, ngày 3] tháng 5 năm 2024", &[2]);
        check("từ ngáy 01 thảng 0ï năm 2022 đến ngày 31 tháng 12 năm 2023.", &[1, 8]);
        check("ngày 31/5/2024", &[]);
        check("ngày mười hai tháng 5 năm 2024", &[]);
    }

    #[test]
    fn doubtful_figures_are_read_again() {
        let word = |text: &str, top: f32, confidence: f32| ReadWord {
            text: text.into(),
            left: 0.0,
            top,
            width: 10.0,
            height: 5.0,
            confidence,
            is_print: false,
        };
        for (word, expected) in [
            (word("25", 100.0, 0.8), true),
            (word("25", 900.0, 0.8), false),
            (word("089082587730;", 900.0, 0.8), true),
            (word("28/01/1983", 900.0, 0.8), true),
            (word("174/TTr-VHXH", 900.0, 0.8), true),
            (word("900.000", 900.0, 0.8), false),
            (word("và/hoặc", 900.0, 0.8), false),
            (word("25", 100.0, 0.97), false),
            (word("25", 100.0, 0.1), false),
            (word("tháng", 100.0, 0.8), false),
        ] {
            assert_eq!(is_doubtful(&word, 1000.0), expected, "{word:?}");
        }
    }
}
