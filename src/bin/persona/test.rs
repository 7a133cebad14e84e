//! `persona test`: authors' tests, run through the very plugin.

use super::stage::backend;
use bevy_persona::authoring::{Report, Runner, TestError, find_tests, junit};
use bevy_persona::mind_link::BackendChoice;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Runs authors' tests (`*.persona_test.ron`); the exit status is 1 if anything fails.
#[derive(clap::Args, Debug)]
pub(crate) struct TestArgs {
    /// Folders, with all below them, and files
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// What answers: builtin, scripted (no model: answers are not tried), or the path of a GGUF model
    #[arg(long, default_value = "builtin", value_parser = backend)]
    backend: BackendChoice,
    /// Seed of all chance: the same seed gives the same replies
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the results as JUnit XML too
    #[arg(long)]
    junit: Option<PathBuf>,
}

pub(crate) fn run(args: &TestArgs) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let mut files = Vec::new();
    for path in &args.paths {
        files.extend(find_tests(path)?);
    }
    if files.is_empty() {
        return Err("no *.persona_test.ron is there".into());
    }
    let runner = Runner::new(&args.backend)?.with_seed(args.seed);
    let mut results: Vec<Result<Report, TestError>> = Vec::new();
    for file in &files {
        let result = runner.run_file(file);
        match &result {
            Ok(report) => println!("{report}\n"),
            Err(error) => println!("{error}\n"),
        }
        results.push(result);
    }
    if let Some(path) = &args.junit {
        let xml = junit(files.iter().map(PathBuf::as_path).zip(&results));
        write(path, &xml)?;
    }
    let reports = || results.iter().flatten();
    let cases: usize = reports().map(|report| report.cases.len()).sum();
    let failed: usize = reports().map(Report::failed).sum();
    let skipped: usize = reports().map(Report::skipped).sum();
    let unread = results.len() - reports().count();
    println!(
        "{cases} cases of {} files: {} right, {failed} wrong; {skipped} expectations not tried; {unread} files not read; {:.1} s",
        files.len(),
        cases - failed,
        start.elapsed().as_secs_f32()
    );
    if failed + unread > 0 { Err(format!("{failed} cases failed, {unread} files could not be read").into()) } else { Ok(()) }
}

fn write(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()).into())
}
