//! Which argument of the watched routine is what.

use std::fmt;
use std::str::FromStr;

/// An argument that is passed in a register, by its number from 0, as the system's C calling
/// convention has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument(u8);

impl Argument {
    /// Its number, below [`REGISTERS`].
    pub fn number(self) -> usize {
        self.0.into()
    }
}

/// Which arguments are which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// The buffer that is written to.
    pub buf: Argument,
    /// The offset in it.
    pub cursor: Argument,
    /// The address of the bytes.
    pub src: Argument,
    /// How many there are.
    pub len: Argument,
}

/// How many arguments go in registers on all machines that can be traced.
pub const REGISTERS: usize = 6;

/// What is wrong with a text of arguments.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentsError {
    /// Of all of them.
    #[error("`{0}`: expected buf=argN,cursor=argN,src=argN,len=argN with each N from 0 to 5")]
    All(String),
    /// Of one.
    #[error("`{0}`: expected one of arg0 to arg5")]
    One(String),
}

impl FromStr for Argument {
    type Err = ArgumentsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_prefix("arg").and_then(|text| text.parse().ok());
        let number = number.filter(|number| usize::from(*number) < REGISTERS);
        number
            .map(Self)
            .ok_or_else(|| ArgumentsError::One(text.to_string()))
    }
}

impl fmt::Display for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [buf, cursor, src, len] = [self.buf, self.cursor, self.src, self.len].map(|one| one.0);
        write!(
            f,
            "buf=arg{buf},cursor=arg{cursor},src=arg{src},len=arg{len}"
        )
    }
}

impl FromStr for Arguments {
    type Err = ArgumentsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ArgumentsError::All(text.to_string());
        let mut found = [None; 4];
        for part in text.split(',') {
            let (name, argument) = part.split_once('=').ok_or_else(wrong)?;
            let names = ["buf", "cursor", "src", "len"];
            let at = names.iter().position(|own| *own == name);
            let slot = &mut found[at.ok_or_else(wrong)?];
            if slot
                .replace(argument.parse().map_err(|_| wrong())?)
                .is_some()
            {
                return Err(wrong());
            }
        }
        match found {
            [Some(buf), Some(cursor), Some(src), Some(len)] => Ok(Self {
                buf,
                cursor,
                src,
                len,
            }),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_argument_is_named_once() {
        let text = "buf=arg0,cursor=arg1,src=arg2,len=arg5";
        let read: Arguments = text.parse().expect("arguments");
        let all = [read.buf, read.cursor, read.src, read.len];
        assert_eq!(all.map(Argument::number), [0, 1, 2, 5]);
        assert_eq!(read.to_string(), text);
        for wrong in [
            "",
            "buf=arg0,cursor=arg1,src=arg2",
            "buf=arg0,buf=arg1,src=arg2,len=arg3",
            "buf=arg0,cursor=arg1,src=arg2,len=arg6",
            "buf=0,cursor=arg1,src=arg2,len=arg3",
        ] {
            assert!(wrong.parse::<Arguments>().is_err(), "{wrong}");
        }
        for wrong in ["", "arg", "arg6", "arg-1", "2"] {
            assert!(wrong.parse::<Argument>().is_err(), "{wrong}");
        }
    }
}
