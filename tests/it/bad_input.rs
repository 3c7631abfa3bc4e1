//! What is no paper gets a sentence that says what and what to do, its exit code, and leaves nothing behind.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    generator::Kind,
    support::{
        cli::{command, ran, sohoa},
        papers,
    },
};

/// A small PDF with `n_pages` empty pages and `extra` in its trailer.
fn small_pdf(n_pages: usize, page: &str, extra: &str) -> Vec<u8> {
    let mut objects = vec!["<</Type/Catalog/Pages 2 0 R>>".to_owned()];
    let kids: Vec<String> = (0..n_pages).map(|i| format!("{} 0 R", i + 3)).collect();
    objects.push(format!("<</Type/Pages/Count {n_pages}/Kids[{}]>>", kids.join(" ")));
    objects.extend((0..n_pages).map(|_| page.to_owned()));
    let mut pdf = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        offsets.push(pdf.len());
        write!(pdf, "{} 0 obj\n{object}\nendobj\n", i + 1).unwrap();
    }
    let start = pdf.len();
    write!(pdf, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).unwrap();
    for offset in offsets {
        writeln!(pdf, "{offset:010} 00000 n ").unwrap();
    }
    write!(pdf, "trailer\n<</Size {}/Root 1 0 R{extra}>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1)
        .unwrap();
    pdf
}

const PAGE: &str = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>";

/// A PNG that claims to be `width` × `height` and holds no picture.
fn claiming_png(width: u32, height: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut chunk = |data: &[u8]| {
        png.extend((u32::try_from(data.len()).unwrap() - 4).to_be_bytes());
        png.extend(data);
        png.extend(crc32(data).to_be_bytes());
    };
    chunk(&header);
    chunk(b"IDAT\x78\x9c\x03\x00\x00\x00\x00\x01");
    chunk(b"IEND");
    png
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 })
    })
}

/// Half a gigabyte of spaces, deflated, and deflated again: some hundred bytes.
pub fn bomb_bytes() -> Vec<u8> {
    let deflated = |plain: Vec<u8>| {
        let mut stream = lopdf::Stream::new(lopdf::Dictionary::new(), plain);
        stream.compress().unwrap();
        stream.content
    };
    deflated(deflated(vec![b' '; 512 << 20]))
}

/// A PDF of a few kilobytes whose page and whose picture are deflate bombs.
fn deflate_bomb() -> Vec<u8> {
    let bytes = bomb_bytes();
    assert!(bytes.len() < 20_000, "{} bytes are no bomb", bytes.len());
    let stream = |entries: &str| {
        let head = format!("<<{entries}/Filter[/FlateDecode/FlateDecode]/Length {}>>\nstream\n", bytes.len());
        [head.as_bytes(), &bytes, b"\nendstream"].concat()
    };
    let objects: [Vec<u8>; 5] = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</I 4 0 R>>>>/Contents[5 0 R 6 0 R]>>"
            .to_vec(),
        stream("/Type/XObject/Subtype/Image/Width 10000/Height 10000/BitsPerComponent 8/ColorSpace/DeviceRGB"),
        stream(""),
    ];
    let draw = "q 595 0 0 842 0 0 cm /I Do Q";
    let draw = format!("<</Length {}>>\nstream\n{draw}\nendstream", draw.len()).into_bytes();
    let mut pdf = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (i, object) in objects.iter().chain([&draw]).enumerate() {
        offsets.push(pdf.len());
        writeln!(pdf, "{} 0 obj", i + 1).unwrap();
        pdf.extend(object);
        pdf.extend(b"\nendobj\n");
    }
    let start = pdf.len();
    write!(pdf, "xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1).unwrap();
    for offset in &offsets {
        writeln!(pdf, "{offset:010} 00000 n ").unwrap();
    }
    write!(pdf, "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", offsets.len() + 1).unwrap();
    pdf
}

