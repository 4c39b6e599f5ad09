// Reads sequences from the standard input, as `trials` writes them, and writes decisions and
// answers after each step; it also says how large a state is.
#[path = "{{ file }}"]
#[allow(dead_code)]
mod machine;

use machine::Machine;
use std::io::{Read, Write};

fn take<const SIZE: usize>(from: &mut impl Read) -> [u8; SIZE] {
    let mut bytes = [0; SIZE];
    from.read_exact(&mut bytes).expect("more was promised");
    bytes
}

fn main() {
    let mut from = std::io::stdin().lock();
    let mut told = Vec::new();
    told.extend((core::mem::size_of::<Machine>() as i32).to_ne_bytes());
    for _ in 0..i32::from_ne_bytes(take(&mut from)) {
        let mut machine = Machine::new();
        for _ in 0..i32::from_ne_bytes(take(&mut from)) {
{% if rows %}
            let row: [f64; {{ n_channels }}] = core::array::from_fn(|_| f64::from_ne_bytes(take(&mut from)));
            let read = machine.step(&row);
{% else %}
            let read = machine.step(i32::from_ne_bytes(take(&mut from)) as usize);
{% endif %}
            told.extend((if read.is_ok() { 0i32 } else { -1i32 }).to_ne_bytes());
            told.extend(({{ "machine.decision().map_or(-1, |class| class as i32)" if decides else "-1i32" }}).to_ne_bytes());
            for number in machine.answer() {
                told.extend(number.to_ne_bytes());
            }
        }
    }
    std::io::stdout().write_all(&told).expect("the answers are taken");
}
