//! Counts instructions with valgrind instead of measuring time, because the count does not depend
//! on the load of the machine.

use std::collections::BTreeMap;
use std::path::Path as File;

use crate::Failure;
use crate::event::Path;
use crate::function::Program;
use crate::upstream::Upstream;

/// Invocations before counting starts. They open connections and fill caches.
const WARM_UP: u32 = 20;
/// Counted invocations.
const COUNTED: u32 = 50;
/// Accepted growth over the baseline, in percent.
const TOLERANCE: u64 = 10;

/// Instruction counts of one function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    /// From its start to its first request for an event.
    pub(crate) init: u64,
    /// Per invocation, after the warm-up.
    pub(crate) invocation: u64,
}

/// Counts the instructions of a function.
pub(crate) async fn count(
    program: &Program,
    path: Path,
    upstream: &Upstream,
) -> Result<Count, Failure> {
    let init = total(program, path, upstream, 0).await?;
    let warm = total(program, path, upstream, WARM_UP).await?;
    let counted = total(program, path, upstream, WARM_UP + COUNTED).await?;
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
    running.stop().await?;
    let report = std::fs::read_to_string(&log)?;
    let collected = report
        .lines()
        .find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    collected.ok_or_else(|| format!("valgrind gave no count:\n{report}").into())
}

/// Formats the counts as a baseline file, with a line for each function.
pub(crate) fn format_baseline(counts: &BTreeMap<&'static str, Count>) -> String {
    let line =
        |(name, count): (&&str, &Count)| format!("{name} {} {}\n", count.init, count.invocation);
    let head = "# function, instructions until it is ready, instructions per invocation\n";
    std::iter::once(head.to_owned())
        .chain(counts.iter().map(line))
        .collect()
}

/// Lists each count that grew beyond the tolerance, as one sentence. A count that shrank does not
/// fail; record a new baseline then.
pub(crate) fn regressions(
    baseline: &str,
    counts: &BTreeMap<&'static str, Count>,
) -> Result<Vec<String>, Failure> {
    let recorded = parse_baseline(baseline)?;
    let mut regressions = Vec::new();
    for (name, count) in counts {
        let Some(before) = recorded.get(*name) else {
            regressions.push(format!("{name} has no baseline"));
            continue;
        };
        for (what, was, is) in [
            ("start", before.init, count.init),
            ("invocation", before.invocation, count.invocation),
        ] {
            if is > was + was * TOLERANCE / 100 {
                regressions.push(format!(
                    "{name}: {what} takes {is} instructions, but the baseline is {was}"
                ));
            }
        }
    }
    Ok(regressions)
}

/// Reads a baseline file.
pub(crate) fn read_baseline(file: &File) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()).into())
}

fn parse_baseline(baseline: &str) -> Result<BTreeMap<String, Count>, Failure> {
    let lines = baseline
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            entry(line).ok_or_else(|| format!("invalid line in the baseline: {line:?}").into())
        })
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
    fn growth_of_a_tenth_is_accepted_and_more_is_reported() {
        let baseline = format_baseline(&counts(1000, 200));
        assert!(
            regressions(&baseline, &counts(1100, 220))
                .unwrap()
                .is_empty()
        );
        assert!(
            regressions(&baseline, &counts(500, 100))
                .unwrap()
                .is_empty()
        );
        let named = regressions(&baseline, &counts(1101, 221)).unwrap();
        assert_eq!(named.len(), 2, "{named:?}");
        assert!(named[1].contains("invocation takes 221"));
    }

    #[test]
    fn a_missing_baseline_and_an_invalid_line_are_reported() {
        assert_eq!(
            regressions("", &counts(1, 1)).unwrap(),
            ["health has no baseline"]
        );
        assert!(regressions("health 1", &counts(1, 1)).is_err());
    }
}
