//! The functions, filters and tests that an expression may use: what each is for, with an
//! example. Whoever offers or explains them reads it here.

use serde::Serialize;

/// A function, filter or test of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Builtin {
    /// Its name in an expression.
    pub(crate) name: &'static str,
    /// What it gives or says, as a fragment.
    pub(crate) help: &'static str,
    /// An expression with it.
    pub(crate) example: &'static str,
    /// What the example gives, as JSON.
    pub(crate) gives: &'static str,
}

const fn builtin(
    name: &'static str,
    help: &'static str,
    example: &'static str,
    gives: &'static str,
) -> Builtin {
    Builtin {
        name,
        help,
        example,
        gives,
    }
}

/// The functions that an expression may call.
pub(crate) const FUNCTIONS: &[Builtin] = &[
    builtin("dict", "a map of what is named", "dict(a=1)", r#"{"a":1}"#),
    builtin(
        "range",
        "numbers up to one, from 0 or from another",
        "range(3)",
        "[0,1,2]",
    ),
];

/// The filters: `x | name`.
pub(crate) const FILTERS: &[Builtin] = &[
    builtin("abs", "a number without its sign", "(-2) | abs", "2"),
    builtin(
        "attr",
        "what a map has under a key",
        "{'a': 1} | attr('a')",
        "1",
    ),
    builtin(
        "batch",
        "lists of so many items each",
        "[1, 2, 3] | batch(2)",
        "[[1,2],[3]]",
    ),
    builtin(
        "bool",
        "true or false, as a condition takes it",
        "'' | bool",
        "false",
    ),
    builtin(
        "capitalize",
        "a text with its first letter in upper case, the others in lower",
        "'hELLO' | capitalize",
        r#""Hello""#,
    ),
    builtin(
        "chain",
        "several lists as one",
        "[1] | chain([2, 3])",
        "[1,2,3]",
    ),
    builtin("count", "the same as `length`", "[1, 2] | count", "2"),
    builtin("d", "the same as `default`", "missing | d(0)", "0"),
    builtin(
        "default",
        "another value where this one is undefined; with `true` behind it, where it is empty too",
        "missing | default('none')",
        r#""none""#,
    ),
    builtin(
        "dictsort",
        "a map's pairs of key and value, sorted by key",
        "{'b': 1, 'a': 2} | dictsort",
        r#"[["a",2],["b",1]]"#,
    ),
    builtin("e", "the same as `escape`", "'a & b' | e", r#""a &amp; b""#),
    builtin(
        "escape",
        "a text with the signs of HTML written as entities",
        "'<b>' | escape",
        r#""&lt;b&gt;""#,
    ),
    builtin("first", "the first item or letter", "[1, 2] | first", "1"),
    builtin("float", "a number with a fraction", "'1.5' | float", "1.5"),
    builtin(
        "format",
        "values put into a printf text",
        "'%s: %d' | format('a', 1)",
        r#""a: 1""#,
    ),
    builtin(
        "groupby",
        "items in groups, by an attribute of theirs",
        "[{'k': 'a'}, {'k': 'b'}, {'k': 'a'}] | groupby('k') | length",
        "2",
    ),
    builtin(
        "indent",
        "a text whose lines after the first stand so many spaces further right",
        r"'a\nb' | indent(2)",
        r#""a\n  b""#,
    ),
    builtin("int", "a whole number", "'42' | int", "42"),
    builtin(
        "items",
        "a map's pairs of key and value",
        "{'a': 1} | items",
        r#"[["a",1]]"#,
    ),
    builtin(
        "join",
        "items as one text, with a text between them",
        "[1, 2] | join(', ')",
        r#""1, 2""#,
    ),
    builtin("last", "the last item or letter", "[1, 2] | last", "2"),
    builtin(
        "length",
        "how many items, keys or letters there are",
        "[1, 2] | length",
        "2",
    ),
    builtin("lines", "a text's lines", r"'a\nb' | lines", r#"["a","b"]"#),
    builtin(
        "list",
        "a list: of a map its keys, of a text its letters",
        "'ab' | list",
        r#"["a","b"]"#,
    ),
    builtin("lower", "a text in lower case", "'ABC' | lower", r#""abc""#),
    builtin(
        "map",
        "an attribute of each item, or what a filter makes of it",
        "[{'a': 1}, {'a': 2}] | map(attribute='a')",
        "[1,2]",
    ),
    builtin("max", "the largest item", "[1, 3, 2] | max", "3"),
    builtin("min", "the smallest item", "[1, 3, 2] | min", "1"),
    builtin(
        "pprint",
        "a value as a text that shows how it is made",
        "'a' | pprint",
        r#""'a'""#,
    ),
    builtin(
        "reject",
        "the items that a test does not hold for",
        "[1, 2, 3] | reject('odd')",
        "[2]",
    ),
    builtin(
        "rejectattr",
        "the items whose attribute a test does not hold for, or is false",
        "[{'a': 0}, {'a': 1}] | rejectattr('a')",
        r#"[{"a":0}]"#,
    ),
    builtin(
        "replace",
        "a text with a part of it replaced wherever it stands",
        "'a-b' | replace('-', '_')",
        r#""a_b""#,
    ),
    builtin(
        "reverse",
        "a list or a text from its end",
        "[1, 2] | reverse",
        "[2,1]",
    ),
    builtin(
        "round",
        "a number rounded, to so many digits behind the point",
        "2.345 | round(1)",
        "2.3",
    ),
    builtin(
        "safe",
        "a text that `escape` leaves as it is",
        "'<b>' | safe | escape",
        r#""<b>""#,
    ),
    builtin(
        "select",
        "the items that a test holds for",
        "[1, 2, 3] | select('odd')",
        "[1,3]",
    ),
    builtin(
        "selectattr",
        "the items whose attribute a test holds for, or is true",
        "[{'a': 0}, {'a': 1}] | selectattr('a')",
        r#"[{"a":1}]"#,
    ),
    builtin(
        "slice",
        "the items shared out to so many lists",
        "[1, 2, 3] | slice(2)",
        "[[1,2],[3]]",
    ),
    builtin(
        "sort",
        "items sorted; `reverse=true` and `attribute='a'` say how",
        "[3, 1, 2] | sort",
        "[1,2,3]",
    ),
    builtin(
        "split",
        "a text's parts between another one",
        "'a,b' | split(',')",
        r#"["a","b"]"#,
    ),
    builtin("string", "a text", "1 | string", r#""1""#),
    builtin("sum", "the items added up", "[1, 2] | sum", "3"),
    builtin(
        "title",
        "a text with each word's first letter in upper case",
        "'hello world' | title",
        r#""Hello World""#,
    ),
    builtin(
        "tojson",
        "a value written as JSON",
        "[1, 2] | tojson",
        r#""[1, 2]""#,
    ),
    builtin(
        "trim",
        "a text without white space at its ends",
        "' a ' | trim",
        r#""a""#,
    ),
    builtin(
        "unique",
        "the items, each once",
        "[1, 1, 2] | unique",
        "[1,2]",
    ),
    builtin("upper", "a text in upper case", "'abc' | upper", r#""ABC""#),
    builtin(
        "zip",
        "items of several lists, side by side",
        "[1, 2] | zip(['a', 'b'])",
        r#"[[1,"a"],[2,"b"]]"#,
    ),
];

/// The tests: `x is name`.
pub(crate) const TESTS: &[Builtin] = &[
    builtin("boolean", "it is true or false", "true is boolean", "true"),
    builtin(
        "defined",
        "there is such a value",
        "missing is defined",
        "false",
    ),
    builtin(
        "divisibleby",
        "a number divides it",
        "6 is divisibleby(3)",
        "true",
    ),
    builtin(
        "endingwith",
        "a text ends with another",
        "'a.csv' is endingwith('.csv')",
        "true",
    ),
    builtin(
        "eq",
        "the two are equal, as with `==`",
        "1 is eq(1)",
        "true",
    ),
    builtin("equalto", "the same as `eq`", "1 is equalto(2)", "false"),
    builtin(
        "escaped",
        "the same as `safe`",
        "('a' | escape) is escaped",
        "true",
    ),
    builtin("even", "a number is even", "2 is even", "true"),
    builtin("false", "it is false itself", "(1 == 2) is false", "true"),
    builtin(
        "filter",
        "there is a filter of that name",
        "'sort' is filter",
        "true",
    ),
    builtin(
        "float",
        "it is a number with a fraction",
        "1.5 is float",
        "true",
    ),
    builtin(
        "ge",
        "it is at least the other, as with `>=`",
        "2 is ge(2)",
        "true",
    ),
    builtin(
        "greaterthan",
        "the same as `gt`",
        "2 is greaterthan(1)",
        "true",
    ),
    builtin(
        "gt",
        "it is more than the other, as with `>`",
        "2 is gt(1)",
        "true",
    ),
    builtin(
        "in",
        "a list, map or text has it",
        "1 is in([1, 2])",
        "true",
    ),
    builtin("int", "the same as `integer`", "1 is int", "true"),
    builtin("integer", "it is a whole number", "1.5 is integer", "false"),
    builtin("iterable", "it has items", "[1] is iterable", "true"),
    builtin(
        "le",
        "it is at most the other, as with `<=`",
        "2 is le(2)",
        "true",
    ),
    builtin("lessthan", "the same as `lt`", "1 is lessthan(2)", "true"),
    builtin("lower", "a text is in lower case", "'abc' is lower", "true"),
    builtin(
        "lt",
        "it is less than the other, as with `<`",
        "1 is lt(2)",
        "true",
    ),
    builtin("mapping", "it is a map", "{'a': 1} is mapping", "true"),
    builtin("ne", "the two differ, as with `!=`", "1 is ne(2)", "true"),
    builtin("none", "it is null", "none is none", "true"),
    builtin("number", "it is a number", "1.5 is number", "true"),
    builtin("odd", "a number is odd", "3 is odd", "true"),
    builtin(
        "safe",
        "a text that `escape` leaves as it is",
        "('a' | safe) is safe",
        "true",
    ),
    builtin(
        "sameas",
        "it is the very same value",
        "true is sameas(true)",
        "true",
    ),
    builtin("sequence", "it is a list", "[1] is sequence", "true"),
    builtin(
        "startingwith",
        "a text begins with another",
        "'abc' is startingwith('ab')",
        "true",
    ),
    builtin("string", "it is a text", "'a' is string", "true"),
    builtin(
        "test",
        "there is a test of that name",
        "'odd' is test",
        "true",
    ),
    builtin("true", "it is true itself", "(1 == 1) is true", "true"),
    builtin(
        "undefined",
        "there is no such value",
        "missing is undefined",
        "true",
    ),
    builtin(
        "upper",
        "a text is in upper case",
        "'abc' is upper",
        "false",
    ),
];
