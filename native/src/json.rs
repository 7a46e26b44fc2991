//! The syntactic flattening of a JSON text into (JSON Pointer, text of the scalar) pairs.
//! Twin: `ledger/flatten.py`, which also words the errors; here a refusal is only a refusal.

use std::collections::HashSet;

pub const MAX_DEPTH: usize = 64;
pub const MAX_PAIRS: usize = 200_000;
pub const MAX_PATH_BYTES: usize = 2048;

/// Why a text was refused, and at which byte.
#[derive(Debug)]
pub struct Refused(pub &'static str, pub usize);

/// Walks `text` once and calls `emit(path, value)` for every scalar and every empty container, in order.
pub fn flatten(text: &[u8], root: &str, emit: &mut dyn FnMut(&str, &str)) -> Result<(), Refused> {
    let text = std::str::from_utf8(text).map_err(|e| Refused("not UTF-8", e.valid_up_to()))?;
    let mut walk = Walk {
        text,
        bytes: text.as_bytes(),
        at: 0,
        path: String::from(root),
        pairs: 0,
        emit,
    };
    walk.space();
    if walk.peek() != Some(b'{') {
        return Err(Refused("not a JSON object", walk.at));
    }
    walk.object(1)?;
    walk.space();
    if walk.at != text.len() {
        return Err(Refused("text after the JSON object", walk.at));
    }
    Ok(())
}

struct Walk<'t, 'e> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    path: String,
    pairs: usize,
    emit: &'e mut dyn FnMut(&str, &str),
}

/// Names met in one object: few are compared one by one, many through a set.
enum Names {
    Few(Vec<String>),
    Many(HashSet<String>),
}

impl Names {
    fn insert(&mut self, name: String) -> bool {
        match self {
            Names::Few(few) => {
                if few.contains(&name) {
                    return false;
                }
                few.push(name);
                if few.len() > 24 {
                    *self = Names::Many(few.drain(..).collect());
                }
                true
            }
            Names::Many(many) => many.insert(name),
        }
    }
}

impl<'t> Walk<'t, '_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn refuse<T>(&self, why: &'static str) -> Result<T, Refused> {
        Err(Refused(why, self.at))
    }

    fn pair(&mut self, value: &str) -> Result<(), Refused> {
        if self.pairs == MAX_PAIRS {
            return self.refuse("too many values");
        }
        self.pairs += 1;
        (self.emit)(&self.path, value);
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<(), Refused> {
        let text = self.text;
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => {
                self.string()?;
                self.pair(&text[start..self.at])
            }
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                self.pair(&text[start..self.at])
            }
            _ => self.refuse("no JSON value"),
        }
    }

    fn word(&mut self, word: &'static str) -> Result<(), Refused> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return self.refuse("no JSON value");
        }
        self.at += word.len();
        self.pair(word)
    }

    fn digits(&mut self) -> Result<(), Refused> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            return self.refuse("a digit is missing");
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Refused> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// Steps over a string; returns whether it holds an escape.
    fn string(&mut self) -> Result<bool, Refused> {
        self.at += 1;
        let mut escaped = false;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.at += 1;
                    match self.peek() {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                            self.at += 1
                        }
                        Some(b'u') => {
                            let digits = self.bytes.get(self.at + 1..self.at + 5);
                            if !digits.is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit)) {
                                return self.refuse("bad escape");
                            }
                            self.at += 5;
                        }
                        _ => return self.refuse("bad escape"),
                    }
                }
                Some(0x00..=0x1f) => return self.refuse("control character in a string"),
                Some(_) => self.at += 1,
                None => return self.refuse("string without end"),
            }
        }
    }

    /// Reads a member name and appends it to the path as a JSON Pointer token (RFC 6901 §3).
    fn name(&mut self, names: &mut Names) -> Result<(), Refused> {
        if self.peek() != Some(b'"') {
            return self.refuse("no member name");
        }
        let start = self.at;
        let escaped = self.string()?;
        let raw = &self.text[start + 1..self.at - 1];
        let name = if escaped {
            unescape(raw).ok_or(Refused("lone surrogate in a name", start))?
        } else {
            raw.to_owned()
        };
        self.path.push('/');
        if name.contains(['~', '/']) {
            self.path
                .push_str(&name.replace('~', "~0").replace('/', "~1"));
        } else {
            self.path.push_str(&name);
        }
        if self.path.len() > MAX_PATH_BYTES {
            return Err(Refused("path too long", start));
        }
        if !names.insert(name) {
            return Err(Refused("name given twice", start));
        }
        Ok(())
    }

    fn object(&mut self, depth: usize) -> Result<(), Refused> {
        if depth > MAX_DEPTH {
            return self.refuse("nested too deep");
        }
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return self.pair("{}");
        }
        let parent = self.path.len();
        let mut names = Names::Few(Vec::new());
        loop {
            self.name(&mut names)?;
            self.space();
            if self.peek() != Some(b':') {
                return self.refuse("no colon after a name");
            }
            self.at += 1;
            self.space();
            self.value(depth + 1)?;
            self.path.truncate(parent);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.refuse("no comma or end of the object"),
            }
            self.space();
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), Refused> {
        if depth > MAX_DEPTH {
            return self.refuse("nested too deep");
        }
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return self.pair("[]");
        }
        let parent = self.path.len();
        let mut index = 0usize;
        loop {
            self.path.push('/');
            push_decimal(&mut self.path, index);
            if self.path.len() > MAX_PATH_BYTES {
                return self.refuse("path too long");
            }
            self.value(depth + 1)?;
            self.path.truncate(parent);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.refuse("no comma or end of the array"),
            }
            self.space();
            index += 1;
        }
    }
}

fn push_decimal(path: &mut String, mut number: usize) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    path.extend(digits[at..].iter().map(|&digit| digit as char));
}

/// The text of a checked JSON string; None where a surrogate stands alone.
fn unescape(raw: &str) -> Option<String> {
    let bytes = raw.as_bytes();
    let unit = |at: usize| u32::from_str_radix(raw.get(at..at + 4)?, 16).ok();
    let mut out = String::with_capacity(raw.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            let end = raw[at..].find('\\').map_or(raw.len(), |n| at + n);
            out.push_str(&raw[at..end]);
            at = end;
            continue;
        }
        let kind = bytes[at + 1];
        at += 2;
        out.push(match kind {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut code = unit(at)?;
                at += 4;
                if (0xd800..0xdc00).contains(&code) && raw[at..].starts_with("\\u") {
                    let low = unit(at + 2)?;
                    if !(0xdc00..0xe000).contains(&low) {
                        return None;
                    }
                    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                    at += 6;
                }
                char::from_u32(code)?
            }
            other => other as char,
        });
    }
    Some(out)
}
