//! `cargo xtask tidy`: the rules of the project that no compiler checks.
//!
//! Each rule is a pure function from what is in the repository to the list of what is wrong; this file reads the
//! repository and shows all that was found at once.

mod code_map;
mod edges;
mod sources;
mod words;

use crate::program::Programs;
use crate::workspace::Workspace;
use anyhow::{Context as _, Result, bail};

/// The file whose code map is kept in step with the repository.
const ARCHITECTURE: &str = "ARCHITECTURE.md";

/// A text file of the repository.
struct TextFile {
    /// Relative to the workspace.
    path: String,
    text: String,
}

/// Fails with every breach of a rule.
pub(crate) fn check(programs: &Programs, workspace: &Workspace) -> Result<()> {
    let paths = workspace.files(programs)?;
    let files = read(workspace, &paths)?;
    let mut breaches = edges::check(&workspace.crates);
    let architecture = files.iter().find(|file| file.path == ARCHITECTURE);
    match architecture {
        Some(file) => breaches.extend(code_map::check(&file.text, &paths, &workspace.crates)),
        None => breaches.push(format!("{ARCHITECTURE} is missing")),
    }
    breaches.extend(sources::check(&files));
    breaches.extend(words::check(&files)?);
    if breaches.is_empty() {
        println!("{} files, {} crates: tidy", paths.len(), workspace.crates.len());
        return Ok(());
    }
    for breach in &breaches {
        println!("{breach}");
    }
    bail!("{} breaches of the rules, listed above", breaches.len())
}

/// The files that people write as text; what is generated or only stored is left out.
fn read(workspace: &Workspace, paths: &[String]) -> Result<Vec<TextFile>> {
    let mut files = Vec::new();
    for path in paths.iter().filter(|path| is_written_by_people(path)) {
        let text = std::fs::read_to_string(workspace.path(path)).with_context(|| format!("cannot read {path}"))?;
        files.push(TextFile { path: path.clone(), text });
    }
    Ok(files)
}

fn is_written_by_people(path: &str) -> bool {
    const EXTENSIONS: [&str; 9] = ["rs", "md", "toml", "yaml", "yml", "ts", "mjs", "svelte", "css"];
    let text = path.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension));
    text && !path.starts_with("console/dist/")
}
