//! Shadow attacks: prepared before signing, sprung after it.

use super::{
    FOLLOWED, FORBIDDEN, Table,
    changes::{fill, fill_code},
    paper::{CATALOGUE, CORNER, FACE, Paper, page_one, text_field},
};

/// A paper prepared, signed and sprung.
fn sprung(prepare: impl Fn(&mut Paper), spring: impl Fn(&mut Paper)) -> Vec<u8> {
    let mut paper = Paper::plain();
    prepare(&mut paper);
    paper.close().sign(20, "CanBo", "");
    spring(&mut paper);
    paper.close();
    paper.bytes
}

const OVER_TEXT: &str = "[20 190 150 225]";

pub fn add(table: &mut Table) {
    table.class = "Shadow attacks";
    let page = |contents: &str| page_one("", "9 0 R 10 0 R").replace("5 0 R", contents);
    let picture = |more: &str| {
        let resources = "/Resources<</XObject<</X 50 0 R>>/Font<</F1 7 0 R>>>>";
        let page = page("[5 0 R 51 0 R]").replace("/Resources<</Font<</F1 7 0 R>>>>", resources);
        let more = more.to_owned();
        move |paper: &mut Paper| {
            paper.object(3, &page).stream(50, FACE, &more).stream(51, "", "q 2 0 0 2 20 190 cm /X Do Q");
        }
    };
    let cover = "1 g 0 0 65 17 re f";
    let bare = sprung(picture(cover), |paper| {
        paper.stream(50, FACE, "");
    });
    table.add("hide: a covering picture is emptied", bare, FORBIDDEN);
    let freed = sprung(picture(cover), |paper| {
        paper.free(50);
    });
    table.add("hide: a covering picture is freed", freed, FORBIDDEN);
    let covered = sprung(picture(""), |paper| {
        paper.stream(50, FACE, cover);
    });
    table.add("replace: an empty picture covers", covered, FORBIDDEN);
    let other = |paper: &mut Paper| {
        paper.stream(50, "", "BT /F1 24 Tf 30 200 Td (Other) Tj ET");
    };
    let swapped = sprung(other, |paper| {
        paper.object(3, &page("50 0 R"));
    });
    table.add("hide and replace: the reference is moved", swapped, FORBIDDEN);
    let tree = |paper: &mut Paper| {
        paper.object(50, "<</Type/Catalog/Pages 51 0 R/AcroForm 8 0 R>>");
        paper.object(51, "<</Type/Pages/Kids[4 0 R]/Count 1>>");
    };
    let root = sprung(tree, |paper| "/Root 50 0 R".clone_into(&mut paper.trailer));
    table.add("hide and replace: another catalogue is shown", root, FORBIDDEN);
    let dangling = sprung(
        |paper| {
            paper.object(3, &page("[5 0 R 55 0 R]"));
        },
        |paper| {
            paper.stream(55, "", "0 0 300 400 re f");
        },
    );
    table.add("a reference that led nowhere", dangling, FORBIDDEN);
    let length = sprung(
        |paper| {
            let text = "BT /F1 9 Tf 9 9 Td (yes) Tj ET BT /F1 9 Tf 9 30 Td (no) Tj ET";
            paper.object(3, &page("50 0 R")).object(51, &text.len().to_string());
            paper.object(50, &format!("<</Length 51 0 R>>stream\n{text}\nendstream"));
        },
        |paper| {
            paper.object(51, "30");
        },
    );
    table.add("a length cut short", length, FORBIDDEN);
    shared(table, &page);
    let placed = |paper: &mut Paper| {
        paper.object(9, &text_field("", "").replace(CORNER, OVER_TEXT));
    };
    for (name, drawing) in [("paper", "1 g 0 0 120 20 re f"), ("ink", "0 g 0 0 120 20 re f")] {
        let hidden = sprung(placed, fill("x", OVER_TEXT, drawing));
        table.add(format!("a field over text filled with {name}"), hidden, FORBIDDEN);
    }
    let digit = |paper: &mut Paper| {
        paper.object(9, &text_field("", "").replace(CORNER, "[100 195 108 208]"));
        paper.stream(5, "", "BT /F1 11 Tf 70 198 Td (9000 1000 dong) Tj ET");
    };
    let hidden = sprung(digit, fill("x", "[100 195 108 208]", "1 g 0 0 120 20 re f"));
    table.add("one digit of an amount hidden by a field", hidden, FORBIDDEN);
    let two = "[30 300 130 320]";
    let refilled = sprung(
        |paper| fill("1000", two, "BT /F1 12 Tf 2 5 Td (1000) Tj ET")(paper),
        |paper| fill("9000", two, "BT /F1 12 Tf 2 5 Td (9000) Tj ET")(paper),
    );
    // The value is told as changed; forms are filled in turns.
    table.add("a filled field filled anew", refilled, FOLLOWED);
    let face = sprung(
        |paper| fill("1000", two, "BT /F1 12 Tf 2 5 Td (1000) Tj ET")(paper),
        |paper| fill("1000", two, "BT /F1 12 Tf 2 5 Td (9000) Tj ET")(paper),
    );
    table.add("another face for the same value", face, FORBIDDEN);
    let prepared = sprung(|_| (), fill_code);
    table.add("a prepared field filled where nothing was", prepared, FOLLOWED);
}

/// One object in two roles.
fn shared(table: &mut Table, page: &dyn Fn(&str) -> String) {
    let face = |paper: &mut Paper| {
        let resources = "/Resources<</XObject<</X 11 0 R>>/Font<</F1 7 0 R>>>>";
        paper.object(3, &page("5 0 R").replace("/Resources<</Font<</F1 7 0 R>>>>", resources));
    };
    let drawn = sprung(face, |paper| {
        paper.object(9, &text_field("x", "")).stream(11, "/Subtype/Form/BBox[0 0 9 9]", "0 0 9 9 re f");
    });
    table.add("the face of a field is a picture of the page", drawn, FORBIDDEN);
    let list = |paper: &mut Paper| {
        paper.object(3, &page("5 0 R").replace("/Font<</F1 7 0 R>>", "/XObject 1 0 R"));
    };
    let metadata = sprung(list, |paper| {
        paper.object(1, &format!("<<{CATALOGUE}/Metadata 51 0 R>>"));
        paper.stream(51, "/Type/Metadata/Subtype/XML", "f");
    });
    table.add("metadata are a picture of the page", metadata, FORBIDDEN);
    let layer = |paper: &mut Paper| {
        paper.object(1, &format!("<<{CATALOGUE}/OCProperties<</OCGs[50 0 R]/D 51 0 R>>>>"));
        paper.object(50, "<</Type/OCG/Name(x)>>").object(51, "<</OFF[50 0 R]>>");
    };
    let shown = sprung(layer, |paper| {
        paper.object(51, "<</ON[50 0 R]>>");
    });
    table.add("a layer switched on", shown, FORBIDDEN);
    // A repairing reader would find the other one.
    let stray = sprung(
        |_| (),
        |paper| {
            paper.bytes.extend(b"5 0 obj <</Length 1>>stream\nf\nendstream endobj\n");
            fill_code(paper);
        },
    );
    table.add("an object that no cross-reference names", stray, FORBIDDEN);
}
