//! Instructions instead of seconds: valgrind counts them, and the count is the same however busy
//! the machine is.

use std::collections::BTreeMap;
use std::path::Path as File;

use crate::Failure;
use crate::event::Path;
use crate::function::Program;
use crate::upstream::Upstream;

/// Invocations before it is counted: connections are made and caches are filled.
const WARM: u32 = 20;
/// Invocations that are counted.
const COUNTED: u32 = 50;
/// How much more than recorded is taken for growth, in percent.
const TOLERANCE: u64 = 10;

/// Instructions of one function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    /// From its start to its first request for an event.
    pub(crate) init: u64,
    /// Of one invocation, once it is warm.
    pub(crate) invocation: u64,
}

/// Counts what a function executes on a path.
pub(crate) async fn count(
    program: &Program,
    path: Path,
    upstream: &Upstream,
) -> Result<Count, Failure> {
    let init = total(program, path, upstream, 0).await?;
    let warm = total(program, path, upstream, WARM).await?;
    let counted = total(program, path, upstream, WARM + COUNTED).await?;
    Ok(Count {
        init,
        invocation: counted.saturating_sub(warm) / u64::from(COUNTED),
    })
}

async fn total(
    program: &Program,
    path: Path,
    upstream: &Upstream,
    invocations: u32,
) -> Result<u64, Failure> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("valgrind.log");
    let options = [
        "valgrind",
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
    ]
    .map(str::to_owned);
    let wrapper = options
        .into_iter()
        .chain([format!("--log-file={}", log.display())])
        .collect();
    let mut running = Program {
        wrapper,
        ..program.clone()
    }
    .start(upstream)
    .await?;
    for _ in 0..invocations {
        running.invoke(path.event()).await?;
    }
    running.end().await?;
    let report = std::fs::read_to_string(&log)?;
    let collected = report
        .lines()
        .find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    collected.ok_or_else(|| format!("valgrind gave no count:\n{report}").into())
}

/// The counts as the baseline keeps them: a line for each function.
pub(crate) fn written(counts: &BTreeMap<&'static str, Count>) -> String {
    let line =
        |(name, count): (&&str, &Count)| format!("{name} {} {}\n", count.init, count.invocation);
    let head = "# function, instructions until it is ready, instructions of one invocation\n";
    std::iter::once(head.to_owned())
        .chain(counts.iter().map(line))
        .collect()
}

/// What grew beyond the tolerance, one sentence each; what shrank as much asks for a new baseline
/// and fails nothing.
pub(crate) fn grown(
    baseline: &str,
    counts: &BTreeMap<&'static str, Count>,
) -> Result<Vec<String>, Failure> {
    let recorded = read(baseline)?;
    let mut grown = Vec::new();
    for (name, count) in counts {
        let Some(before) = recorded.get(*name) else {
            grown.push(format!("{name} has no baseline"));
            continue;
        };
        for (what, was, is) in [
            ("start", before.init, count.init),
            ("invocation", before.invocation, count.invocation),
        ] {
            if is > was + was * TOLERANCE / 100 {
                grown.push(format!(
                    "{name}: {what} takes {is} instructions, {was} are recorded"
                ));
            }
        }
    }
    Ok(grown)
}

/// Reads a baseline from its file.
pub(crate) fn baseline(file: &File) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()).into())
}

fn read(baseline: &str) -> Result<BTreeMap<String, Count>, Failure> {
    let lines = baseline
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| entry(line).ok_or_else(|| format!("the baseline has a line {line:?}").into()))
        .collect()
}

fn entry(line: &str) -> Option<(String, Count)> {
    let mut words = line.split_whitespace();
    let name = words.next()?.to_owned();
    let count = Count {
        init: words.next()?.parse().ok()?,
        invocation: words.next()?.parse().ok()?,
    };
    Some((name, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(init: u64, invocation: u64) -> BTreeMap<&'static str, Count> {
        BTreeMap::from([("health", Count { init, invocation })])
    }

    #[test]
    fn a_tenth_more_is_taken_and_more_than_that_is_named() {
        let baseline = written(&counts(1000, 200));
        assert!(grown(&baseline, &counts(1100, 220)).unwrap().is_empty());
        assert!(grown(&baseline, &counts(500, 100)).unwrap().is_empty());
        let named = grown(&baseline, &counts(1101, 221)).unwrap();
        assert_eq!(named.len(), 2, "{named:?}");
        assert!(named[1].contains("invocation takes 221"));
    }

    #[test]
    fn a_function_without_a_baseline_fails_and_a_broken_line_is_named() {
        assert_eq!(
            grown("", &counts(1, 1)).unwrap(),
            ["health has no baseline"]
        );
        assert!(grown("health 1", &counts(1, 1)).is_err());
    }
}
