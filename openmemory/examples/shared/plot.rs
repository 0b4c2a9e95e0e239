//! Draws bars of how often the right memory is first and among the first five.

use std::fmt::Write;

/// Rankings of the same questions.
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) bars: Vec<Bar>,
}

/// The metrics of one ranking.
pub(crate) struct Bar {
    pub(crate) label: &'static str,
    pub(crate) at_1: f64,
    pub(crate) at_5: f64,
}

const LEFT: f64 = 20.0;
const FLOOR: f64 = 256.0;
const TALL: f64 = 200.0;
const HEIGHT: f64 = 306.0;
const BAR: f64 = 52.0;
const STEP: f64 = 60.0;
const GAP: f64 = 28.0;
/// Light and dark colour, by position within a group.
const COLOURS: [(&str, &str); 4] = [
    ("#9db4c8", "#4d6f8f"),
    ("#f0b989", "#c96f1d"),
    ("#b3cfa0", "#5f8f42"),
    ("#cdb6da", "#86619c"),
];

/// Draws groups of bars from left to right.
pub(crate) fn svg(title: &str, groups: &[Group]) -> String {
    let wide = |group: &Group| STEP * group.bars.len() as f64 + GAP;
    let width = (2.0 * LEFT + groups.iter().map(wide).sum::<f64>() - GAP).max(480.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"24\" font-size=\"15\">{title}</text>\n"
    );
    let mut left = LEFT;
    for group in groups {
        for (at, bar) in group.bars.iter().enumerate() {
            draw(
                &mut svg,
                left + STEP * at as f64,
                bar,
                COLOURS[at % COLOURS.len()],
            );
        }
        let name = FLOOR + 36.0;
        let _ = writeln!(
            svg,
            "<text x=\"{left}\" y=\"{name}\" font-weight=\"bold\">{}</text>",
            group.name
        );
        left += wide(group);
    }
    let right = width - LEFT;
    let _ = writeln!(svg, "<path d=\"M{LEFT} {FLOOR}H{right}\" stroke=\"#888\"/>");
    svg.push_str("</svg>\n");
    svg
}

fn draw(svg: &mut String, x: f64, bar: &Bar, (light, dark): (&str, &str)) {
    for (share, colour) in [(bar.at_5, light), (bar.at_1, dark)] {
        let tall = TALL * share;
        let top = FLOOR - tall;
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{top:.1}\" width=\"{BAR}\" height=\"{tall:.1}\" fill=\"{colour}\"/>"
        );
    }
    let middle = x + BAR / 2.0;
    let mut text = |y: f64, colour: &str, words: &str| {
        let _ = writeln!(
            svg,
            "<text x=\"{middle}\" y=\"{y:.1}\" fill=\"{colour}\" text-anchor=\"middle\">{words}</text>"
        );
    };
    text(
        FLOOR - TALL * bar.at_5 - 5.0,
        "black",
        &format!("{:.2}", bar.at_5),
    );
    let is_tall_enough = TALL * bar.at_1 > 18.0;
    if is_tall_enough {
        text(
            FLOOR - TALL * bar.at_1 + 14.0,
            "white",
            &format!("{:.2}", bar.at_1),
        );
    }
    text(FLOOR + 15.0, "black", bar.label);
}
