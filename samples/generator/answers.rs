//! Truth files of a folder and the answers of a program, for the judges.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// All truths whose file name ends in `suffix`, by name, and all answers of a file of JSON lines.
///
/// # Errors
/// A sentence that names the file.
pub fn load<T: DeserializeOwned>(
    dir: &Path,
    suffix: &str,
    answers: &Path,
) -> Result<(Vec<T>, Vec<Value>), String> {
    let named =
        |path: &Path, cause: &dyn std::fmt::Display| format!("cannot read {}: {cause}", path.display());
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|cause| named(path, &cause));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|cause| named(dir, &cause))? {
        let path = entry.map_err(|cause| named(dir, &cause))?.path();
        if path.to_string_lossy().ends_with(suffix) {
            paths.push(path);
        }
    }
    paths.sort();
    let mut truths = Vec::with_capacity(paths.len());
    for path in &paths {
        truths.push(serde_json::from_str(&read(path)?).map_err(|cause| named(path, &cause))?);
    }
    let mut said = Vec::new();
    for line in read(answers)?.lines().filter(|line| !line.trim().is_empty()) {
        said.push(serde_json::from_str(line).map_err(|cause| named(answers, &cause))?);
    }
    Ok((truths, said))
}

/// The answer about `file`, if there is one.
pub fn about<'a>(answers: &'a [Value], file: &str) -> Option<&'a Value> {
    answers.iter().find(|answer| Path::new(answer["input"].as_str().unwrap_or_default()).ends_with(file))
}
