//! Which known word was meant by an unknown one.

/// "did you mean `…`?", where one of `known` is near enough to `word`.
pub(crate) fn did_you_mean<'k>(
    word: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<String> {
    nearest(word, known).map(|known| format!("did you mean `{known}`?"))
}

/// The one of `known` that is nearest to `word`, if near enough to be meant.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let length = word.chars().count();
    if length > 2 * crate::LONGEST_NAME {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let wanted = plain(word);
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&wanted, &plain(known)), known))
        .filter(|&(distance, known)| {
            let longest = length.max(known.chars().count());
            let few_letters = distance <= (longest / 3).clamp(1, 3);
            let same_start = length > 3 && strsim::jaro_winkler(&wanted, &plain(known)) > 0.86;
            (few_letters || same_start) && distance < known.chars().count()
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, known)| known)
}

/// Words as a list for people: `a`, `b` or `c`.
pub(crate) fn one_of<'k>(words: impl IntoIterator<Item = &'k str>, last: &str) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_meant() {
        for (word, expected) in [
            ("retry", Some("retries")),
            ("Retries", Some("retries")),
            ("retires", Some("retries")),
            ("time-out", Some("timeout")),
            ("for-each", Some("for_each")),
            ("need", Some("needs")),
            ("xyz", None),
            ("", None),
        ] {
            let known = ["retries", "timeout", "for_each", "needs", "env"];
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
