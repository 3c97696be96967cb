use super::*;

fn doc() -> Doc {
    let cell = |value: u8| Cell {
        shade: Some(f64::from(value) / 255.0),
        says: format!("{value:#04x}"),
    };
    let row = |name: &str, values: &[u8]| {
        let mut cells: Vec<Cell> = values.iter().map(|value| cell(*value)).collect();
        cells[1].shade = None;
        (name.to_string(), cells)
    };
    let grid = Grid {
        x: "node <n>".to_string(),
        first: 0,
        columns: (0..4).map(|index| format!("node {index}")).collect(),
        rows: vec![row("0 tag", &[0, 0, 1, 1]), row("a & b", &[255, 3, 7, 9])],
        scale: ("zero".to_string(), "0xff".to_string()),
    };
    let series = |name: &str, values: &[f64]| Series {
        name: name.to_string(),
        values: values.to_vec(),
    };
    let curves = Curves {
        x: "rank".to_string(),
        y: "score".to_string(),
        series: vec![
            series("one", &[0.9, 0.5, 0.25]),
            series("<two>", &[0.8, f64::NAN, 0.1]),
        ],
    };
    let cells = |cells: [&str; 3]| cells.map(str::to_string).to_vec();
    Doc {
        title: "What & <why>".to_string(),
        blocks: vec![
            Block::Heading(Level::Section, "First *one*".to_string()),
            Block::Paragraph("Some <b>words</b> | with a_b and `ticks`.".to_string()),
            Block::Verbatim("let x = `1` < 2;\n```\nend".to_string()),
            Block::Heading(Level::Section, "Second".to_string()),
            Block::Table(Table {
                columns: vec![
                    ("name".to_string(), Align::Left),
                    ("count".to_string(), Align::Right),
                    ("bytes".to_string(), Align::Code),
                ],
                rows: vec![
                    cells(["a|b", "7", "00|0a"]),
                    cells(["<script>", "12", "</td>"]),
                ],
            }),
            Block::Folded {
                label: "More \"here\"".to_string(),
                blocks: vec![
                    Block::Figure(Figure {
                        caption: "A region & its bytes".to_string(),
                        plot: Plot::Grid(grid),
                    }),
                    Block::Heading(Level::Part, "A part".to_string()),
                    Block::Figure(Figure {
                        caption: "Scores".to_string(),
                        plot: Plot::Curves(curves),
                    }),
                ],
            },
        ],
    }
}

#[test]
fn as_text() {
    insta::assert_snapshot!(text(&doc()));
}

#[test]
fn as_markdown() {
    insta::assert_snapshot!(markdown(&doc()));
}

#[test]
fn as_a_page() {
    let page = html(&doc());
    let start = page.find("<body>").expect("a body");
    insta::assert_snapshot!(&page[start..]);
}

#[test]
fn nothing_of_a_document_is_mark_up() {
    let page = html(&doc());
    for wrong in ["<script", "<b>", "<why>", "<two>", "</td></td>", "NaN"] {
        assert!(!page.contains(wrong), "{wrong}");
    }
    // Each element that is opened is closed.
    for element in [
        "main", "section", "table", "tr", "td", "figure", "svg", "details", "title", "text",
    ] {
        let count = |what: &str| page.matches(what).count();
        let opened = count(&format!("<{element}>")) + count(&format!("<{element} "));
        assert_eq!(opened, count(&format!("</{element}>")), "{element}");
    }
}

#[test]
fn figures_of_any_numbers_are_drawn() {
    for values in [
        &[1e308, -1e308][..],
        &[1e308],
        &[0.0],
        &[-3.0, -3.0],
        &[f64::INFINITY],
    ] {
        let mut any = doc();
        any.blocks = vec![Block::Figure(Figure {
            caption: String::new(),
            plot: Plot::Curves(Curves {
                x: "rank".to_string(),
                y: "score".to_string(),
                series: vec![Series {
                    name: String::new(),
                    values: values.to_vec(),
                }],
            }),
        })];
        let page = html(&any);
        assert!(!page.contains("NaN") && page.len() < 20_000, "{values:?}");
        assert!(text(&any).len() < 2_000, "{values:?}");
    }
}

#[test]
fn figures_without_numbers_are_drawn_empty() {
    let empty = Doc {
        title: String::new(),
        blocks: vec![
            Block::Figure(Figure {
                caption: String::new(),
                plot: Plot::Curves(Curves {
                    x: String::new(),
                    y: String::new(),
                    series: Vec::new(),
                }),
            }),
            Block::Figure(Figure {
                caption: String::new(),
                plot: Plot::Grid(Grid {
                    x: String::new(),
                    first: 0,
                    columns: Vec::new(),
                    rows: Vec::new(),
                    scale: (String::new(), String::new()),
                }),
            }),
        ],
    };
    for page in [html(&empty), markdown(&empty), text(&empty)] {
        assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
    }
}
