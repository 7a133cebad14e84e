//! Templates keep what changes in namespaces. One that held itself would have no end when it is written down, so they may not be
//! passed around: a namespace stands in `{% set name = namespace(...) %}`, and after that as `name.attribute` alone.

use std::collections::BTreeSet;

/// What is wrong with how a template uses namespaces, if anything is.
pub(super) fn fault(source: &str) -> Option<String> {
    let words = words(source);
    let at = |i: usize| words.get(i).copied().unwrap_or_default();
    let is_made = |i: usize| i >= 3 && at(i - 1) == "=" && at(i - 3) == "set" && at(i + 1) == "(";
    let makings = (0..words.len()).filter(|i| at(*i) == "namespace");
    let mut names = BTreeSet::new();
    for i in makings {
        // As an attribute, as an argument, or added to a text it is a name like any other.
        let is_added = ["+", "~"].contains(&at(i.wrapping_sub(1))) && at(i + 1) != "(";
        if at(i.wrapping_sub(1)) == "." || at(i + 1) == "=" || is_added {
            continue;
        }
        if !is_made(i) {
            return Some(format!("`set name = namespace(...)` expected, found it after `{}`", at(i.wrapping_sub(1))));
        }
        names.insert(at(i - 2));
    }
    let is_value = |i: usize| {
        let is_set = at(i.wrapping_sub(1)) == "set" && at(i + 1) == "=";
        let is_other = at(i.wrapping_sub(1)) == "." || (at(i + 1) == "=" && at(i + 2) != "=" && !is_set);
        names.contains(at(i)) && at(i + 1) != "." && !is_set && !is_other
    };
    let found = (0..words.len()).find(|i| is_value(*i))?;
    Some(format!("an attribute of namespace `{}` expected, found the whole of it", at(found)))
}

/// Names and signs of what is program in a template; an empty one stands between its parts, and for each text.
fn words(source: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = source;
    while let Some(open) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        let (start, after) = (&rest[open..open + 2], &rest[open + 2..]);
        let end = match start {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        words.push("");
        rest = if start == "{#" { after.split_once(end).map_or("", |(_, rest)| rest) } else { program(after, end, &mut words) };
    }
    words
}

/// Takes the words of a part of a program, up to its end; gives what follows.
fn program<'a>(source: &'a str, end: &str, words: &mut Vec<&'a str>) -> &'a str {
    let mut rest = source;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return rest };
        if let Some(after) = rest.strip_prefix(end) {
            return after;
        }
        let length = match first {
            '"' | '\'' => text(rest, first),
            _ if is_of_name(first) => rest.find(|c| !is_of_name(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        words.push(if matches!(first, '"' | '\'') { "" } else { &rest[..length] });
        rest = &rest[length..];
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Bytes of a text, its quotes among them.
fn text(source: &str, quote: char) -> usize {
    let mut letters = source.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            _ if letter == quote => return at + 1,
            _ => {}
        }
    }
    source.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_templates_do_is_sound() {
        for source in [
            "{%- set ns = namespace(a='', b=false) -%}{% set ns.a = ns.a ~ 'ns' %}{% if not ns.b and ns.a == 'x' %}{{ ns.a }}{% endif %}",
            "{# ns = namespace #}namespace {{ tool.namespace }} {{ f(namespace='x') }}",
            "{% set ns = namespace(x=1) %}{{ message.ns }} {{ f(ns='a') }} ns",
            "{{ 'ns' }}{% macro m(namespace='x') %}{{ 'a' + namespace + 'b' }}{% endmacro %}",
        ] {
            assert_eq!(fault(source), None, "{source}");
        }
    }

    #[test]
    fn a_namespace_that_is_passed_around_is_named() {
        for source in [
            "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}",
            "{% set ns = namespace() %}{{ ns }}",
            "{% set ns = namespace() %}{{ \"{{\" ~ ns }}",
            "{% set ns = namespace() %}{% for x in [ns] %}{% set ns.a = x %}{% endfor %}",
            "{% set ns = namespace() %}{{ m(ns) }}",
            "{% set ns = namespace() %}{{ m(a=ns) }}",
            "{% set f = namespace %}",
            "{{ 'a' ~ namespace() }}",
            "{% set a, b = namespace(), 1 %}",
            "{% set a = [namespace()] %}",
            "{% macro m(x=namespace()) %}{% endmacro %}",
            "{% set ns = namespace(a=namespace()) %}",
            "{% set ns = namespace() %}{{ ns == ns }}",
        ] {
            assert!(fault(source).is_some_and(|fault| fault.contains("namespace")), "{source}");
        }
    }

    #[test]
    fn any_text_is_taken() {
        for source in ["{{", "{%", "{#", "{{ 'a", "{{ '\\", "{% \u{e9} %}", "}}{{}}", "{{{{{%%}"] {
            fault(source);
        }
    }
}
