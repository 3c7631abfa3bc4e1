//! Where a list goes on: `next` of one page is `after` of the following one, for the same list and asker alone.

use super::{Api, problem::Problem};
use crate::{domain::officer::Actor, store::cursors};

/// The place that `after` names; `None` where it was not said.
pub(super) fn place(
    api: &Api,
    by: &Actor,
    list: &str,
    after: Option<&str>,
) -> Result<Option<String>, Problem> {
    let Some(after) = after else { return Ok(None) };
    cursors::place(&api.ctx.db, list, by.id(), after).map(Some).ok_or_else(not_ours)
}

/// The cursor of a place.
pub(super) fn made(api: &Api, by: &Actor, list: &str, place: &str) -> String {
    cursors::made(&api.ctx.db, list, by.id(), place)
}

/// The cursor of one who asks for something else, or that nobody was given.
pub(super) fn not_ours() -> Problem {
    let detail =
        "Tham số after phải là “next” của trang trước, của cùng danh sách và cùng người hoặc hệ thống hỏi.";
    Problem::bad_request("cursor", detail)
}

/// A page of a list that is at hand whole: what stands behind the item of id `after`.
pub(super) fn page<T>(
    items: Vec<T>,
    id_of: impl Fn(&T) -> String,
    after: Option<&str>,
    limit: u32,
) -> Result<(Vec<T>, Option<String>), Problem> {
    let start = match after {
        None => 0,
        // What it named may have left the list meanwhile: then nobody knows where it stood.
        Some(after) => 1 + items.iter().position(|item| id_of(item) == after).ok_or_else(not_ours)?,
    };
    let mut rest = items.into_iter().skip(start);
    let page: Vec<T> = rest.by_ref().take(limit as usize).collect();
    let next = rest.next().and(page.last()).map(id_of);
    Ok((page, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_and_end() {
        let page = |after, limit| page(vec![1, 2, 3, 4, 5], i32::to_string, after, limit).ok();
        for (after, limit, expected) in [
            (None, 2, Some((vec![1, 2], Some("2")))),
            (Some("2"), 2, Some((vec![3, 4], Some("4")))),
            (Some("4"), 2, Some((vec![5], None))),
            (Some("3"), 2, Some((vec![4, 5], None))),
            (Some("5"), 2, Some((vec![], None))),
            (Some("9"), 2, None),
        ] {
            let found = page(after, limit);
            let expected = expected.map(|(items, next)| (items, next.map(str::to_owned)));
            assert_eq!(found, expected, "{after:?}");
        }
    }
}
