//! What nobody sees in the newest revision alone: changes that were taken back, and fields that say something else than
//! they show.

use super::{
    FOLLOWED, FORBIDDEN, Table,
    changes::{P1, P2, annotation, fill, fill_code, followed, sign_again},
    paper::{CATALOGUE, CORNER, FACE, Paper, form, page_one, text_field},
};

/// Nothing forbidden was found, and yet nothing is passed.
const DOUBTFUL: &str = "INDETERMINATE SIG_CONSTRAINTS_FAILURE intact whole_revision permitted";
const NOTHING: &str = "TOTAL-PASSED - intact whole_revision none";

pub fn add(table: &mut Table) {
    taken_back(table);
    faces(table);
}

fn page_text(paper: &mut Paper, text: &str) {
    paper.stream(5, "", &format!("BT /F1 24 Tf 30 200 Td ({text}) Tj ET"));
}

fn taken_back(table: &mut Table) {
    table.class = "Taken back";
    type Update = fn(&mut Paper);
    let undone = |more: &str, first: Update, second: Update| {
        followed(more, |paper| {
            first(paper);
            paper.close();
            second(paper);
        })
    };
    let page: Update = |paper| page_text(paper, "Page 1");
    let as_it_was: Update = |paper| page_text(paper, "Page one");
    table.add("a page changed and put back", undone("", page, as_it_was), FORBIDDEN);
    let signed = undone(
        "",
        |paper| {
            page_text(paper, "Page 1");
            paper.close();
            sign_again("0 0 0 0", "")(paper);
        },
        as_it_was,
    );
    table.whole("a page changed, signed by a second, put back", signed, "TOTAL-FAILED", FORBIDDEN);
    let other_page: Update = |paper| {
        paper.object(3, &page_one("", "9 0 R 10 0 R").replace("5 0 R", "6 0 R"));
    };
    let own_page: Update = |paper| {
        paper.object(3, &page_one("", "9 0 R 10 0 R"));
    };
    table.add("another content shown for a while", undone("", other_page, own_page), FORBIDDEN);
    let stamp: Update = |paper| annotation("/Subtype/Stamp")(paper);
    table.add("a rubber stamp put on and taken off", undone("", stamp, own_page), FORBIDDEN);
    let script: Update = |paper| {
        paper.object(1, &format!("<<{CATALOGUE}/OpenAction<</S/JavaScript/JS(x)>>>>"));
    };
    let no_script: Update = |paper| {
        paper.object(1, &format!("<<{CATALOGUE}>>"));
    };
    table.add("a script put in and taken out", undone("", script, no_script), FORBIDDEN);
    let comment: Update = |paper| annotation("/Subtype/Text/Contents(x)")(paper);
    table.add("a note put on and taken off", undone("", comment, own_page), NOTHING);
    table.add("the same under P=2", undone(P2, comment, own_page), FORBIDDEN);
    let empty: Update = |paper| {
        paper.object(9, &text_field("", ""));
    };
    table.add("a field filled and emptied", undone("", fill_code, empty), NOTHING);
    table.add("the same under P=1", undone(P1, fill_code, empty), FORBIDDEN);
    let twice = undone(
        "",
        |paper| sign_again("0 0 0 0", "")(paper),
        |paper| {
            paper.object(8, &form("9 0 R 10 0 R 20 0 R 30 0 R", ""));
            fill_code(paper);
        },
    );
    table.add("the form written twice, nothing else", twice, FOLLOWED);
    let mut many = Paper::signed();
    for n in 0..40 {
        fill(&format!("{n}"), CORNER, &format!("BT /F1 10 Tf 2 5 Td ({n}) Tj ET"))(&mut many);
        many.close();
    }
    table.add("a field filled forty times", many.bytes.clone(), FOLLOWED);
    page(&mut many);
    many.close();
    as_it_was(&mut many);
    many.close();
    fill_code(&mut many);
    many.close();
    table.add("the same, a page changed and put back on the way", many.bytes, FORBIDDEN);
}

fn faces(table: &mut Table) {
    table.class = "Value and face";
    let show = |value: &str, drawing: &str| followed("", fill(value, CORNER, drawing));
    let text = |text: &str| format!("BT /F1 10 Tf 2 5 Td ({text}) Tj ET");
    let mut same = |name: &str, pdf: Vec<u8>| {
        table.add(name, pdf, FOLLOWED);
    };
    same("the same letters", show("1000", &text("1000")));
    same(
        "the same on two lines",
        show("Uy ban nhan dan", "BT /F1 8 Tf 2 11 Td (Uy ban) Tj 0 -9 Td (nhan dan) Tj ET"),
    );
    same("letter by letter", show("1000", "BT /F1 10 Tf 2 5 Td [(1)-900(0)-900(0)-900(0)] TJ ET"));
    same(
        "on a ground with a frame",
        show("1000", "0.9 g 0 0 120 20 re f 0 g 0 0 120 20 re S BT /F1 10 Tf 2 5 Td (1000) Tj ET"),
    );
    same("UTF-16", show("\\376\\377\\0001\\0002", &text("12")));
    let choice = |stored: &str, shown: &str| {
        let mut paper = Paper::plain();
        let field = |value: &str, face: &str| {
            let options = "/Ff 131072/Opt[[(a)(Nam)][(b)(Nu)]]";
            text_field(value, options).replace("/FT/Tx", "/FT/Ch").replace("11 0 R", face)
        };
        paper.object(9, &field("", "11 0 R")).close().sign(20, "CanBo", "");
        paper.object(9, &field(stored, "40 0 R")).stream(40, FACE, &text(shown)).close();
        paper.bytes
    };
    same("a choice shown in its words", choice("b", "Nu"));
    let mut other = |name: &str, pdf: Vec<u8>| {
        table.add(name, pdf, DOUBTFUL);
    };
    other("other letters", show("1000", &text("9000")));
    other("a letter more", show("1000", &text("10000")));
    other("a choice shown in other words", choice("b", "Nam"));
    other("nothing is shown", show("1000", ""));
    other("letters that nobody sees", show("1000", "BT 3 Tr /F1 10 Tf 2 5 Td (1000) Tj ET"));
    other("white letters", show("1000", "BT 1 g /F1 10 Tf 2 5 Td (1000) Tj ET"));
    other("letters cut away", show("1000", "q 0 0 1 1 re W n BT /F1 10 Tf 2 5 Td (1000) Tj ET Q"));
    other("letters under a patch", show("1000", "BT /F1 10 Tf 2 5 Td (1000) Tj ET 0 g 0 0 50 20 re f"));
    other(
        "letters drawn as outlines",
        show("1000", "BT /F1 4 Tf 90 2 Td (1000) Tj ET 2 4 m 6 18 l 10 4 l h f"),
    );
    let filled = |value: &str, drawing: &str| {
        let mut paper = Paper::plain();
        fill("1000", CORNER, &text("1000"))(&mut paper);
        paper.close().sign(20, "CanBo", "");
        fill(value, CORNER, drawing)(&mut paper);
        paper.close();
        paper.bytes
    };
    other("filled anew, with other letters", filled("2000", &text("9000")));
    other("the value changed, the letters kept", filled("9000", &text("1000")));
    table.add("letters and no value", show("", &text("1000")), FORBIDDEN);
}
