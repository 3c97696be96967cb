//! What nodes say.

use lapbelt_blob::decode::{Blob, Node, NodeIndex, decode};
use lapbelt_blob::explain;
use lapbelt_blob::policy::compiled;
use lapbelt_policy::decide::Decider;
use lapbelt_policy::request::{Endpoint, Request, Transport, Value};
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{FilterId, OperationId};

use crate::WORLD;
use crate::build::{A, ALLOW, DENY, File, N, layout, program, subpath, text};

fn said(blob: &Blob) -> Vec<String> {
    let all = (0..).map(NodeIndex).take(blob.nodes.len());
    all.map(|index| explain::node(blob, index, &WORLD))
        .collect()
}

#[test]
fn each_kind_of_argument() {
    let layout = layout("macos-14");
    let mask = vec![1, 0, 2, 0, 0b1000_0010, 1];
    let address = vec![0x07, 0x01, 0xbb, 0x01];
    let literals = [
        subpath(layout, "/a"),
        program(layout, b"\x10\x0f\x40/\x0f\x0a"),
        text(layout, "HOME"),
        text(layout, "some.class"),
        mask,
        address,
        text(layout, "a-state"),
    ];
    let arguments = [
        (1, A::Literal(0)),
        (2, A::Literal(1)),
        (3, A::Literal(3)),
        (4, A::Value(1)),
        (4, A::Value(0xffff)),
        (4, A::Value(7)),
        (0x84, A::Literal(4)),
        (5, A::Value(0o644)),
        (6, A::Value(1)),
        (7, A::Literal(5)),
    ];
    let last = arguments.len() as u16;
    let mut nodes: Vec<N> = Vec::new();
    for (index, (filter, argument)) in arguments.into_iter().enumerate() {
        let next = index as u16 + 1;
        let next = if next == last { last + 1 } else { next };
        nodes.push(N::Filter(filter, argument, last, next));
    }
    nodes.extend([ALLOW, DENY]);
    let mut file = File::new(layout, &nodes, &literals);
    file.variables = vec![2];
    file.states = vec![6];
    let blob = decode(&file.bytes(), &WORLD).expect("a blob");
    assert_eq!(
        said(&blob),
        [
            "path subpath \"/a\"",
            "name prefix \"${HOME}/\"",
            "class \"some.class\"",
            "number one",
            "number minus",
            "number 7",
            "number one, 7, 8",
            "mode #o0644",
            "flag #t",
            "remote tcp \"localhost:443\"",
            "allow",
            "deny",
        ]
    );

    let compiled = compiled(&blob, &blob.profiles[0], &WORLD).expect("a policy");
    let variables: Vec<&str> = compiled.variables.values().map(String::as_str).collect();
    assert_eq!(variables, ["HOME"]);
    let decider = Decider::of(compiled.graph, &compiled.rules);
    let ask = |filter: u16, value: Value<'_>| {
        let request = Request::new(OperationId(1)).with(FilterId(filter), value);
        decider.decide(&request).action == Action::Allow
    };
    assert!(ask(1, Value::Text(b"/a/b")) && !ask(1, Value::Text(b"/ab")));
    assert!(ask(4, Value::Integer(8)) && ask(4, Value::Integer(-1)));
    assert!(!ask(4, Value::Integer(2)) && !ask(4, Value::Integer(0xffff)));
    assert!(ask(5, Value::Bits(0o666)) && !ask(5, Value::Bits(0o600)));
    let end = |port| {
        Value::Endpoint(Endpoint::Internet {
            v6: false,
            transport: Transport::Tcp,
            loopback: true,
            port,
        })
    };
    assert!(ask(7, end(443)) && !ask(7, end(80)));
}

#[test]
fn flags_and_inline_modifiers() {
    let layout = layout("macos-14");
    let literals = [text(layout, "why")];
    let nodes = [
        N::Terminal(4, [0; 4]),
        N::Terminal(1, [0; 4]),
        N::Terminal(0x180, [0; 4]),
        N::Terminal(0x81, [0; 4]),
        N::Terminal(0x80_0000, [1, 0, 9, 0]),
        N::TerminalWithLiteral(0x80_0005, 2, 0),
    ];
    let blob = decode(&File::new(layout, &nodes, &literals).bytes(), &WORLD).expect("a blob");
    assert_eq!(
        said(&blob),
        [
            "allow with report",
            "deny with no-report",
            "allow with backtrace",
            "deny with no-report with telemetry",
            "allow with send-signal 9",
            "deny with message \"why\"",
        ]
    );
}

#[test]
fn message_filters_decide_what_follows() {
    let layout = layout("macos-14");
    let nodes = [
        N::Terminal(0x80_0000, [19, 4, 0, 0]),
        N::Filter(4, A::Value(1), 3, 2),
        ALLOW,
        DENY,
    ];
    let mut file = File::new(layout, &nodes, &[]);
    file.policies = vec![1];
    let blob = decode(&file.bytes(), &WORLD).expect("a blob");
    assert_eq!(said(&blob)[0], "allow with message filter 0 on method");
    assert!(matches!(&blob.nodes[0], Node::Terminal(own) if own.message_filters.len() == 1));
    let compiled = compiled(&blob, &blob.profiles[0], &WORLD).expect("a policy");
    let decider = Decider::of(compiled.graph, &compiled.rules);
    let verdict = decider.decide(&Request::new(OperationId(1)));
    assert_eq!(verdict.action, Action::Allow);
    let messages = decider.messages(&verdict.source).expect("a message filter");
    let ask = |number| {
        let request = Request::new(OperationId(4)).with(FilterId(4), Value::Integer(number));
        messages.decide(&request).action
    };
    assert_eq!((ask(1), ask(2)), (Action::Deny, Action::Allow));
}
