//! The report of a run as one page that opens without a network: no scripts, nothing from elsewhere, and every
//! text escaped.

use super::data::{Data, Problem};
use super::figures::{Figures, score_name};
use super::fit::Fit;
use super::importance::Importance;
use super::judge::{Judgement, Trust};
use super::settings::{Settings, parameters, shown};
use super::text::{count, file_name, thousands};
use crate::number::short;
use serde_json::{Map, Value as Json};
use std::fmt::Write;

/// What is on the page.
pub(super) struct Page<'a> {
    pub(super) title: &'a str,
    pub(super) problem: &'a Problem,
    pub(super) data: &'a Data,
    pub(super) settings: &'a Settings,
    pub(super) effective: &'a Map<String, Json>,
    pub(super) fit: &'a Fit,
    pub(super) judged: Option<&'a Judgement>,
    pub(super) needed: &'a [Importance],
    /// Pictures as SVG.
    pub(super) curve: &'a str,
    pub(super) boundary: Option<&'a str>,
}

/// Fits on paper, and in the dark.
const STYLE: &str = "\
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; margin: .5rem 0; }
th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #8886; }
th:first-child, td:first-child { text-align: left; }
figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; background: #fff; }
.scroll { overflow-x: auto; }";

/// Text as HTML shows it.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

/// A table; cells are text.
fn table(page: &mut String, caption: &str, head: &[String], rows: &[Vec<String>]) {
    // Writing to a string cannot fail.
    let _ = write!(page, "<div class=\"scroll\"><table><caption>{}</caption>", escaped(caption));
    if !head.is_empty() {
        let cells: String =
            head.iter().map(|cell| format!("<th scope=\"col\">{}</th>", escaped(cell))).collect();
        let _ = write!(page, "<thead><tr>{cells}</tr></thead>");
    }
    page.push_str("<tbody>");
    for row in rows {
        let cells = row.iter().enumerate().map(|(i, cell)| match i {
            0 => format!("<th scope=\"row\">{}</th>", escaped(cell)),
            _ => format!("<td>{}</td>", escaped(cell)),
        });
        let _ = write!(page, "<tr>{}</tr>", cells.collect::<String>());
    }
    page.push_str("</tbody></table></div>\n");
}

fn figure(page: &mut String, name: &str, svg: &str) {
    // What stands before the picture itself belongs to a file.
    let svg = svg.find("<svg").map_or("", |start| &svg[start..]);
    let _ = writeln!(page, "<figure role=\"img\" aria-label=\"{}\">{svg}</figure>", escaped(name));
}

fn texts<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// The page.
pub(super) fn page(of: &Page<'_>) -> String {
    let Page { title, problem, data, settings, effective, fit, judged, needed, curve, boundary } =
        of;
    let title = escaped(title);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>\n{STYLE}\n</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    let file = file_name(&problem.name);
    let _ = writeln!(
        page,
        "<p>{}: {}, {}. {}.</p>",
        escaped(&file),
        count(problem.rows, "row"),
        count(data.encoder.features().len(), "feature"),
        escaped(&problem.target.to_string())
    );
    let mut sizes = vec![data.train.inputs.cols];
    sizes.extend(&settings.layers);
    sizes.push(fit.network.outputs());
    let [training, validation, held_out] = data.rows();
    let _ = writeln!(
        page,
        "<p>Network {}, {}; {} to train on, {} to choose by, {} held out. Training {} after {}.</p>",
        shown(&sizes),
        count(parameters(&sizes), "parameter"),
        thousands(training),
        thousands(validation),
        thousands(held_out),
        fit.end.name(),
        count(fit.epochs.len(), "epoch")
    );

    page.push_str("<h2>Result</h2>\n");
    let row = |name: &str, figures: Option<Figures>| {
        let figures = figures?;
        Some(vec![name.to_owned(), format!("{:.4}", figures.loss), format!("{:.4}", figures.score)])
    };
    let rows: Vec<Vec<String>> = [
        row("training", fit.training),
        row("validation", fit.validation),
        row("held out", fit.held_out),
    ]
    .into_iter()
    .flatten()
    .collect();
    table(&mut page, "", &texts(["rows", "loss", score_name(data.task)]), &rows);
    if let Some(judged) = judged {
        judgement(&mut page, judged);
    }
    if !needed.is_empty() {
        page.push_str("<h2>What the model needs</h2>\n");
        let row = |one: &Importance| {
            vec![one.feature.clone(), format!("{:.4}", one.mean), format!("{:.4}", one.deviation)]
        };
        let rows: Vec<Vec<String>> = needed.iter().map(row).collect();
        let score = score_name(data.task);
        let caption = format!(
            "how much the held-out {score} falls when the feature's values are dealt out anew"
        );
        table(&mut page, &caption, &texts(["feature", "mean", "deviation"]), &rows);
    }
    page.push_str("<h2>Learning</h2>\n");
    figure(&mut page, "loss and score by epoch", curve);
    if let Some(boundary) = boundary {
        figure(&mut page, "what the model says of each point of the plane", boundary);
    }
    page.push_str("<h2>Settings</h2>\n");
    let value = |value: &Json| value.as_str().map_or(value.to_string(), str::to_owned);
    let rows: Vec<Vec<String>> =
        effective.iter().map(|(key, of)| vec![key.clone(), value(of)]).collect();
    table(&mut page, "", &[], &rows);
    let _ =
        write!(page, "<p>Made by gradling {}.</p>\n</body>\n</html>\n", env!("CARGO_PKG_VERSION"));
    page
}

fn judgement(page: &mut String, judged: &Judgement) {
    let figure = |x: f64| format!("{x:.4}");
    match judged {
        Judgement::Quantity { r2, rmse, mae } => {
            let unit = |x: f64| short(format!("{x:.3e}").parse().unwrap_or(x));
            let rows = [
                texts(["R²", &figure(*r2)]),
                texts(["root mean square error", &unit(*rmse)]),
                texts(["mean absolute error", &unit(*mae)]),
            ];
            table(page, "held out", &[], &rows);
        }
        Judgement::Classes(classes) => {
            let auc = classes.auc.map_or("–".to_owned(), figure);
            let rows = [
                texts(["accuracy", &figure(classes.accuracy)]),
                texts(["F1, mean over classes", &figure(classes.f1)]),
                texts(["ROC AUC", &auc]),
            ];
            table(page, "held out", &[], &rows);
            let mut head = vec!["true \\ predicted".to_owned()];
            head.extend(classes.labels.iter().cloned());
            let row = |(label, counts): (&String, &Vec<usize>)| {
                let mut row = vec![label.clone()];
                row.extend(counts.iter().map(|&count| thousands(count)));
                row
            };
            let rows: Vec<Vec<String>> =
                classes.labels.iter().zip(&classes.confusion).map(row).collect();
            table(page, "which class was taken for which", &head, &rows);
            trust(page, "probabilities", &classes.trust);
            if let Some(before) = &classes.before {
                trust(page, "probabilities before they were made to fit", before);
            }
        }
    }
}

fn trust(page: &mut String, name: &str, trust: &Trust) {
    let Trust { log_loss, brier, error, bins } = trust;
    let caption = format!(
        "{name}: log loss {log_loss:.4}, Brier score {brier:.4}, calibration error {error:.4}"
    );
    let row = |bin: &gradling_data::metrics::Bin| {
        vec![format!("{:.3}", bin.confidence), format!("{:.3}", bin.accuracy), thousands(bin.rows)]
    };
    let rows: Vec<Vec<String>> = bins.iter().map(row).collect();
    table(page, &caption, &texts(["said", "right", "rows"]), &rows);
}
