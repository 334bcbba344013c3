//! The data of a session: a table, what the network sees of each row, and which rows are held out.

use super::Wrong;
use super::features::{self, Feature};
use super::net;
use super::settings::{Data, MOST_CLASSES, Set, Settings};
use gradling::{Rng, scope};
use gradling_data::{
    Code, Column, Encoder, Table, Target, TargetCode, Targets, Task, Values, generate, split,
};

/// The stream of a seed that the sets made here draw from.
const STREAM: u64 = 6;

/// A task with its data.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The data as a table: features, then the target.
    pub table: Table,
    /// What the table knows of its columns, from the rows that are learned from.
    pub encoder: Encoder,
    /// Why the task is what it is.
    pub reason: String,
    /// The task.
    pub task: Task,
    /// Names of the classes.
    pub labels: Vec<String>,
    /// The colour of each class.
    pub palette: Vec<usize>,
    /// Names of the inputs that there are to choose from, as (name, title).
    pub choices: Vec<(String, String)>,
    /// Names of the inputs of the network.
    pub inputs: Vec<String>,
    /// Names of the two axes.
    pub axes: [String; 2],
    /// The columns that may be axes.
    pub numeric: Vec<String>,
    /// All columns of a table.
    pub columns: Vec<String>,
    /// Left, bottom, right, top.
    pub view: [f64; 4],
    /// Every row on the axes.
    pub points: Vec<[f64; 2]>,
    /// Every row's class or quantity, in the unit that the network learns.
    pub truth: Vec<f64>,
    /// The rows to learn from.
    pub train: Part,
    /// The rows to judge by.
    pub held: Part,
    see: See,
}

/// Some rows, as the network takes them.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Their numbers in the table.
    pub rows: Vec<usize>,
    /// Their inputs, row by row.
    pub x: Vec<f32>,
    /// Their targets, row by row: see [`net::targets`].
    pub y: Vec<f32>,
}

/// What the network sees of a point on the axes.
#[derive(Clone, Debug)]
enum See {
    Plane(Vec<Feature>),
    /// Scores of the columns: those of the mean row, and where the axes stand among them.
    Columns {
        mean: Vec<f64>,
        axes: [Option<(usize, f64, f64)>; 2],
    },
}

impl Problem {
    /// Makes the data that the settings describe.
    ///
    /// # Errors
    /// Settings, a function or a table that are wrong, with the place.
    pub fn new(settings: &Settings) -> Result<Problem, Wrong> {
        let data = &settings.data;
        match data.set {
            Set::Table => Problem::of_table(settings),
            _ => Problem::of_plane(settings, &plane(data)?),
        }
    }

    /// A set of the plane: columns x1, x2, and the target.
    fn of_plane(settings: &Settings, plane: &Plane) -> Result<Problem, Wrong> {
        let data = &settings.data;
        let chosen = choose_features(&settings.net.features)?;
        let name = if plane.regression { "y" } else { "label" };
        let mut columns: Vec<Column> = chosen
            .iter()
            .map(|feature| {
                let of = |&[x, y]: &[f64; 2]| (feature.of)(x, y);
                Column::numbers(feature.name, plane.points.iter().map(of).collect())
            })
            .collect();
        columns.push(Column::numbers(name, plane.truth.clone()));
        let table = Table::new("data", columns)?;
        let target = if plane.regression {
            Target::regression(&table, name)?
        } else {
            Target::classification(&table, name)
                .map_err(|_| "all points are of one class: add points of another")?
        };
        let parts = split(&table, &target, data.held, data.seed)?;
        let encoder = Encoder::fit(&table, &parts.train, &target)?;
        let labels = target.labels().map(|labels| labels.names()).unwrap_or_default();
        let palette = labels.iter().map(|label| label.parse().unwrap_or(0)).collect();
        let classes: Vec<f64> = match encoder.encode_targets(&table, &table.row_ids())? {
            Targets::Classes(classes) => classes.into_iter().map(|class| class as f64).collect(),
            Targets::Numbers(_) => plane.truth.clone(),
        };
        let choices = features::ALL.iter().map(|f| (f.name.to_owned(), f.title.to_owned()));
        let mut problem = Problem {
            reason: target.to_string(),
            task: target.task(),
            labels,
            palette,
            choices: choices.collect(),
            inputs: chosen.iter().map(|feature| feature.title.to_owned()).collect(),
            axes: ["x₁".to_owned(), "x₂".to_owned()],
            numeric: Vec::new(),
            columns: Vec::new(),
            view: plane.view,
            points: plane.points.clone(),
            truth: classes,
            train: Part::default(),
            held: Part::default(),
            see: See::Plane(chosen),
            table,
            encoder,
        };
        let inputs: Vec<Vec<f64>> =
            problem.points.iter().map(|&[x, y]| problem.see(x, y)).collect();
        problem.train = problem.part(&parts.train, &inputs);
        problem.held = problem.part(&parts.held_out, &inputs);
        Ok(problem)
    }

