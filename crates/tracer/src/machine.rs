//! What is done with a thread that stopped: break, step over, arm again, forward. No system calls.

/// One of the watched places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// The routine that writes.
    Write,
    /// The routine that ends writing to a buffer.
    Immutable,
}

/// Why a thread stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It is about to run the first instruction of a watched routine.
    Break(Point),
    /// It has run one instruction.
    Step,
    /// What it runs has caused a signal.
    Fault(i32),
    /// A signal has come from outside.
    Signal(i32),
}

/// A change to a breakpoint, or to where the thread stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Let this thread run the first instruction behind the breakpoint.
    Lift(Point),
    /// Undo that after the instruction.
    Restore(Point),
    /// Undo that where the instruction has not been run.
    Cancel(Point),
}

/// How a thread goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// For one instruction.
    Step,
    /// Until it stops again, with a signal if there is one for it.
    Continue(Option<i32>),
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// Undo for the point that was stepped over.
    pub undo: Option<Change>,
    /// Record a call.
    pub record: Option<Point>,
    /// Make way for a step, after what was to be undone.
    pub lift: Option<Change>,
    /// Signals that came while the thread stepped, to be sent to it again.
    pub resend: Vec<i32>,
    /// Then go on.
    pub resume: Resume,
}

/// What is known of one thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    stepping: Option<Point>,
    /// Signals that came during a step. They wait, for their handlers must not be run with the
    /// breakpoint lifted.
    held: Vec<i32>,
}

/// How often what happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Breakpoints of the writing routine.
    pub breaks: u64,
    /// Breakpoints of the routine that ends writing.
    pub immutable: u64,
    /// Steps over either.
    pub steps: u64,
    /// Signals that were passed on.
    pub forwarded: u64,
}

/// A thread that has stopped, in the hands of the system's tracer: all that a tracer of one system
/// must be able to do.
pub(crate) trait Halted {
    /// What can fail.
    type Error;

    /// Records the call that the thread is about to make.
    fn record(&mut self, point: Point) -> Result<(), Self::Error>;
    /// Changes a breakpoint for this thread.
    fn change(&mut self, change: Change) -> Result<(), Self::Error>;
    /// Sends it a signal once more.
    fn resend(&mut self, signal: i32) -> Result<(), Self::Error>;
    /// Lets it go on; the last that is done.
    fn resume(&mut self, resume: Resume) -> Result<(), Self::Error>;
}

/// Does what is to be done with a thread that stopped.
pub(crate) fn obey<H: Halted>(next: Next, halted: &mut H) -> Result<(), H::Error> {
    if let Some(point) = next.record {
        halted.record(point)?;
    }
    for change in next.undo.into_iter().chain(next.lift) {
        halted.change(change)?;
    }
    for signal in next.resend {
        halted.resend(signal)?;
    }
    halted.resume(next.resume)
}

impl Thread {
    /// Takes note of a stop and says what to do.
    pub fn stopped(&mut self, stop: Stop, counts: &mut Counts) -> Next {
        match (stop, self.stepping.take()) {
            (Stop::Break(point), stepping) => {
                match point {
                    Point::Write => counts.breaks += 1,
                    Point::Immutable => counts.immutable += 1,
                }
                counts.steps += u64::from(stepping.is_some());
                self.stepping = Some(point);
                Next {
                    undo: stepping.map(Change::Restore),
                    record: Some(point),
                    lift: Some(Change::Lift(point)),
                    resend: Vec::new(),
                    resume: Resume::Step,
                }
            }
            (Stop::Step, Some(point)) => {
                counts.steps += 1;
                self.after(Change::Restore(point), None, counts)
            }
            // The instruction itself failed: the handler must find the thread before it.
            (Stop::Fault(signal), Some(point)) => {
                self.after(Change::Cancel(point), Some(signal), counts)
            }
            (Stop::Signal(signal), Some(point)) => {
                self.held.push(signal);
                self.stepping = Some(point);
                Next {
                    undo: None,
                    record: None,
                    lift: None,
                    resend: Vec::new(),
                    resume: Resume::Step,
                }
            }
            // A step that was not ours is the program's own.
            (Stop::Step, None) => forward(TRAP, counts),
            (Stop::Fault(signal) | Stop::Signal(signal), None) => forward(signal, counts),
        }
    }

    /// Whether it was let run one instruction.
    pub fn is_stepping(&self) -> bool {
        self.stepping.is_some()
    }

    fn after(&mut self, undo: Change, signal: Option<i32>, counts: &mut Counts) -> Next {
        let resend = std::mem::take(&mut self.held);
        counts.forwarded += u64::from(signal.is_some());
        // Those that are sent again come by once more, and count then.
        Next {
            undo: Some(undo),
            record: None,
            lift: None,
            resend,
            resume: Resume::Continue(signal),
        }
    }
}

/// `SIGTRAP`, on all systems that have it.
const TRAP: i32 = 5;