fn with_password(pdf: &Path, to: &Path) {
    let status = Command::new("qpdf")
        .args(["--encrypt", "secret", "owner", "256", "--"])
        .args([pdf, to])
        .status()
        .unwrap_or_else(|e| panic!("qpdf can't be run ({e}): run sh tests/run.sh"));
    assert!(status.success());
}

/// Runs `digitise` into a store of its own: the answer, and that nothing is half-stored.
fn refused(name: &str, path: &Path, expected_exit: i32, sentence: &str) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let start = Instant::now();
    for dry in [true, false] {
        let mut args =
            vec!["digitise".to_owned(), "--json".into(), "--data".into(), data.display().to_string()];
        if dry {
            args.push("--dry-run".into());
        }
        args.push(path.display().to_string());
        let ran = sohoa(&args);
        let answer = ran.answer();
        crate::contract::holds("digitise", &answer);
        assert_eq!(ran.code, expected_exit, "{name}: {answer:#}");
        assert_eq!(answer["outcome"], "unreadable", "{name}: {answer:#}");
        let message = answer["reasons"][0]["message"].as_str().unwrap();
        assert!(message.contains(sentence), "{name}: {message}");
    }
    assert!(start.elapsed() < Duration::from_secs(120), "{name} took too long");
    assert!(objects(&data).is_empty(), "{name} left {:?}", objects(&data));
    let verified = sohoa(["audit", "verify", "--data", data.to_str().unwrap()]);
    assert_eq!(verified.code, 0, "{name}: {}", verified.stderr);
}

fn objects(data: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![data.join("objects")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found
}

#[test]
fn no_paper_gets_a_sentence_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let whole = papers::bytes(&papers::clean(Kind::Notice, 31));
    refused("empty", &file("empty.pdf", b""), 3, "rỗng");
    refused("text", &file("text.pdf", b"only some words\n"), 3, "không phải PDF, TIFF, JPEG hoặc PNG");
    refused("truncated", &file("cut.pdf", &whole[..whole.len() / 2]), 3, "thiếu");
    let locked = dir.path().join("locked.pdf");
    with_password(&file("open.pdf", &whole), &locked);
    refused("password", &locked, 3, "mật khẩu");
    refused("no pages", &file("none.pdf", &small_pdf(0, PAGE, "")), 3, "không có trang nào");
    refused(
        "10,000 pages",
        &file("many.pdf", &small_pdf(10_000, PAGE, "")),
        3,
        "nhiều hơn giới hạn 2000 trang",
    );
    refused("huge picture", &file("huge.png", &claiming_png(60_000, 60_000)), 3, "60000 × 60000");
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend([0xFF; 64]); // a directory of 65,535 entries in 64 bytes
    refused("broken TIFF", &file("broken.tif", &tiff), 3, "quét lại");
    refused("no such file", &dir.path().join("missing.pdf"), 3, "không đọc được");
}

#[test]
fn folders_that_are_no_paper_say_why() {
    let dir = tempfile::tempdir().unwrap();
    let folder = |name: &str, files: &[(&str, &[u8])]| {
        let folder = dir.path().join(name);
        fs::create_dir(&folder).unwrap();
        for (file, bytes) in files {
            fs::write(folder.join(file), bytes).unwrap();
        }
        folder
    };
    let page = papers::page_of(&[("TRANG MỘT", 60.0, 40.0, 14.0)]);
    let stray = folder("stray", &[("1.jpg", &page), ("ghi-chu.txt", b"x")]);
    refused("stray file", &stray, 3, "tệp lạ “ghi-chu.txt”");
    refused(
        "folder of PDFs",
        &folder("pdfs", &[("a.pdf", b"%PDF-1.7"), ("b.pdf", b"%PDF-1.7")]),
        3,
        "chứa tệp PDF",
    );
    refused("empty folder", &folder("empty", &[]), 3, "không có ảnh trang nào");
}

