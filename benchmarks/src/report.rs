//! Formats the results as tables and a plot.

use std::fmt::Write;

use crate::event::Path;
use crate::statistics::Sample;
use crate::timing::{FirstOverTls, Pair, Times};

/// Width of the plot in pixels.
const WIDTH: f64 = 760.0;
/// Height of a bar and its gap in pixels.
const BAR: f64 = 22.0;
/// Left edge of the bars in pixels.
const LEFT: f64 = 130.0;
/// Pixels per multiple of the empty function.
const SCALE: f64 = 22.0;

/// The measurements of one function.
pub(crate) struct Row {
    pub(crate) pair: Pair,
    /// Size of the program in bytes.
    pub(crate) size: u64,
}

/// Upper limits for a function, as multiples of the empty one.
struct Target {
    init: f64,
    cpu: Option<f64>,
}

fn target(path: Path) -> Target {
    match path {
        Path::ClientData | Path::SearchMemory => Target {
            init: 1.3,
            cpu: Some(4.0),
        },
        Path::Health => Target {
            init: 1.3,
            cpu: Some(1.5),
        },
        Path::PostCall => Target {
            init: 2.0,
            cpu: Some(9.0),
        },
        Path::Extraction | Path::CallerCard => Target {
            init: 2.0,
            cpu: None,
        },
    }
}

/// Formats all tables as Markdown.
pub(crate) fn table(
    rows: &[Row],
    slow_rows: &[(Path, Sample)],
    tls_rows: &[(Path, FirstOverTls)],
) -> String {
    let mut text = String::from(
        "| function | start to first poll | × hello (minimum–maximum; target) | CPU time per invocation | × hello (minimum–maximum; target) | first invocation | memory | program | log | upstream requests |\n|---|---|---|---|---|---|---|---|---|---|\n",
    );
    if let Some(row) = rows.first() {
        text.push_str(&hello_line(&row.pair.empty));
    }
    for row in rows {
        text.push_str(&line(row));
    }
    text.push_str("\n| function | answer with slow upstreams, p50 | p95 |\n|---|---|---|\n");
    for (path, answers) in slow_rows {
        let _ = writeln!(
            text,
            "| {} | {:.1} ms | {:.1} ms |",
            path.name(),
            answers.median(),
            answers.percentile(0.95)
        );
    }
    text.push_str("\n| function | first invocation over TLS | its CPU time |\n|---|---|---|\n");
    for (path, FirstOverTls { answer, cpu }) in tls_rows {
        let _ = writeln!(
            text,
            "| {} | {:.2} ms | {:.2} ms |",
            path.name(),
            answer.median(),
            cpu.median()
        );
    }
    text
}

fn hello_line(hello: &Times) -> String {
    format!(
        "| hello | {:.2} ms | 1 | {:.0} µs | 1 | {:.2} ms | {:.1} MiB | | | |\n",
        hello.init.median(),
        hello.cpu.median(),
        hello.first.median(),
        hello.memory.most()
    )
}

fn line(Row { pair, size }: &Row) -> String {
    let Target { init, cpu } = target(pair.path);
    let ratio = |sample: &Sample, target: Option<f64>| {
        let limit = target.map_or_else(|| "–".to_owned(), |target| format!("≤ {target}"));
        format!(
            "{:.2} ({:.2}–{:.2}; {limit})",
            sample.median(),
            sample.least(),
            sample.most()
        )
    };
    let calls: Vec<String> = pair
        .calls
        .iter()
        .map(|(name, count)| format!("{name} {count:.1}"))
        .collect();
    format!(
        "| {} | {:.2} ms | {} | {:.0} µs | {} | {:.2} ms | {:.1} MiB | {:.2} MB | {:.1} kB | {} |\n",
        pair.path.name(),
        pair.ours.init.median(),
        ratio(&pair.init_ratio, Some(init)),
        pair.ours.cpu.median(),
        ratio(&pair.cpu_ratio, cpu),
        pair.ours.first.median(),
        pair.ours.memory.most(),
        *size as f64 / 1e6,
        pair.ours.logged.median() / 1e3,
        calls.join(", ")
    )
}

/// Draws bars of both ratios, with a stroke at each target.
pub(crate) fn plot(rows: &[Row]) -> String {
    let mut bars = String::new();
    let mut y = 40.0;
    for Row { pair, .. } in rows {
        let Target { init, cpu } = target(pair.path);
        let _ = writeln!(
            bars,
            "<text x=\"8\" y=\"{}\" font-weight=\"bold\">{}</text>",
            y + 16.0,
            pair.path.name()
        );
        bars.push_str(&bar(
            y,
            "start",
            pair.init_ratio.median(),
            Some(init),
            "#4c78a8",
        ));
        bars.push_str(&bar(
            y + BAR,
            "processor",
            pair.cpu_ratio.median(),
            cpu,
            "#f58518",
        ));
        y += BAR * 2.0 + 14.0;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{y}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"8\" y=\"20\" font-size=\"14\">Multiples of an empty function (strokes are targets)</text>\n{bars}</svg>\n"
    )
}

fn bar(y: f64, what: &str, ratio: f64, target: Option<f64>, colour: &str) -> String {
    let width = (ratio * SCALE).min(WIDTH - LEFT - 130.0);
    let mut text = format!(
        "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"16\" fill=\"{colour}\"/>\n\
         <text x=\"{:.1}\" y=\"{}\">{what} {ratio:.2}</text>\n",
        LEFT + width
            + 60.0_f64.min(6.0 + target.map_or(0.0, |target| ((target * SCALE) - width).max(0.0))),
        y + 13.0
    );
    if let Some(target) = target {
        let x = LEFT + target * SCALE;
        let _ = writeln!(
            text,
            "<line x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{}\" stroke=\"black\"/>",
            y - 2.0,
            y + 18.0
        );
    }
    text
}
