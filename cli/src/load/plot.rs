//! The plot of a load test: above, how long each answer took in the course of the test; below,
//! which share took how long.

use std::fmt::Write;

use super::figures::Figures;

const WIDTH: f64 = 900.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 870.0;
/// Top and bottom of the two panels.
const COURSE: (f64, f64) = (70.0, 300.0);
const SHARES: (f64, f64) = (380.0, 610.0);
const HEIGHT: f64 = 660.0;
/// How far a name stands from its point, and how far names are apart.
const ABOVE: f64 = 8.0;
const ROW: f64 = 17.0;
/// Lines across a panel.
const LINES: u32 = 4;

/// An SVG that stands alone.
pub(super) fn svg(title: &str, figures: &Figures) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"13\" fill=\"#333\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"28\" font-size=\"17\" font-weight=\"bold\">{}</text>\n",
        escaped(title)
    );
    course(&mut svg, figures);
    shares(&mut svg, figures);
    svg.push_str("</svg>\n");
    svg
}

/// Each answer as a dot.
fn course(svg: &mut String, figures: &Figures) {
    let longest = figures
        .course
        .iter()
        .map(|(_, took, _)| *took)
        .fold(1.0, f64::max);
    let end = figures
        .course
        .iter()
        .map(|(asked, ..)| *asked)
        .fold(0.001, f64::max);
    panel(
        svg,
        COURSE,
        longest,
        "each answer, in the course of the test",
        ("0 s", &format!("{end:.1} s")),
    );
    for (asked, took, is_good) in &figures.course {
        let (x, y) = (
            LEFT + asked / end * (RIGHT - LEFT),
            height(COURSE, took / longest),
        );
        let colour = if *is_good { "#2a6fb0" } else { "#c0392b" };
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"1.8\" fill=\"{colour}\" fill-opacity=\"0.55\"/>"
        );
    }
}

/// The share of good answers that took at most so long.
fn shares(svg: &mut String, figures: &Figures) {
    let longest = figures.percentile(1.0).max(1.0);
    panel(
        svg,
        SHARES,
        longest,
        "good answers, shortest first",
        ("0 %", "100 %"),
    );
    let points: String = (0..=1000u32)
        .map(|step| {
            let share = f64::from(step) / 1000.0;
            let (x, y) = (
                LEFT + share * (RIGHT - LEFT),
                height(SHARES, figures.percentile(share) / longest),
            );
            format!("{x:.1},{y:.1} ")
        })
        .collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{points}\" fill=\"none\" stroke=\"#2a6fb0\" stroke-width=\"2\"/>"
    );
    // The curve only rises: above a point and to its left there is nothing of it. A name that would
    // meet the one before goes higher.
    let mut lowest = f64::INFINITY;
    for (share, name) in [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")] {
        let took = figures.percentile(share);
        let (x, y) = (
            LEFT + share * (RIGHT - LEFT),
            height(SHARES, took / longest),
        );
        let baseline = (y - ABOVE).min(lowest);
        lowest = baseline - ROW;
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"#d35400\"/>\n<text x=\"{:.1}\" y=\"{baseline:.1}\" \
             text-anchor=\"end\" fill=\"#d35400\" stroke=\"white\" stroke-width=\"4\" paint-order=\"stroke\">{name} \
             {took:.1} ms</text>",
            x - ABOVE,
        );
    }
}

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
    for line in 0..=LINES {
        let share = f64::from(line) / f64::from(LINES);
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

    use super::super::Reply;
    use super::*;

    #[test]
    fn no_name_of_a_percentile_lies_on_the_curve_or_on_another() {
        for slow in [8, 9, 40, 4000] {
            let took = |n: u64| if n < 94 { 5 + n % 3 } else { slow };
            let reply = |n: u64| Reply {
                asked: Duration::ZERO,
                took: Duration::from_millis(took(n)),
                fault: None,
            };
            let figures = Figures::of((0..100).map(reply).collect(), Duration::from_secs(1));
            let svg = svg("test", &figures);
            let document = roxmltree::Document::parse(&svg).unwrap();
            let names = document
                .descendants()
                .filter(|node| node.text().is_some_and(|text| text.starts_with('p')));
            let places: Vec<(f64, f64)> = names
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
            assert_eq!(places.len(), 3);
            for (x, baseline) in &places {
                assert!(
                    left_of(*x).all(|y| y > baseline + 3.0),
                    "slow {slow}: {places:?}"
                );
            }
            assert!(
                places.windows(2).all(|pair| pair[0].1 - pair[1].1 >= ROW),
                "{places:?}"
            );
        }
    }

    #[test]
    fn every_answer_is_drawn_and_the_file_is_xml() {
        let reply = |n: u64| Reply {
            asked: Duration::from_millis(n),
            took: Duration::from_millis(n % 7),
            fault: (n == 3).then(|| "status 500".to_owned()),
        };
        let figures = Figures::of((0..50).map(reply).collect(), Duration::from_secs(1));
        let svg = svg("a < b & c", &figures);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let circles = document
            .descendants()
            .filter(|node| node.tag_name().name() == "circle")
            .count();
        assert_eq!(circles, 50 + 3);
        assert!(svg.contains("#c0392b"), "the failed one stands out");
        let nothing = Figures::of(Vec::new(), Duration::ZERO);
        assert!(roxmltree::Document::parse(&super::svg("none", &nothing)).is_ok());
    }
}