#[test]
fn a_picture_that_would_fill_the_memory_is_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bomb.pdf");
    fs::write(&path, deflate_bomb()).unwrap();
    let start = Instant::now();
    let ran = sohoa(["digitise", "--json", "--dry-run", path.to_str().unwrap()]);
    let answer = ran.answer();
    eprintln!("{} after {:?}", answer["reasons"][0]["message"], start.elapsed());
    assert!([3, 5].contains(&ran.code), "{answer:#}");
    assert!(
        ["unreadable", "needs_person", "needs_rescan"].contains(&answer["outcome"].as_str().unwrap()),
        "{answer:#}"
    );
    assert!(!answer["reasons"].as_array().unwrap().is_empty());
    assert!(start.elapsed() < Duration::from_secs(180));
}

#[test]
fn a_code_is_not_written_on_what_cannot_be_opened() {
    const CODE: &str = "001085012345.1.001776-KQ1.1917/QĐ-BLĐTBXH";
    let dir = tempfile::tempdir().unwrap();
    let (path, out) = (dir.path().join("in.pdf"), dir.path().join("out.pdf"));
    let sound = small_pdf(1, "", "");
    for (what, bytes) in [
        ("half a file", sound[..sound.len() / 2].to_vec()),
        ("no PDF", b"plain text".to_vec()),
        ("nothing", Vec::new()),
    ] {
        fs::write(&path, bytes).unwrap();
        let ran = sohoa(["stamp", "--code", CODE, path.to_str().unwrap(), out.to_str().unwrap()]);
        assert_eq!(ran.code, 3, "{what}: {}", ran.stderr);
        assert!(
            ran.stderr.starts_with("sohoa: ") && ran.stderr.lines().count() == 1,
            "{what}: {}",
            ran.stderr
        );
        assert!(!out.exists(), "{what}");
    }
    // A bomb may be seen whole or not; the reading process that looks is bounded either way.
    fs::write(&path, deflate_bomb()).unwrap();
    let start = Instant::now();
    let ran = sohoa(["stamp", "--code", CODE, path.to_str().unwrap(), out.to_str().unwrap()]);
    assert!(matches!((ran.code, out.exists()), (0, true) | (3, false)), "{} {}", ran.code, ran.stderr);
    assert!(start.elapsed() < Duration::from_secs(120));
}

#[test]
fn a_wrong_number_of_pages_asks_for_a_rescan() {
    let dir = tempfile::tempdir().unwrap();
    let path = papers::write(&papers::clean(Kind::Notice, 32), dir.path());
    let ran = sohoa(["digitise", "--json", "--dry-run", "--pages", "7", path.to_str().unwrap()]);
    let answer = ran.answer();
    assert_eq!((ran.code, answer["outcome"].as_str()), (5, Some("needs_rescan")));
    assert_eq!(answer["reasons"][0]["kind"], "wrong_page_count");
}

/// A small file system of its own; `None` where this user may not mount one.
fn small_disk(dir: &Path, kilobytes: u32) -> Option<PathBuf> {
    let disk = dir.join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", &format!("size={kilobytes}k"), "sohoa-test"])
        .arg(&disk)
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success());
    mounted.then_some(disk)
}

