fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("reader") => sohoa::engines::reader::child::run(),
        _ => std::process::ExitCode::from(2),
    }
}
