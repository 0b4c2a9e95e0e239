//! Draws the calls in a minute, and the backlog, over the day.

use std::fmt::Write;

use crate::measurement::Measurement;
use crate::plan::{MINUTES_A_DAY, Plan};
use crate::report::grouped;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 700.0;
/// Height of each panel.
const TALL: f64 = 110.0;
/// The floor of each panel.
const FLOORS: [f64; 2] = [160.0, 320.0];
const HEIGHT: f64 = 360.0;
/// Each point of a curve is the mean of this many minutes.
const STEP: usize = 10;

/// Returns the plot as SVG.
pub(crate) fn svg(plan: &Plan, result: &Measurement) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    shade_outage(&mut svg, plan);
    let panels = [
        (
            "calls that end in a minute, means of ten minutes",
            &result.ended,
            "#4d6f8f",
        ),
        (
            "jobs that wait for extraction, means of ten minutes",
            &result.waiting,
            "#c96f1d",
        ),
    ];
    for ((title, values, colour), floor) in panels.into_iter().zip(FLOORS) {
        draw(&mut svg, title, &means(values, plan.share), colour, floor);
    }
    for hour in (0..=24).step_by(3) {
        text(
            &mut svg,
            x(hour * 60),
            FLOORS[1] + 16.0,
            "middle",
            &format!("{hour}:00"),
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Returns the mean of each step of the day, multiplied to the undivided system.
fn means(values: &[usize], share: usize) -> Vec<f64> {
    let day = &values[..values.len().min(MINUTES_A_DAY)];
    let steps = day.chunks(STEP);
    steps
        .map(|step| (step.iter().sum::<usize>() * share) as f64 / step.len() as f64)
        .collect()
}

fn draw(svg: &mut String, title: &str, values: &[f64], colour: &str, floor: f64) {
    let top = values.iter().copied().fold(1.0, f64::max);
    text(svg, LEFT, floor - TALL - 10.0, "start", title);
    text(
        svg,
        LEFT - 6.0,
        floor - TALL + 4.0,
        "end",
        &grouped(top.round() as usize),
    );
    text(svg, LEFT - 6.0, floor, "end", "0");
    let mut path = format!("M{LEFT} {floor}");
    for (at, value) in values.iter().enumerate() {
        let _ = write!(
            path,
            "L{:.0} {:.0}",
            x(at * STEP + STEP / 2),
            floor - TALL * value / top
        );
    }
    let right = x(values.len() * STEP);
    let _ = writeln!(
        svg,
        "<path d=\"{path}L{right:.0} {floor}Z\" fill=\"{colour}\"/>"
    );
    let _ = writeln!(svg, "<path d=\"M{LEFT} {floor}H{RIGHT}\" stroke=\"#888\"/>");
}

fn shade_outage(svg: &mut String, plan: &Plan) {
    let outage = plan.outage_minutes();
    let left = x(outage.start);
    let right = x(outage.end);
    let _ = writeln!(
        svg,
        "<rect x=\"{left:.0}\" y=\"24\" width=\"{:.0}\" height=\"{:.0}\" fill=\"#eee\"/>",
        right - left,
        FLOORS[1] - 24.0
    );
    text(
        svg,
        (left + right) / 2.0,
        18.0,
        "middle",
        "provider and store are down",
    );
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, words: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{x:.0}\" y=\"{y:.0}\" text-anchor=\"{anchor}\">{words}</text>"
    );
}

fn x(minute: usize) -> f64 {
    LEFT + (RIGHT - LEFT) * minute as f64 / MINUTES_A_DAY as f64
}
