//! What papers leave behind to be known again: found by what few share, gone when they are forgotten.

use sohoa::{
    domain::{
        dossier::Paper,
        rescan::{PageLooks, SameBy, Traits},
    },
    store::{prints, prints::alike},
};

use super::world::{World, at, each_engine};

/// Traits by names: a letter each.
fn traits(letters: &str) -> Traits {
    Traits { figures: letters.chars().map(String::from).collect(), ..Traits::default() }
}

fn looks(n_pages: u32) -> Vec<PageLooks> {
    (1..=n_pages).map(|position| PageLooks { position, ink: vec![position as u8; 720] }).collect()
}

async fn keep(w: &World, paper: &Paper, letters: &str, n_pages: u32) {
    w.write(async |tx| prints::keep(tx, &paper.id, &traits(letters), &looks(n_pages)).await.unwrap()).await;
}

/// Which of `papers` are found for `papers[0]` reading `letters`, by their places.
async fn found(w: &World, papers: &[Paper], letters: &str, n_pages: usize) -> Vec<usize> {
    let traits = traits(letters);
    let ids = w.read(async |tx| alike(tx, &papers[0].id, &traits, n_pages, 3).await.unwrap()).await;
    ids.iter().map(|id| papers.iter().position(|p| p.id == *id).unwrap()).collect()
}

#[tokio::test]
async fn papers_are_found_by_what_they_share() {
    each_engine(async |w| {
        let papers = w.with_papers(6).await;
        keep(&w, &papers[0], "abcdef", 1).await;
        for (paper, letters, n_pages) in
            [(1, "abcxyz", 1), (2, "abxyz", 1), (3, "abcdez", 1), (4, "abcdef", 2)]
        {
            keep(&w, &papers[paper], letters, n_pages).await;
        }
        assert_eq!(found(&w, &papers, "abcdef", 1).await, [3, 1]);
        assert_eq!(found(&w, &papers, "abcdef", 2).await, [4]);
        let mut alike_both = found(&w, &papers, "xyz", 1).await;
        alike_both.sort_unstable(); // they share the same: either may come first
        assert_eq!(alike_both, [1, 2]);
        assert_eq!(found(&w, &papers, "", 1).await, [0; 0]);

        // Read again, it is known by what it is now.
        keep(&w, &papers[3], "uvw", 1).await;
        assert_eq!(found(&w, &papers, "abcdef", 1).await, [1]);
        let kept = w.read(async |tx| prints::looks(tx, &papers[4].id).await.unwrap()).await;
        assert_eq!(kept, Some(looks(2)));
        w.write(async |tx| prints::forget(tx, &papers[4].id).await.unwrap()).await;
        assert_eq!(found(&w, &papers, "abcdef", 2).await, [0; 0]);
        assert_eq!(w.read(async |tx| prints::looks(tx, &papers[4].id).await.unwrap()).await, None);
    })
    .await;
}

#[tokio::test]
async fn what_a_crowd_has_in_common_leads_to_nobody() {
    each_engine(async |w| {
        let papers = w.with_papers(80).await;
        w.write(async |tx| {
            for paper in &papers[1..] {
                let common = traits("abcdef");
                prints::keep(tx, &paper.id, &common, &looks(1)).await.unwrap();
            }
        })
        .await;
        // One of the crowd that also has something of its own.
        keep(&w, &papers[79], "abcdefuvw", 1).await;
        assert_eq!(found(&w, &papers, "uvwxyz", 1).await, [79]);
        use sqlx::Row;
        let mut raw = w.raw().await;
        let count = sqlx::query("SELECT COUNT(*) AS n FROM paper_trait").fetch_one(&mut raw).await.unwrap();
        assert!(
            count.get::<i64, _>("n") <= 64 * 6 + 3,
            "what tells nothing is not kept for ever more papers"
        );
    })
    .await;
}

#[tokio::test]
async fn which_paper_came_before_is_noted_once_and_forgotten_with_either() {
    each_engine(async |w| {
        let papers = w.with_papers(3).await;
        let [first, second, third] = [&papers[0].id, &papers[1].id, &papers[2].id];
        w.write(async |tx| {
            prints::note_before(tx, second, Some((first, SameBy::Pages)), at(5)).await.unwrap();
            prints::note_before(tx, second, Some((first, SameBy::Bytes)), at(6)).await.unwrap();
            prints::note_before(tx, third, Some((first, SameBy::Pages)), at(6)).await.unwrap();
            prints::note_before(tx, third, None, at(7)).await.unwrap();
        })
        .await;
        w.read(async |tx| {
            let before = prints::before(tx, second).await.unwrap();
            assert_eq!(before, Some((first.clone(), SameBy::Bytes)));
            assert_eq!(prints::before(tx, third).await.unwrap(), None);
        })
        .await;
        w.write(async |tx| prints::forget(tx, first).await.unwrap()).await;
        assert_eq!(w.read(async |tx| prints::before(tx, second).await.unwrap()).await, None);
    })
    .await;
}