struct Unmount(PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_is_half_stored() {
    let dir = tempfile::tempdir().unwrap();
    let scan = papers::write(&papers::clean(Kind::Decision, 33), dir.path());
    // Where mounting is not allowed, a limit on the size of written files does the same to the writer.
    let disk = small_disk(dir.path(), 3000);
    let _unmount = disk.clone().map(Unmount);
    let data = disk.unwrap_or_else(|| dir.path().join("disk")).join("data");
    let is_mounted = _unmount.is_some();
    let size = fs::metadata(&scan).unwrap().len();
    let ran = if is_mounted {
        // Leave less room than the scan needs, after the database was made.
        sohoa([
            "officer",
            "add",
            "--data",
            data.to_str().unwrap(),
            "--name",
            "A",
            "--personal-id-file",
            &number(dir.path()),
        ]);
        fill(&data, size / 2);
        sohoa(["digitise", "--json", "--data", data.to_str().unwrap(), scan.to_str().unwrap()])
    } else {
        let shell =
            format!("ulimit -f {}; exec \"$0\" digitise --json --data \"$1\" \"$2\"", size / 1024 / 2);
        let mut limited = Command::new("bash");
        limited.args(["-c", &shell, env!("CARGO_BIN_EXE_sohoa")]).arg(&data).arg(&scan);
        ran(limited.output().unwrap())
    };
    assert_ne!(ran.code, 0, "{}", ran.stdout);
    if is_mounted {
        assert_eq!(ran.code, 7, "{}\n{}", ran.stdout, ran.stderr);
        fs::remove_file(data.join("filler")).unwrap();
        assert!(objects(&data).is_empty(), "half-stored: {:?}", objects(&data));
        let verified = sohoa(["audit", "verify", "--data", data.to_str().unwrap()]);
        assert_eq!(verified.code, 0, "{}", verified.stderr);
    }
}

fn number(dir: &Path) -> String {
    let path = dir.join("number");
    fs::write(&path, "079190000001").unwrap();
    path.display().to_string()
}

/// Fills the file system of `data` until fewer than `left` bytes are free.
fn fill(data: &Path, left: u64) {
    let filler = data.join("filler");
    let mut file = fs::File::create(&filler).unwrap();
    let mut written = 0u64;
    while file.write_all(&[0; 1024]).is_ok() {
        written += 1024;
    }
    file.set_len(written.saturating_sub(left)).unwrap();
}

#[test]
fn a_paper_whose_reading_was_killed_is_read_when_the_program_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let scan = papers::write(&papers::clean(Kind::Decision, 34), dir.path());
    let data = dir.path().join("data");
    let mut child = command()
        .args(["digitise", "--json", "--procedure", "1.001776", "--component", "KQ1", "--data"])
        .args([&data, &scan])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // As soon as the original is kept, reading is under way: then the power fails.
    let start = Instant::now();
    while objects(&data).is_empty() {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing was ever kept");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!objects(&data).is_empty(), "accepted bytes are kept");
    let verified = sohoa(["audit", "verify", "--data", data.to_str().unwrap()]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    // Another run over the same store works.
    let again = sohoa([
        "digitise",
        "--json",
        "--procedure",
        "1.001776",
        "--component",
        "KQ1",
        "--data",
        data.to_str().unwrap(),
        scan.to_str().unwrap(),
    ]);
    assert_eq!(again.answers().len(), 1);
    assert!([0, 5].contains(&again.code), "{}", again.stderr);
}

#[test]
fn a_reading_process_that_is_killed_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let scan = papers::write(&papers::clean(Kind::Decision, 35), dir.path());
    let child = command()
        .args(["digitise", "--json", "--dry-run", "--jobs", "1"])
        .arg(&scan)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    // The first reading process is killed as soon as it is seen.
    let reader = loop {
        if let Some(reader) = reader_of(child.id()) {
            break reader;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "no reading process was started");
        std::thread::yield_now();
    };
    let killed = Command::new("kill").args(["-9", &reader.to_string()]).status().unwrap();
    assert!(killed.success());
    let ran = ran(child.wait_with_output().unwrap());
    let answer = ran.answer();
    assert_ne!(answer["outcome"], "unreadable", "{answer:#}");
    assert_eq!(answer["fields"]["document_name"]["value"], "Quyết định", "{answer:#}");
}

/// The process started by `parent` that is a reader.
fn reader_of(parent: u32) -> Option<u32> {
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let ppid: u32 = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
        let command = fs::read(entry.path().join("cmdline")).ok()?;
        (ppid == parent && command.split(|b| *b == 0).nth(1) == Some(b"reader")).then_some(pid)
    })
}
