//! Characters that make text look other than it is.

/// Whether a character is a control, turns the direction of writing, ends a line where no editor
/// may, or has no width (Unicode, general categories Cc, Zl, Zp and most of Cf).
pub fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
