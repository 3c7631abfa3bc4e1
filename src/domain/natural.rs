//! The order in which people count: `page2` before `page10`.

use std::cmp::Ordering;

/// Compares names; runs of digits compare as numbers.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        match (a.first(), b.first()) {
            (None, None) => return Ordering::Equal,
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (run_a, rest_a) = digits(a);
                let (run_b, rest_b) = digits(b);
                let order = run_a.len().cmp(&run_b.len()).then(run_a.cmp(run_b));
                if order != Ordering::Equal {
                    return order;
                }
                (a, b) = (rest_a, rest_b);
            }
            (Some(x), Some(y)) => {
                if x != y {
                    return x.cmp(y);
                }
                (a, b) = (&a[1..], &b[1..]);
            }
        }
    }
}

/// The run of digits at the front without leading zeros, and what follows it.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|c| !c.is_ascii_digit()).unwrap_or(text.len());
    let (run, rest) = text.split_at(end);
    let zeros = run.iter().position(|c| *c != b'0').unwrap_or(run.len());
    (&run[zeros..], rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_sort_as_people_count() {
        let mut names = ["p10.jpg", "p2.jpg", "p01.jpg", "a.jpg", "p2b.jpg"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["a.jpg", "p01.jpg", "p2.jpg", "p2b.jpg", "p10.jpg"]);
    }
}
