use super::{Report, TestError};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// Results as JUnit XML, in the form that Jenkins, GitLab and GitHub's test reporters read: one suite a file, one test case a
/// case; a file that cannot be read is a suite with one error.
#[must_use]
pub fn junit<'a>(results: impl IntoIterator<Item = (&'a Path, &'a Result<Report, TestError>)>) -> String {
    let results: Vec<_> = results.into_iter().collect();
    let reports = || results.iter().filter_map(|(_, result)| result.as_ref().ok());
    let tests: usize = reports().map(|report| report.cases.len()).sum();
    let failures: usize = reports().map(Report::failed).sum();
    let errors = results.len() - reports().count();
    let time: Duration = reports().map(took).sum();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites name=\"persona test\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{:.3}\">",
        tests + errors,
        time.as_secs_f64()
    );
    for (path, result) in results {
        match result {
            Ok(report) => suite(&mut xml, report),
            Err(error) => broken(&mut xml, path, error),
        }
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn took(report: &Report) -> Duration {
    report.cases.iter().map(|case| case.took).sum()
}

fn suite(xml: &mut String, report: &Report) {
    let name = escaped(&report.path.display().to_string());
    let time = took(report).as_secs_f64();
    let (tests, failures) = (report.cases.len(), report.failed());
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{}\" time=\"{time:.3}\">",
        report.cases.iter().filter(|case| case.is_right() && !case.skipped.is_empty()).count()
    );
    for case in &report.cases {
        let (case_name, time) = (escaped(&case.name), case.took.as_secs_f64());
        let _ = write!(xml, "    <testcase name=\"{case_name}\" classname=\"{name}\" line=\"{}\" time=\"{time:.3}\">", case.line);
        for failure in &case.failures {
            let message = format!("line {}: expected {}; found {}", failure.line, failure.expected, failure.found);
            let _ = write!(
                xml,
                "\n      <failure message=\"{}\" type=\"expectation\">{}</failure>",
                escaped(&message),
                escaped(&failure.step)
            );
        }
        // A case is skipped as a whole or not at all.
        if case.is_right()
            && let Some(skip) = case.skipped.first()
        {
            let _ = write!(xml, "\n      <skipped message=\"{}\"/>", escaped(&format!("line {}: {}", skip.line, skip.why)));
        }
        xml.push_str("\n    </testcase>\n");
    }
    xml.push_str("  </testsuite>\n");
}

fn broken(xml: &mut String, path: &Path, error: &TestError) {
    let (name, message) = (escaped(&path.display().to_string()), escaped(&error.to_string()));
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{name}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\" time=\"0.000\">\n    <testcase name=\"the \
         file\" classname=\"{name}\" time=\"0.000\">\n      <error message=\"{message}\" type=\"file\"/>\n    </testcase>\n  \
         </testsuite>"
    );
}

/// Text for XML 1.0, in an attribute or between tags; what XML has no way to write becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' | '\r' | '\t' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authoring::{CaseReport, Failure};

    #[test]
    fn what_is_special_to_xml_is_written_so_that_it_is_read_back() {
        let failure = Failure { line: 7, step: "Says(\"<&>\")".into(), expected: "it's \u{1}".into(), found: "a\nb".into() };
        let case = CaseReport { name: "a \"case\" & more".into(), line: 3, failures: vec![failure], ..CaseReport::default() };
        let report = Report { path: "x<y".into(), cases: vec![case] };
        let xml = junit([(Path::new("x<y"), &Ok(report))]);
        for part in [
            "tests=\"1\" failures=\"1\" errors=\"0\"",
            "name=\"x&lt;y\"",
            "name=\"a &quot;case&quot; &amp; more\"",
            "line 7: expected it&apos;s \u{FFFD}; found a&#10;b",
            ">Says(&quot;&lt;&amp;&gt;&quot;)</failure>",
        ] {
            assert!(xml.contains(part), "expected `{part}` in {xml}");
        }
    }
}