    /// A table of the user's own.
    fn of_table(settings: &Settings) -> Result<Problem, Wrong> {
        let data = &settings.data;
        if data.csv.trim().is_empty() {
            return Err("there is no table yet: choose a CSV file, or paste one".into());
        }
        let table = Table::read(data.name.as_str(), data.csv.as_bytes())?;
        if table.rows() > super::settings::MOST_ROWS {
            let (rows, most) = (table.rows(), super::settings::MOST_ROWS);
            return Err(format!("{}: has {rows} rows; at most {most} fit here", data.name).into());
        }
        let columns: Vec<String> = table.columns().iter().map(|c| c.name().to_owned()).collect();
        let target = match data.target.as_str() {
            "" => columns.last().cloned().unwrap_or_default(),
            name => name.to_owned(),
        };
        let target = Target::infer(&table, &target)?;
        if let Task::Classes(count) = target.task()
            && count > MOST_CLASSES
        {
            let column = target.column();
            return Err(format!(
                "{}: column {column:?} has {count} classes; at most {MOST_CLASSES} can be told apart here",
                data.name
            )
            .into());
        }
        let parts = split(&table, &target, data.held, data.seed)?;
        let encoder = Encoder::fit(&table, &parts.train, &target)?;
        let all = encoder.inputs();
        let chosen = if settings.net.features.is_empty() {
            (0..all.len()).collect::<Vec<usize>>()
        } else {
            let place = |name: &String| {
                all.iter().position(|input| input == name).ok_or_else(|| {
                    Wrong(format!("{}: there is no input {name:?}; choose again", data.name))
                })
            };
            settings.net.features.iter().map(place).collect::<Result<_, _>>()?
        };
        let numeric: Vec<String> = table
            .columns()
            .iter()
            .filter(|c| c.name() != target.column() && matches!(c.values(), Values::Numbers(_)))
            .map(|c| c.name().to_owned())
            .collect();
        let axis = |k: usize| -> Result<String, Wrong> {
            let wanted = data.axes[k].as_str();
            if wanted.is_empty() {
                return Ok(numeric.get(k).or(numeric.first()).cloned().unwrap_or_default());
            }
            table.column(wanted)?;
            numeric.iter().find(|name| *name == wanted).cloned().ok_or_else(|| {
                Wrong(format!(
                    "{}: column {wanted:?} is no feature of numbers, so it cannot be an axis",
                    data.name
                ))
            })
        };
        if numeric.is_empty() {
            return Err(format!("{}: has no feature column of numbers to draw", data.name).into());
        }
        let axes = [axis(0)?, axis(1)?];
        let numbers = |name: &str| -> Vec<f64> {
            match table.column(name).map(Column::values) {
                Ok(Values::Numbers(numbers)) => numbers.clone(),
                _ => Vec::new(),
            }
        };
        let (xs, ys) = (numbers(&axes[0]), numbers(&axes[1]));
        let points: Vec<[f64; 2]> = xs.iter().zip(&ys).map(|(&x, &y)| [x, y]).collect();
        let rows = table.row_ids();
        let matrix = encoder.encode_features(&table, &rows)?.matrix;
        let inputs: Vec<Vec<f64>> =
            (0..matrix.rows).map(|r| chosen.iter().map(|&c| matrix.row(r)[c]).collect()).collect();
        let count = parts.train.len() as f64;
        let mean = (0..chosen.len())
            .map(|c| parts.train.iter().map(|&row| inputs[row][c]).sum::<f64>() / count)
            .collect();
        // Where an axis stands among the inputs, and its mean and scale.
        let standing = |name: &String| {
            let code = encoder.features().iter().find(|f| f.name == *name).map(|f| &f.code);
            let Some(Code::Number(standard)) = code else { return None };
            let place = chosen.iter().position(|&c| all[c] == *name)?;
            Some((place, standard.mean, standard.scale))
        };
        let see = See::Columns { mean, axes: [standing(&axes[0]), standing(&axes[1])] };
        let (truth, labels) = match encoder.encode_targets(&table, &rows)? {
            Targets::Numbers(numbers) => (numbers, Vec::new()),
            Targets::Classes(classes) => {
                let names = target.labels().map(|labels| labels.names()).unwrap_or_default();
                (classes.into_iter().map(|class| class as f64).collect(), names)
            }
        };
        let mut problem = Problem {
            reason: target.to_string(),
            task: target.task(),
            palette: (0..labels.len()).collect(),
            labels,
            choices: all.iter().map(|name| (name.clone(), name.clone())).collect(),
            inputs: chosen.iter().map(|&c| all[c].clone()).collect(),
            view: around(&points),
            axes,
            numeric,
            columns,
            points,
            truth,
            train: Part::default(),
            held: Part::default(),
            see,
            table,
            encoder,
        };
        problem.train = problem.part(&parts.train, &inputs);
        problem.held = problem.part(&parts.held_out, &inputs);
        Ok(problem)
    }

