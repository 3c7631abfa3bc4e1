use proptest::prelude::*;

use super::*;

/// `1 2@90 3`: pages, with the turn a person asked for.
fn plan(text: &str) -> PagePlan {
    PagePlan::new(parsed(text)).unwrap()
}

fn parsed(text: &str) -> Vec<PlannedPage> {
    let page = |word: &str| {
        let (page, turn) = word.split_once('@').map_or((word, None), |(p, t)| (p, Some(t)));
        PlannedPage { page: page.parse().unwrap(), turn: turn.map(|t| t.parse().unwrap()) }
    };
    text.split_whitespace().map(page).collect()
}

fn shown(plan: &PagePlan) -> String {
    let page = |p: &PlannedPage| p.turn.map_or(p.page.to_string(), |turn| format!("{}@{turn}", p.page));
    plan.pages().iter().map(page).collect::<Vec<_>>().join(" ")
}

fn step(json: &str) -> PlanStep {
    serde_json::from_str(json).unwrap_or_else(|e| panic!("{json}: {e}"))
}

#[test]
fn steps_do_what_they_say() {
    for (before, json, after) in [
        ("1 2 3", r#"{"kind":"reorder","order":[3,1,2]}"#, "3 1 2"),
        ("3 1@90 2", r#"{"kind":"reorder","order":[2,3,1]}"#, "1@90 2 3"),
        ("1 2", r#"{"kind":"rotate","positions":[2],"degrees":90}"#, "1 2@90"),
        ("1 2@270", r#"{"kind":"rotate","positions":[1,2],"degrees":180}"#, "1@180 2@90"),
        ("1@90", r#"{"kind":"rotate","positions":[1],"degrees":270}"#, "1@0"),
        ("1 2 3 4", r#"{"kind":"remove","positions":[4,2]}"#, "1 3"),
        ("1 3", r#"{"kind":"insert","page":2,"position":2}"#, "1 2 3"),
        ("1 3", r#"{"kind":"insert","page":4,"position":3}"#, "1 3 4"),
        ("1@90 3", r#"{"kind":"replace","position":1,"page":4}"#, "4 3"),
        ("1 2 3 4", r#"{"kind":"move","position":1,"to":3}"#, "2 3 1 4"),
        ("1 2 3 4", r#"{"kind":"move","position":4,"to":1}"#, "4 1 2 3"),
        ("1 2 3 6 5 4", r#"{"kind":"interleave","backs_reversed":true}"#, "1 4 2 5 3 6"),
        ("1 2 3 4 5 6", r#"{"kind":"interleave","backs_reversed":true}"#, "1 6 2 5 3 4"),
        ("1 2 3 4 5 6", r#"{"kind":"interleave","backs_reversed":false}"#, "1 4 2 5 3 6"),
        ("1 2 3 4 5", r#"{"kind":"interleave","backs_reversed":true,"fronts":3}"#, "1 5 2 4 3"),
        ("1 2 3 4 5", r#"{"kind":"interleave","backs_reversed":false,"fronts":3}"#, "1 4 2 5 3"),
        ("1", r#"{"kind":"interleave","backs_reversed":false,"fronts":1}"#, "1"),
        ("1 2 3", r#"{"kind":"reverse"}"#, "3 2 1"),
    ] {
        let done = apply(&plan(before), &step(json), 6).unwrap_or_else(|e| panic!("{before} {json}: {e}"));
        assert_eq!(shown(&done), after, "{before} {json}");
    }
}

#[test]
fn steps_that_cannot_be_done_say_why() {
    use PlanError as E;
    for (before, json, expected) in [
        ("1 2 3", r#"{"kind":"reorder","order":[3,1]}"#, E::NotAnOrder { found: 2, n_pages: 3 }),
        ("1 2 3", r#"{"kind":"reorder","order":[]}"#, E::Empty),
        ("1 2 3", r#"{"kind":"reorder","order":[1,1,2]}"#, E::NamedTwice { position: 1 }),
        ("1 2 3", r#"{"kind":"reorder","order":[1,2,4]}"#, E::NoSuchPosition { position: 4, n_pages: 3 }),
        (
            "1 2",
            r#"{"kind":"rotate","positions":[0],"degrees":90}"#,
            E::NoSuchPosition { position: 0, n_pages: 2 },
        ),
        ("1 2", r#"{"kind":"rotate","positions":[1],"degrees":45}"#, E::BadTurn),
        ("1 2", r#"{"kind":"rotate","positions":[],"degrees":90}"#, E::Empty),
        ("1 2", r#"{"kind":"remove","positions":[1,2]}"#, E::Empty),
        ("1 2", r#"{"kind":"remove","positions":[2,2]}"#, E::NamedTwice { position: 2 }),
        ("1 2", r#"{"kind":"insert","page":2,"position":1}"#, E::Repeated { page: 2 }),
        ("1 2", r#"{"kind":"insert","page":7,"position":1}"#, E::NoSuchPage { page: 7, n_pages: 6 }),
        ("1 2", r#"{"kind":"insert","page":0,"position":1}"#, E::NoSuchPage { page: 0, n_pages: 3 }),
        ("1 2", r#"{"kind":"insert","page":3,"position":4}"#, E::NoSuchPosition { position: 4, n_pages: 2 }),
        ("1 2", r#"{"kind":"insert","page":3,"position":0}"#, E::NoSuchPosition { position: 0, n_pages: 2 }),
        ("1 2", r#"{"kind":"replace","position":1,"page":2}"#, E::Repeated { page: 2 }),
        ("1 2", r#"{"kind":"move","position":1,"to":3}"#, E::NoSuchPosition { position: 3, n_pages: 2 }),
        ("1 2 3", r#"{"kind":"interleave","backs_reversed":true}"#, E::UnevenSides { fronts: 1, backs: 2 }),
        (
            "1 2 3 4",
            r#"{"kind":"interleave","backs_reversed":true,"fronts":3}"#,
            E::UnevenSides { fronts: 3, backs: 1 },
        ),
        (
            "1 2",
            r#"{"kind":"interleave","backs_reversed":true,"fronts":9}"#,
            E::UnevenSides { fronts: 9, backs: 0 },
        ),
    ] {
        assert_eq!(apply(&plan(before), &step(json), 6), Err(expected), "{before} {json}");
    }
    assert!(serde_json::from_str::<PlanStep>(r#"{"kind":"reverse","order":[1]}"#).is_err());
    assert!(serde_json::from_str::<PlanStep>(r#"{"kind":"shuffle"}"#).is_err());
}

#[test]
fn what_is_no_plan_does_not_become_one() {
    for (json, good) in [
        (r#"{"pages":[{"page":2},{"page":1,"turn":90}]}"#, true),
        (r#"{"pages":[]}"#, false),
        (r#"{"pages":[{"page":0}]}"#, false),
        (r#"{"pages":[{"page":1},{"page":1}]}"#, false),
        (r#"{"pages":[{"page":1,"turn":45}]}"#, false),
    ] {
        assert_eq!(serde_json::from_str::<PagePlan>(json).is_ok(), good, "{json}");
    }
    assert_eq!(PagePlan::whole(0), Err(PlanError::Empty));
    assert_eq!(plan("1 3").check(2), Err(PlanError::NoSuchPage { page: 3, n_pages: 2 }));
}

#[test]
fn a_paper_is_cut_where_it_was_said() {
    let cut = |after: &[u32]| plan("5 4 3 2 1").cut(after).map(|p| p.iter().map(shown).collect::<Vec<_>>());
    assert_eq!(cut(&[2]), Ok(vec!["5 4".into(), "3 2 1".into()]));
    assert_eq!(cut(&[1, 4]), Ok(vec!["5".into(), "4 3 2".into(), "1".into()]));
    for bad in [&[][..], &[0], &[5], &[3, 2], &[2, 2]] {
        assert_eq!(cut(bad), Err(PlanError::BadCut { n_pages: 5 }), "{bad:?}");
    }
}

fn entry(ordinal: u32, act: PlanAct) -> PlanEntry {
    let at = Timestamp::UNIX_EPOCH;
    PlanEntry { ordinal, plan: plan("1"), own: vec![1], act, reason: None, by: None, at }
}

#[test]
fn undoing_goes_back_step_by_step_and_never_past_other_papers() {
    let arranged = || PlanAct::Arranged { steps: Vec::new() };
    let back = |restores| PlanAct::Undone { restores };
    for (acts, expected) in [
        (vec![], Err(UndoError::Nothing)),
        (vec![PlanAct::Received], Err(UndoError::Nothing)),
        (vec![PlanAct::Received, arranged()], Ok(1)),
        (vec![PlanAct::Received, arranged(), arranged()], Ok(2)),
        (vec![PlanAct::Received, arranged(), arranged(), back(2)], Ok(1)),
        (vec![PlanAct::Received, arranged(), back(1)], Err(UndoError::Nothing)),
        (vec![PlanAct::Received, arranged(), back(1), arranged()], Ok(1)),
        (vec![PlanAct::Received, arranged(), arranged(), back(2), arranged(), back(2)], Ok(1)),
        (vec![PlanAct::Received, PlanAct::Split { into: Vec::new() }], Err(UndoError::OthersChanged)),
        (vec![PlanAct::Received, PlanAct::Merged { from: Vec::new() }, arranged()], Ok(2)),
    ] {
        let history: Vec<_> = (1..).zip(acts).map(|(ordinal, act)| entry(ordinal, act)).collect();
        assert_eq!(undone(&history).map(|e| e.ordinal), expected, "{history:?}");
    }
}

fn any_step() -> impl Strategy<Value = PlanStep> {
    let position = 0u32..9;
    let positions = proptest::collection::vec(position.clone(), 0..5);
    prop_oneof![
        (Just((1..=6).collect::<Vec<u32>>()).prop_shuffle()).prop_map(|order| PlanStep::Reorder { order }),
        (positions.clone(), prop_oneof![Just(90u16), Just(180), Just(270)])
            .prop_map(|(positions, degrees)| PlanStep::Rotate { positions, degrees }),
        positions.prop_map(|positions| PlanStep::Remove { positions }),
        (position.clone(), position.clone()).prop_map(|(page, position)| PlanStep::Insert { page, position }),
        (position.clone(), position.clone())
            .prop_map(|(page, position)| PlanStep::Replace { page, position }),
        (position.clone(), position.clone()).prop_map(|(position, to)| PlanStep::Move { position, to }),
        (any::<bool>(), proptest::option::of(position))
            .prop_map(|(backs_reversed, fronts)| PlanStep::Interleave { backs_reversed, fronts }),
        Just(PlanStep::Reverse {}),
    ]
}

proptest! {
    #[test]
    fn whatever_is_done_no_page_is_twice_and_none_is_made_up(
        steps in proptest::collection::vec(any_step(), 1..12)
    ) {
        let own: Vec<u32> = (1..=6).collect();
        let mut plan = PagePlan::whole(6).unwrap();
        for step in &steps {
            let Ok(next) = apply(&plan, step, 6) else { continue };
            let mut pages: Vec<u32> = next.pages().iter().map(|p| p.page).collect();
            // What is in the plan and what is left out are together all there is, each once.
            pages.extend(next.left_out(&own));
            pages.sort_unstable();
            prop_assert_eq!(&pages, &own);
            prop_assert!(next.n_pages() >= 1);
            if matches!(step, PlanStep::Reorder { .. } | PlanStep::Move { .. } | PlanStep::Interleave { .. }
                | PlanStep::Reverse {} | PlanStep::Rotate { .. }) {
                prop_assert_eq!(next.n_pages(), plan.n_pages());
            }
            plan = next;
        }
        let json = serde_json::to_string(&plan).unwrap();
        prop_assert_eq!(serde_json::from_str::<PagePlan>(&json).unwrap(), plan);
    }

    #[test]
    fn interleaving_undoes_how_a_one_sided_scanner_takes_sheets(n_sheets in 1u32..30, flipped: bool) {
        // Sheet s has its front as page 2s-1 and its back as 2s; the scanner takes fronts, then backs.
        let fronts = (1..=n_sheets).map(|s| 2 * s - 1);
        let backs: Vec<u32> = (1..=n_sheets).map(|s| 2 * s).collect();
        let backs = if flipped { backs.into_iter().rev().collect() } else { backs };
        let scanned = PagePlan::of_pages(fronts.chain(backs)).unwrap();
        let step = PlanStep::Interleave { backs_reversed: flipped, fronts: None };
        prop_assert_eq!(apply(&scanned, &step, 2 * n_sheets).unwrap(), PagePlan::whole(2 * n_sheets).unwrap());
    }

    #[test]
    fn a_cut_paper_put_together_again_is_the_same(
        n_pages in 2u32..20, cuts in proptest::collection::btree_set(1u32..20, 1..5)
    ) {
        let plan = PagePlan::whole(n_pages).unwrap();
        let cuts: Vec<u32> = cuts.into_iter().collect();
        match plan.cut(&cuts) {
            Ok(parts) => {
                prop_assert_eq!(parts.len(), cuts.len() + 1);
                let whole = parts[1..].iter().try_fold(parts[0].clone(), |a, b| a.followed_by(b)).unwrap();
                prop_assert_eq!(whole, plan);
            }
            Err(_) => prop_assert!(*cuts.last().unwrap() >= n_pages),
        }
    }
}
