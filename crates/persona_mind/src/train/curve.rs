//! The curve of a run, as a picture.

use super::run::Point;
use std::collections::BTreeSet;
use std::fmt::Write;

const WIDTH: f32 = 720.0;
const HEIGHT: f32 = 360.0;
/// Room for the scales.
const EDGE: f32 = 44.0;
/// Dark enough on white, light enough on black, and told apart by those who see few colours (Okabe and Ito 2008).
const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#808080"];

/// An SVG of the loss, scaled to its highest value, and of all figures from 0 to 1 (higher ones are scaled likewise).
#[must_use]
pub fn svg(points: &[Point]) -> String {
    let names: BTreeSet<&str> = points.iter().flat_map(|p| p.figures.keys().map(String::as_str)).collect();
    let loss: Vec<(usize, f32)> = points.iter().map(|p| (p.step, p.loss)).collect();
    let figure = |name: &str| points.iter().filter_map(|p| Some((p.step, *p.figures.get(name)?))).collect();
    let mut series: Vec<(&str, Vec<(usize, f32)>)> = vec![("loss", loss)];
    series.extend(names.into_iter().map(|name| (name, figure(name))));
    let last = points.last().map_or(1, |p| p.step.max(1));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for tenth in 0..=10 {
        let y = y_of(tenth as f32 / 10.0);
        let _ = writeln!(out, "<path d=\"M{EDGE} {y:.1}H{:.1}\" stroke=\"#ddd\"/>", WIDTH - EDGE);
        if tenth % 2 == 0 {
            let _ = writeln!(out, "<text x=\"6\" y=\"{:.1}\">{}.{}</text>", y + 4.0, tenth / 10, tenth % 10);
        }
    }
    let _ = writeln!(out, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">step {last}</text>", WIDTH - EDGE, HEIGHT - 8.0);
    for (i, (name, values)) in series.iter().enumerate() {
        let (top, colour) = (values.iter().map(|v| v.1).fold(1.0f32, f32::max), COLOURS[i % COLOURS.len()]);
        let point = |(step, value): &(usize, f32)| {
            let x = EDGE + (WIDTH - 2.0 * EDGE) * *step as f32 / last as f32;
            format!("{x:.1},{:.1}", y_of(value / top))
        };
        let line: Vec<String> = values.iter().filter(|v| v.1.is_finite()).map(point).collect();
        let _ = writeln!(out, "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{}\"/>", line.join(" "));
        let end = values.last().map_or(0.0, |v| v.1);
        let x = EDGE + 8.0 + 110.0 * i as f32;
        let _ = writeln!(out, "<text x=\"{x}\" y=\"20\" fill=\"{colour}\">{name} {end:.3}</text>");
    }
    out + "</svg>\n"
}

fn y_of(share: f32) -> f32 {
    EDGE + (HEIGHT - 2.0 * EDGE) * (1.0 - share.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_series_has_a_line_from_left_to_right() {
        let point = |step, loss, right| Point { step, loss, figures: [("right".to_owned(), right)].into() };
        let svg = svg(&[point(50, 4.0, 0.2), point(100, 1.0, 0.8)]);
        assert!(svg.contains("points=\"360.0,44.0 676.0,248.0\""), "the loss falls from its top to a quarter:\n{svg}");
        assert!(svg.contains("points=\"360.0,261.6 676.0,98.4\""), "the share rises:\n{svg}");
        assert!(svg.contains("right 0.800"), "the last value is written:\n{svg}");
        assert!(super::svg(&[]).contains("</svg>"), "no points make an empty picture");
    }
}
