//! From a mistake to a finding, and on from there.

use lapbelt_policy::origin::Origin;

use super::fault::{Fault, Mistake};
use super::host::Host;
use super::machine::{Frame, Machine, Step};
use super::value::Value;
use crate::diag::{Code, Diagnostic, Label};

impl Machine {
    /// A mistake at the current place, with the calls that led there.
    pub(super) fn fault(&self, mistake: Mistake, origin: Option<Origin>) -> Fault {
        let origin = origin.or(self.site);
        let mut diagnostic = Diagnostic::error(mistake.code, mistake.message, origin);
        diagnostic.help = mistake.help;
        let mut last = origin;
        for saved in self.frames.iter().rev() {
            let Some(site) = saved.site else { continue };
            let inside =
                |o: Origin| o.source == site.source && o.start >= site.start && o.end <= site.end;
            if last.is_some_and(inside) || diagnostic.labels.iter().any(|l| l.origin == site) {
                continue;
            }
            let message = match saved.frame {
                Frame::Forms { .. } => "imported here",
                _ => "called from here",
            };
            diagnostic.labels.push(Label {
                origin: site,
                message: message.into(),
            });
            last = Some(site);
            if diagnostic.labels.len() == 3 {
                break;
            }
        }
        match mistake.code {
            Code::Limit => Fault::Limit(Box::new(diagnostic)),
            _ => Fault::Form(Box::new(diagnostic)),
        }
    }

    /// Goes back to the nearest place that can live with a mistake: a `catch`, or the next form of
    /// the text.
    pub(super) fn recover(&mut self, diagnostic: Diagnostic, host: &mut dyn Host) -> Step {
        while let Some(saved) = self.frames.pop() {
            self.site = saved.site;
            self.context = saved.context;
            match saved.frame {
                Frame::Forms { base, .. } => {
                    self.values.truncate(base);
                    let go_on = host.report(diagnostic);
                    self.frames.push(saved);
                    return if go_on {
                        Step::Return(Value::Nil)
                    } else {
                        Step::Done
                    };
                }
                Frame::Catch { handler, base, env } => {
                    self.values.truncate(base);
                    return self.eval_cell(handler, env);
                }
                _ => {}
            }
        }
        host.report(diagnostic);
        Step::Done
    }
}
