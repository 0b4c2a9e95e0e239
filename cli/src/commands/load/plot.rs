//! Plots a load test as SVG. The upper panel shows the duration of each request over time, the
//! lower panel the distribution of the durations.

use std::fmt::Write;

use super::report::Report;

const WIDTH: f64 = 900.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 870.0;
/// Top and bottom of the upper panel.
const TIMELINE: (f64, f64) = (70.0, 300.0);
/// Top and bottom of the lower panel.
const DISTRIBUTION: (f64, f64) = (380.0, 610.0);
const HEIGHT: f64 = 660.0;
/// Distance between a point and its label.
const LABEL_OFFSET: f64 = 8.0;
/// Minimum vertical distance between two labels.
const LABEL_HEIGHT: f64 = 17.0;
/// Number of intervals between the grid lines of a panel.
const GRID_INTERVALS: u32 = 4;

/// Renders the report as a self-contained SVG document.
pub(super) fn svg(title: &str, report: &Report) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"13\" fill=\"#333\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"28\" font-size=\"17\" font-weight=\"bold\">{}</text>\n",
        escaped(title)
    );
    timeline(&mut svg, report);
    distribution(&mut svg, report);
    svg.push_str("</svg>\n");
    svg
}

/// Draws each request as a dot.
fn timeline(svg: &mut String, report: &Report) {
    let longest = report
        .points
        .iter()
        .map(|point| point.milliseconds)
        .fold(1.0, f64::max);
    let end = report
        .points
        .iter()
        .map(|point| point.sent_at)
        .fold(0.001, f64::max);
    panel(
        svg,
        TIMELINE,
        longest,
        "duration of each request over time",
        ("0 s", &format!("{end:.1} s")),
    );
    for point in &report.points {
        let x = LEFT + point.sent_at / end * (RIGHT - LEFT);
        let y = height(TIMELINE, point.milliseconds / longest);
        let colour = if point.succeeded {
            "#2a6fb0"
        } else {
            "#c0392b"
        };
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"1.8\" fill=\"{colour}\" fill-opacity=\"0.55\"/>"
        );
    }
}

/// Draws the durations of the successful requests by percentile.
fn distribution(svg: &mut String, report: &Report) {
    let longest = report.percentile(1.0).max(1.0);
    panel(
        svg,
        DISTRIBUTION,
        longest,
        "successful requests by duration",
        ("0 %", "100 %"),
    );
    let points: String = (0..=1000u32)
        .map(|step| {
            let share = f64::from(step) / 1000.0;
            let x = LEFT + share * (RIGHT - LEFT);
            let y = height(DISTRIBUTION, report.percentile(share) / longest);
            format!("{x:.1},{y:.1} ")
        })
        .collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{points}\" fill=\"none\" stroke=\"#2a6fb0\" stroke-width=\"2\"/>"
    );
    // The curve only rises, so a label above and to the left of its point never touches it. A label
    // that would overlap the previous one moves up.
    let mut lowest = f64::INFINITY;
    for (share, name) in [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")] {
        let milliseconds = report.percentile(share);
        let x = LEFT + share * (RIGHT - LEFT);
        let y = height(DISTRIBUTION, milliseconds / longest);
        let baseline = (y - LABEL_OFFSET).min(lowest);
        lowest = baseline - LABEL_HEIGHT;
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"#d35400\"/>\n<text x=\"{:.1}\" y=\"{baseline:.1}\" \
             text-anchor=\"end\" fill=\"#d35400\" stroke=\"white\" stroke-width=\"4\" paint-order=\"stroke\">{name} \
             {milliseconds:.1} ms</text>",
            x - LABEL_OFFSET,
        );
    }
}

/// Draws the frame of a panel: title, grid lines, and labels of both axes.
fn panel(
    svg: &mut String,
    (top, bottom): (f64, f64),
    longest: f64,
    name: &str,
    ends: (&str, &str),
) {
    let _ = writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"{}\" fill=\"#666\">{name}</text>",
        top - 12.0
    );
    for line in 0..=GRID_INTERVALS {
        let share = f64::from(line) / f64::from(GRID_INTERVALS);
        let y = height((top, bottom), share);
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{RIGHT}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>\n<text x=\"{}\" y=\"{:.1}\" \
             text-anchor=\"end\">{:.*} ms</text>",
            LEFT - 8.0,
            y + 4.0,
            usize::from(longest < 20.0),
            share * longest
        );
    }
    let y = bottom + 20.0;
    let _ = writeln!(svg, "<text x=\"{LEFT}\" y=\"{y}\">{}</text>", ends.0);
    let _ = writeln!(
        svg,
        "<text x=\"{RIGHT}\" y=\"{y}\" text-anchor=\"end\">{}</text>",
        ends.1
    );
}

/// Returns the y coordinate of a share (0 to 1) of the panel's height.
fn height((top, bottom): (f64, f64), share: f64) -> f64 {
    bottom - share * (bottom - top)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::report::Sample;
    use super::*;

    #[test]
    fn percentile_labels_overlap_neither_the_curve_nor_each_other() {
        for slow in [8, 9, 40, 4000] {
            let took = |n: u64| if n < 94 { 5 + n % 3 } else { slow };
            let sample = |n: u64| Sample {
                sent_at: Duration::ZERO,
                duration: Duration::from_millis(took(n)),
                error: None,
            };
            let report = Report::new((0..100).map(sample).collect(), Duration::from_secs(1));
            let svg = svg("test", &report);
            let document = roxmltree::Document::parse(&svg).unwrap();
            let labels = document
                .descendants()
                .filter(|node| node.text().is_some_and(|text| text.starts_with('p')));
            let positions: Vec<(f64, f64)> = labels
                .filter(|node| node.tag_name().name() == "text")
                .map(|node| {
                    (
                        node.attribute("x").unwrap().parse().unwrap(),
                        node.attribute("y").unwrap().parse().unwrap(),
                    )
                })
                .collect();
            let curve = document
                .descendants()
                .find_map(|node| node.attribute("points"))
                .unwrap();
            let left_of = |x: f64| {
                curve
                    .split_whitespace()
                    .map(|point| point.split_once(',').unwrap())
                    .filter_map(move |(at, y)| {
                        Some(y.parse::<f64>().unwrap()).filter(|_| at.parse::<f64>().unwrap() <= x)
                    })
            };
            assert_eq!(positions.len(), 3);
            for (x, baseline) in &positions {
                assert!(
                    left_of(*x).all(|y| y > baseline + 3.0),
                    "slow {slow}: {positions:?}"
                );
            }
            assert!(
                positions
                    .windows(2)
                    .all(|pair| pair[0].1 - pair[1].1 >= LABEL_HEIGHT),
                "{positions:?}"
            );
        }
    }

    #[test]
    fn every_request_is_drawn_and_the_plot_is_well_formed() {
        let sample = |n: u64| Sample {
            sent_at: Duration::from_millis(n),
            duration: Duration::from_millis(n % 7),
            error: (n == 3).then(|| "status 500".to_owned()),
        };
        let report = Report::new((0..50).map(sample).collect(), Duration::from_secs(1));
        let svg = svg("a < b & c", &report);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let circles = document
            .descendants()
            .filter(|node| node.tag_name().name() == "circle")
            .count();
        assert_eq!(circles, 50 + 3);
        assert!(
            svg.contains("#c0392b"),
            "a failed request has another colour"
        );
        let empty = Report::new(Vec::new(), Duration::ZERO);
        assert!(roxmltree::Document::parse(&super::svg("none", &empty)).is_ok());
    }
}