    fn part(&self, rows: &[usize], inputs: &[Vec<f64>]) -> Part {
        let mut part = Part { rows: rows.to_vec(), ..Part::default() };
        for &row in rows {
            part.x.extend(inputs[row].iter().map(|&x| x as f32));
            part.y.extend(self.target(row).iter().map(|&t| t as f32));
        }
        part
    }

    /// The target of a row, as the network takes it.
    pub fn target(&self, row: usize) -> Vec<f64> {
        match self.task {
            Task::Regression | Task::Binary => vec![self.truth[row]],
            Task::Classes(count) => {
                (0..count).map(|class| f64::from(class as f64 == self.truth[row])).collect()
            }
        }
    }

    /// The inputs at a point of the plane; what is not on an axis is at its mean.
    pub fn see(&self, x: f64, y: f64) -> Vec<f64> {
        match &self.see {
            See::Plane(features) => features.iter().map(|feature| (feature.of)(x, y)).collect(),
            See::Columns { mean, axes } => {
                let mut inputs = mean.clone();
                for (axis, at) in axes.iter().zip([x, y]) {
                    if let Some((place, mean, scale)) = axis {
                        inputs[*place] = (at - mean) / scale;
                    }
                }
                inputs
            }
        }
    }

    /// Whether the inputs are scores of a table's columns.
    pub fn is_table(&self) -> bool {
        matches!(self.see, See::Columns { .. })
    }

    /// A quantity in the unit of the table.
    pub fn quantity(&self, learned: f64) -> f64 {
        match self.encoder.target_code() {
            TargetCode::Number(standard) if self.is_table() => standard.decode(learned),
            _ => learned,
        }
    }

    /// How many outputs the network has.
    pub fn outputs(&self) -> usize {
        net::outputs(self.task)
    }
}

/// Points of the plane with their class or quantity.
struct Plane {
    points: Vec<[f64; 2]>,
    truth: Vec<f64>,
    regression: bool,
    view: [f64; 4],
}

fn choose_features(names: &[String]) -> Result<Vec<Feature>, Wrong> {
    if names.is_empty() {
        return Ok(features::ALL[..2].to_vec());
    }
    let named = |name: &String| {
        features::named(name).ok_or_else(|| Wrong(format!("there is no feature {name:?}")))
    };
    names.iter().map(named).collect()
}

fn plane(data: &Data) -> Result<Plane, Wrong> {
    let Data { rows, noise, seed, classes, .. } = *data;
    let table = match data.set {
        Set::Moons => generate::moons(rows, noise, seed)?,
        Set::Circles => generate::circles(rows, noise, seed)?,
        Set::Xor => generate::xor(rows, noise, seed)?,
        Set::Gaussians => generate::gaussians(rows, classes, noise, seed)?,
        Set::Spirals => generate::spirals(rows, classes, noise, seed)?,
        Set::Plane => return filled(data, true, |x, y| Ok((x + y) / 2.0)),
        Set::Hills => return filled(data, true, |x, y| Ok(hills(x, y))),
        Set::Function => return above(data),
        Set::Points => return drawn(data),
        Set::Table => return Err("a table is no set of the plane".into()),
    };
    let column = |k: usize| match table.columns()[k].values() {
        Values::Numbers(numbers) => numbers.as_slice(),
        Values::Texts(_) => &[],
    };
    let points: Vec<[f64; 2]> = column(0).iter().zip(column(1)).map(|(&x, &y)| [x, y]).collect();
    let view = match data.set {
        Set::Moons => [-1.6, -1.85, 2.6, 2.35],
        _ => [-1.5, -1.5, 1.5, 1.5],
    };
    Ok(Plane { points, truth: column(2).to_vec(), regression: false, view })
}

