//! A picture of the table: recall@1 and recall@5 as bars.

use std::fmt::Write;

use crate::score::Score;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 320.0;
const FLOOR: f64 = 260.0;
const TALL: f64 = 200.0;
const COLOURS: [(&str, &str); 2] = [("#9db4c8", "#4d6f8f"), ("#f0b989", "#c96f1d")];

/// Draws the scores.
pub(crate) fn svg(scores: &[Score]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"20\" y=\"24\" font-size=\"15\">Answers among the first 5 (light) and first (dark)</text>\n"
    );
    let groups = scores.first().map_or(0, |score| score.groups.len());
    let room = (WIDTH - 40.0) / groups.max(1) as f64;
    for at in 0..groups {
        let left = 40.0 + room * at as f64;
        for (which, score) in scores.iter().enumerate() {
            let x = left + which as f64 * 80.0;
            bars(&mut svg, x, score.groups[at].at_1, score.groups[at].at_5, COLOURS[which % COLOURS.len()]);
            let _ = writeln!(svg, "<text x=\"{x}\" y=\"{}\">{}</text>", FLOOR + 16.0, score.embedding);
        }
        let _ = writeln!(
            svg,
            "<text x=\"{left}\" y=\"{}\" font-weight=\"bold\">{}</text>",
            FLOOR + 38.0,
            scores[0].groups[at].name
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn bars(svg: &mut String, x: f64, at_1: f64, at_5: f64, (light, dark): (&str, &str)) {
    for (width, share, colour) in [(60.0, at_5, light), (36.0, at_1, dark)] {
        let tall = TALL * share;
        let (left, top) = (x + (60.0 - width) / 2.0, FLOOR - tall);
        let _ = writeln!(svg, "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{tall}\" fill=\"{colour}\"/>");
    }
    let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\">{at_5:.2}</text>", x + 18.0, FLOOR - TALL * at_5 - 6.0);
}
