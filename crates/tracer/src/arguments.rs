//! Which argument of the watched routine is what.

use std::str::FromStr;

/// Arguments that are passed in registers, by their number from 0, as the system's C calling
/// convention has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// The buffer that is written to.
    pub buf: usize,
    /// The offset in it.
    pub cursor: usize,
    /// The address of the bytes.
    pub src: usize,
    /// How many there are.
    pub len: usize,
}

/// How many arguments go in registers on all machines that can be traced.
pub const REGISTERS: usize = 6;

/// What is wrong with a text of arguments.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}`: expected buf=argN,cursor=argN,src=argN,len=argN with each N from 0 to 5")]
pub struct ArgumentsError(String);

impl FromStr for Arguments {
    type Err = ArgumentsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ArgumentsError(text.to_string());
        let mut found = [None; 4];
        for part in text.split(',') {
            let (name, number) = part.split_once("=arg").ok_or_else(wrong)?;
            let names = ["buf", "cursor", "src", "len"];
            let at = names.iter().position(|own| *own == name);
            let number = number.parse().ok().filter(|number| *number < REGISTERS);
            let slot = &mut found[at.ok_or_else(wrong)?];
            if slot.replace(number.ok_or_else(wrong)?).is_some() {
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
        let read = "buf=arg0,cursor=arg1,src=arg2,len=arg5".parse();
        let expected = Arguments {
            buf: 0,
            cursor: 1,
            src: 2,
            len: 5,
        };
        assert_eq!(read, Ok(expected));
        for wrong in [
            "",
            "buf=arg0,cursor=arg1,src=arg2",
            "buf=arg0,buf=arg1,src=arg2,len=arg3",
            "buf=arg0,cursor=arg1,src=arg2,len=arg6",
            "buf=0,cursor=arg1,src=arg2,len=arg3",
        ] {
            assert!(wrong.parse::<Arguments>().is_err(), "{wrong}");
        }
    }
}