/// Two hills and two hollows, at the corners of a square.
fn hills(x: f64, y: f64) -> f64 {
    let bump =
        |cx: f64, cy: f64| gradling::Real::exp(-((x - cx) * (x - cx) + (y - cy) * (y - cy)) / 0.18);
    bump(0.5, 0.5) + bump(-0.5, -0.5) - bump(0.5, -0.5) - bump(-0.5, 0.5)
}

/// The square from -1 to 1, evenly filled; the noise is added to the quantity.
fn filled(
    data: &Data,
    regression: bool,
    truth: impl Fn(f64, f64) -> Result<f64, Wrong>,
) -> Result<Plane, Wrong> {
    check_noise(data.noise)?;
    let mut rng = Rng::stream(data.seed, STREAM);
    let (mut points, mut all) = (Vec::new(), Vec::new());
    for _ in 0..data.rows {
        let (x, y) = (rng.between(-1.0, 1.0), rng.between(-1.0, 1.0));
        points.push([x, y]);
        all.push(truth(x, y)? + data.noise * rng.normal());
    }
    Ok(Plane { points, truth: all, regression, view: [-1.1, -1.1, 1.1, 1.1] })
}

fn check_noise(noise: f64) -> Result<(), Wrong> {
    if noise.is_finite() && noise >= 0.0 {
        return Ok(());
    }
    Err(format!("the noise is {noise}, but must be a finite number, at least 0").into())
}

/// Class 1 above a curve, before noise.
fn above(data: &Data) -> Result<Plane, Wrong> {
    check_noise(data.noise)?;
    let script = gradling_expr::parse(&data.function).map_err(|error| error.to_string())?;
    let free: Vec<String> = script.free_names().iter().map(|&name| name.to_owned()).collect();
    if let Some(other) = free.iter().find(|name| !["x", "x1"].contains(&name.as_str())) {
        return Err(format!("f(x) knows x alone, and the text uses `{other}`").into());
    }
    let f = |x: f64| -> Result<f64, Wrong> {
        scope(|| {
            let given: Vec<(&str, f64)> = free.iter().map(|name| (name.as_str(), x)).collect();
            let result = script.eval(given).map_err(|error| error.to_string())?;
            Ok(result.root.data())
        })
    };
    let mut rng = Rng::stream(data.seed, STREAM);
    let (mut points, mut truth) = (Vec::new(), Vec::new());
    for _ in 0..data.rows {
        let (x, y) = (rng.between(-2.0, 2.0), rng.between(-2.0, 2.0));
        let height = f(x)?;
        if height.is_nan() {
            return Err(format!(
                "f(x) is not a number at x = {x:.3}; take a function that is one from -2 to 2"
            )
            .into());
        }
        truth.push(f64::from(y > height));
        points.push([x + data.noise * rng.normal(), y + data.noise * rng.normal()]);
    }
    if truth.iter().all(|&t| t == truth[0]) {
        let side = if truth[0] == 1.0 { "above" } else { "below" };
        return Err(
            format!("all points lie {side} f(x), from -2 to 2: take another function").into()
        );
    }
    Ok(Plane { points, truth, regression: false, view: [-2.1, -2.1, 2.1, 2.1] })
}

fn drawn(data: &Data) -> Result<Plane, Wrong> {
    if data.points.len() < 2 {
        return Err("draw points of two classes at least".into());
    }
    let points = data.points.iter().map(|&(x, y, _)| [x, y]).collect();
    let truth = data.points.iter().map(|&(_, _, class)| class as f64).collect();
    Ok(Plane { points, truth, regression: false, view: [-1.1, -1.1, 1.1, 1.1] })
}

/// A frame around points, with some room.
fn around(points: &[[f64; 2]]) -> [f64; 4] {
    let range = |k: usize| {
        let low = points.iter().map(|p| p[k]).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(|p| p[k]).fold(f64::NEG_INFINITY, f64::max);
        let room = if high > low { 0.08 * (high - low) } else { 1.0 };
        (low - room, high + room)
    };
    let ((left, right), (bottom, top)) = (range(0), range(1));
    [left, bottom, right, top]
}
