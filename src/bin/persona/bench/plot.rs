//! Lines in a plane of two logarithmic scales, as a picture.

use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
/// Room for the scales.
const EDGE: f64 = 64.0;
/// Dark enough on white, light enough on black, and told apart by those who see few colours (Okabe and Ito 2008).
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/// A line of points with its name.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// An SVG of the lines, both axes in powers of ten; points that are not above 0 are left out.
pub(super) fn svg(lines: &[Line], across: &str, up: &str) -> String {
    let points = || lines.iter().flat_map(|line| &line.points).filter(|(x, y)| *x > 0.0 && *y > 0.0);
    let (x_low, x_high) = decades(points().map(|point| point.0));
    let (y_low, y_high) = decades(points().map(|point| point.1));
    let x_of = |x: f64| EDGE + (WIDTH - 2.0 * EDGE) * (x.log10() - x_low) / (x_high - x_low);
    let y_of = |y: f64| HEIGHT - EDGE - (HEIGHT - 2.0 * EDGE) * (y.log10() - y_low) / (y_high - y_low);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let (left, right, top, bottom) = (EDGE, WIDTH - EDGE, EDGE, HEIGHT - EDGE);
    for power in x_low as i32..=x_high as i32 {
        let x = x_of(10f64.powi(power));
        let _ = writeln!(out, "<path d=\"M{x:.1} {top}V{bottom}\" stroke=\"#ddd\"/>");
        let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>", bottom + 18.0, plain(power));
    }
    for power in y_low as i32..=y_high as i32 {
        let y = y_of(10f64.powi(power));
        let _ = writeln!(out, "<path d=\"M{left} {y:.1}H{right}\" stroke=\"#ddd\"/>");
        let _ = writeln!(out, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>", left - 6.0, y + 4.0, plain(power));
    }
    let _ = writeln!(out, "<text x=\"{right}\" y=\"{:.1}\" text-anchor=\"end\">{across}</text>", HEIGHT - 14.0);
    let _ = writeln!(out, "<text x=\"6\" y=\"18\">{up}</text>");
    for (i, line) in lines.iter().enumerate() {
        let colour = COLOURS[i % COLOURS.len()];
        let is_shown = |(x, y): &&(f64, f64)| *x > 0.0 && *y > 0.0;
        let points: Vec<String> =
            line.points.iter().filter(is_shown).map(|(x, y)| format!("{:.1},{:.1}", x_of(*x), y_of(*y))).collect();
        let _ = writeln!(out, "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{}\"/>", points.join(" "));
        let (x, y) = (EDGE + 210.0 * (i % 3) as f64, 34.0 + 16.0 * (i / 3) as f64);
        let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" fill=\"{colour}\">{}</text>", line.name);
    }
    out + "</svg>\n"
}

/// The powers of ten around all values.
fn decades(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.map(f64::log10).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return (0.0, 1.0);
    }
    (low.floor(), high.ceil().max(low.floor() + 1.0))
}

fn plain(power: i32) -> String {
    match power {
        0..=3 => format!("{}", 10i32.pow(power.unsigned_abs())),
        -4..0 => format!("{:.*}", power.unsigned_abs() as usize, 10f64.powi(power)),
        _ => format!("1e{power}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ratios_are_equal_lengths() {
        let line = Line { name: "a".into(), points: vec![(10.0, 1.0), (100.0, 10.0), (1000.0, 100.0), (0.0, 5.0)] };
        let svg = svg(&[line], "facts", "ms");
        assert!(svg.contains("points=\"64.0,336.0 360.0,200.0 656.0,64.0\""), "a straight line without the point at 0:\n{svg}");
        assert!(super::svg(&[], "", "").contains("</svg>"), "no lines make an empty picture");
    }
}
