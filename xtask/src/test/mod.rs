//! `cargo xtask test`: every check of the project, as named and timed steps.

mod setup;
mod step;

pub(crate) use step::Step;

use crate::program::Programs;
use crate::workspace::Workspace;
use anyhow::Result;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How a step that did not fail ended.
pub(crate) enum Verdict {
    /// All is well.
    Passed,
    /// It could not be done here; why, and what would make it possible.
    Skipped(String),
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

/// Runs the chosen steps and what they need, or all if none is chosen, and prints what came out.
pub(crate) fn run(programs: &Programs, workspace: &Workspace, chosen: &[Step]) -> Result<ExitCode> {
    let mut done: Vec<(Step, Outcome, Duration)> = Vec::new();
    for step in Step::ALL.into_iter().filter(|step| wanted(*step, chosen)) {
        let blocker =
            step.needs().iter().find(|need| done.iter().any(|(have, outcome, _)| have == *need && failed(outcome)));
        let started = Instant::now();
        let outcome = match blocker {
            Some(blocker) => Outcome::Skipped(format!("it needs the step `{}`, which failed", blocker.name())),
            None => {
                println!("\n==> {}: {}", step.name(), step.what());
                match step.run(programs, workspace) {
                    Ok(Verdict::Passed) => Outcome::Passed,
                    Ok(Verdict::Skipped(why)) => Outcome::Skipped(why),
                    Err(error) => Outcome::Failed(format!("{error:#}")),
                }
            }
        };
        done.push((step, outcome, started.elapsed()));
        if programs.interrupted() {
            break;
        }
    }
    print!("{}", summary(&done));
    Ok(if done.iter().any(|(_, outcome, _)| failed(outcome)) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn failed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(_))
}

fn wanted(step: Step, chosen: &[Step]) -> bool {
    chosen.is_empty() || chosen.iter().any(|one| *one == step || one.needs().contains(&step))
}

fn summary(done: &[(Step, Outcome, Duration)]) -> String {
    let mut lines = String::from("\n");
    let [mut passed, mut failed, mut skipped] = [0, 0, 0];
    for (step, outcome, took) in done {
        let (mark, count, why) = match outcome {
            Outcome::Passed => ("✓", &mut passed, ""),
            Outcome::Failed(why) => ("✗", &mut failed, why.as_str()),
            Outcome::Skipped(why) => ("-", &mut skipped, why.as_str()),
        };
        *count += 1;
        let line = format!("{mark} {:<10} {:>7.1} s  {why}", step.name(), took.as_secs_f64());
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines.push_str(&format!("\n{passed} passed, {failed} failed, {skipped} skipped\n"));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_lists_steps_and_ends_with_the_counts() {
        let done = [
            (Step::Format, Outcome::Passed, Duration::from_millis(1_234)),
            (Step::Tidy, Outcome::Failed("a.rs: too long".to_owned()), Duration::ZERO),
            (Step::Browser, Outcome::Skipped("no chromium".to_owned()), Duration::ZERO),
        ];
        let expected = "
✓ format         1.2 s
✗ tidy           0.0 s  a.rs: too long
- browser        0.0 s  no chromium

1 passed, 1 failed, 1 skipped
";
        assert_eq!(summary(&done), expected);
    }

    #[test]
    fn a_chosen_step_brings_what_it_needs() {
        let check = |chosen: &[Step], expected: &[Step]| {
            let steps: Vec<Step> = Step::ALL.into_iter().filter(|step| wanted(*step, chosen)).collect();
            assert_eq!(steps, expected, "{chosen:?}");
        };
        check(&[], &Step::ALL);
        check(&[Step::Format], &[Step::Format]);
        check(&[Step::Browser], &[Step::Setup, Step::Build, Step::Browser]);
    }

    #[test]
    fn what_a_step_needs_comes_before_it() {
        for (place, step) in Step::ALL.iter().enumerate() {
            for need in step.needs() {
                let before = Step::ALL.iter().position(|one| one == need);
                assert!(before.is_some_and(|before| before < place), "{need:?} before {step:?}");
            }
        }
    }
}
