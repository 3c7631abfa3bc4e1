//! What may be taken for a field that is asked: the best reading and what other sources say, each with its source.

use crate::domain::fields::{Proposed, Status};

/// A value that a person may take by a click, and who says so.
pub(super) struct Offer {
    pub value: String,
    pub source: String,
}

/// The offers of a field that is asked, the best first; none twice.
pub(super) fn of<T>(field: &Proposed<T>, show: impl Fn(&T) -> String) -> Vec<Offer> {
    if field.status != Status::NotRead {
        return Vec::new();
    }
    let best = field.suggestion.iter().map(|value| (value, field.source));
    let others = field.alternatives.iter().map(|other| (&other.value, other.source));
    let mut offers: Vec<Offer> = Vec::new();
    for (value, source) in best.chain(others) {
        let (value, source) = (show(value), source.label());
        match offers.iter_mut().find(|offer| offer.value == value) {
            Some(offer) => offer.source = format!("{}, {source}", offer.source),
            None if value.is_empty() => {}
            None => offers.push(Offer { value, source: source.to_owned() }),
        }
    }
    offers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fields::{Alternative, Source};

    #[test]
    fn each_value_is_offered_once_with_all_who_say_so() {
        let other = |value: &str, source| Alternative { value: value.to_owned(), source, place: None };
        let mut field = Proposed::<String>::not_read("", None);
        field.suggestion = Some("742/TB-UBND".into());
        field.alternatives =
            vec![other("99/TB-UBND", Source::FormField), other("742/TB-UBND", Source::Metadata)];
        let offers = |field: &Proposed<String>| {
            of(field, Clone::clone).into_iter().map(|o| (o.value, o.source)).collect::<Vec<_>>()
        };
        let expected = [
            ("742/TB-UBND", "chữ trên ảnh, bản đã số hóa trước đây của tệp này"),
            ("99/TB-UBND", "ô nhập của biểu mẫu PDF"),
        ];
        assert_eq!(offers(&field), expected.map(|(v, s)| (v.to_owned(), s.to_owned())));
        assert!(offers(&Proposed::read("1".into(), "", 0.9, Source::Ocr, None)).is_empty());
        assert!(offers(&Proposed::absent()).is_empty());
    }
}