fn forward(signal: i32, counts: &mut Counts) -> Next {
    counts.forwarded += 1;
    Next {
        undo: None,
        record: None,
        lift: None,
        resend: Vec::new(),
        resume: Resume::Continue(Some(signal)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(stops: &[Stop]) -> (Vec<Next>, Counts) {
        let (mut thread, mut counts) = (Thread::default(), Counts::default());
        let next = stops.iter().map(|stop| thread.stopped(*stop, &mut counts));
        (next.collect(), counts)
    }

    #[test]
    fn a_hit_is_recorded_stepped_over_and_armed_again() {
        let (next, counts) = run(&[Stop::Break(Point::Write), Stop::Step]);
        assert_eq!(next[0].record, Some(Point::Write));
        assert_eq!(next[0].lift, Some(Change::Lift(Point::Write)));
        assert_eq!(next[0].resume, Resume::Step);
        assert_eq!(next[1].undo, Some(Change::Restore(Point::Write)));
        assert_eq!(next[1].record, None);
        assert_eq!(next[1].resume, Resume::Continue(None));
        assert_eq!((counts.breaks, counts.steps, counts.forwarded), (1, 1, 0));
    }

    #[test]
    fn a_signal_during_a_step_waits_for_its_end() {
        let (next, _) = run(&[Stop::Break(Point::Write), Stop::Signal(10), Stop::Step]);
        assert_eq!(next[1].resume, Resume::Step);
        assert_eq!(next[2].resend, [10]);
        assert_eq!(next[2].resume, Resume::Continue(None));
    }

    #[test]
    fn an_instruction_that_faults_has_not_been_run() {
        let (next, counts) = run(&[Stop::Break(Point::Write), Stop::Fault(11)]);
        assert_eq!(next[1].undo, Some(Change::Cancel(Point::Write)));
        assert_eq!(next[1].resume, Resume::Continue(Some(11)));
        assert_eq!((counts.steps, counts.forwarded), (0, 1));
    }

    #[test]
    fn what_is_not_ours_is_forwarded() {
        let (next, counts) = run(&[Stop::Signal(15), Stop::Step]);
        assert_eq!(next[0].resume, Resume::Continue(Some(15)));
        assert_eq!(next[1].resume, Resume::Continue(Some(TRAP)));
        assert_eq!(counts.forwarded, 2);
    }

    /// Writes down what it is told.
    #[derive(Default)]
    struct Told(Vec<String>);

    impl Halted for Told {
        type Error = ();

        fn record(&mut self, point: Point) -> Result<(), ()> {
            self.0.push(format!("record {point:?}"));
            Ok(())
        }

        fn change(&mut self, change: Change) -> Result<(), ()> {
            self.0.push(format!("{change:?}"));
            Ok(())
        }

        fn resend(&mut self, signal: i32) -> Result<(), ()> {
            self.0.push(format!("resend {signal}"));
            Ok(())
        }

        fn resume(&mut self, resume: Resume) -> Result<(), ()> {
            self.0.push(format!("{resume:?}"));
            Ok(())
        }
    }

    #[test]
    fn what_is_undone_comes_before_what_is_lifted() {
        let stops = [
            Stop::Break(Point::Write),
            Stop::Signal(10),
            // The instruction leads to the other routine.
            Stop::Break(Point::Immutable),
            Stop::Step,
        ];
        let mut told = Told::default();
        for next in run(&stops).0 {
            obey(next, &mut told).expect("nothing fails");
        }
        let expected = [
            "record Write",
            "Lift(Write)",
            "Step",
            "Step",
            "record Immutable",
            "Restore(Write)",
            "Lift(Immutable)",
            "Step",
            "Restore(Immutable)",
            "resend 10",
            "Continue(None)",
        ];
        assert_eq!(told.0, expected);
    }

    proptest! {
        /// Whatever stops come: what is lifted is undone before anything else is lifted, and each
        /// break is recorded once.
        #[test]
        fn lifts_and_undoings_alternate(stops in prop::collection::vec(stop(), 0..40)) {
            let (next, counts) = run(&stops);
            let mut lifted = None;
            for one in &next {
                match one.undo {
                    Some(Change::Restore(point) | Change::Cancel(point)) => {
                        prop_assert_eq!(lifted.take(), Some(point));
                    }
                    Some(Change::Lift(_)) => prop_assert!(false),
                    None => {}
                }
                if let Some(Change::Lift(point)) = one.lift {
                    prop_assert_eq!(lifted.replace(point), None);
                }
                prop_assert_eq!(lifted.is_some(), one.resume == Resume::Step);
            }
            let recorded = next.iter().filter(|one| one.record.is_some()).count() as u64;
            prop_assert_eq!(recorded, counts.breaks + counts.immutable);
        }
    }

    fn stop() -> impl Strategy<Value = Stop> {
        let point = prop_oneof![Just(Point::Write), Just(Point::Immutable)];
        prop_oneof![
            point.prop_map(Stop::Break),
            Just(Stop::Step),
            Just(Stop::Fault(11)),
            Just(Stop::Signal(10)),
        ]
    }
}
