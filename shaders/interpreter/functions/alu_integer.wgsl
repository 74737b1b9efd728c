// What GpSimd does on 32-bit integers themselves: the twin of INTEGER in src/isa/alu.ts. A word is signed or not by its own
// operand's format; the exact result is kept modulo 2^32, and comparisons give the integers 1 and 0.

struct AluInteger {
  word: u32,
  negative: bool,
}

fn alu_integer(word: u32, is_signed: bool) -> AluInteger {
  return AluInteger(word, is_signed & (word >= 0x80000000u));
}

fn alu_integer_size(x: AluInteger) -> u32 {
  return select(x.word, 0u - x.word, x.negative);
}

fn alu_integer_equals(x: AluInteger, y: AluInteger) -> bool {
  return (x.word == y.word) & (x.negative == y.negative);
}

fn alu_integer_is_below(x: AluInteger, y: AluInteger) -> bool {
  return select(x.word < y.word, x.negative, x.negative != y.negative);
}

fn alu_integer_add(x: AluInteger, y: AluInteger) -> u32 {
  return x.word + y.word;
}

fn alu_integer_subtract(x: AluInteger, y: AluInteger) -> u32 {
  return x.word - y.word;
}

fn alu_integer_multiply(x: AluInteger, y: AluInteger) -> u32 {
  return x.word * y.word;
}

fn alu_integer_maximum(x: AluInteger, y: AluInteger) -> u32 {
  return select(x.word, y.word, alu_integer_is_below(x, y));
}

fn alu_integer_minimum(x: AluInteger, y: AluInteger) -> u32 {
  return select(y.word, x.word, alu_integer_is_below(x, y));
}

fn alu_integer_equal(x: AluInteger, y: AluInteger) -> u32 {
  return u32(alu_integer_equals(x, y));
}

fn alu_integer_not_equal(x: AluInteger, y: AluInteger) -> u32 {
  return u32(!alu_integer_equals(x, y));
}

fn alu_integer_greater_equal(x: AluInteger, y: AluInteger) -> u32 {
  return u32(!alu_integer_is_below(x, y));
}

fn alu_integer_greater(x: AluInteger, y: AluInteger) -> u32 {
  return u32(alu_integer_is_below(y, x));
}

fn alu_integer_less_equal(x: AluInteger, y: AluInteger) -> u32 {
  return u32(!alu_integer_is_below(y, x));
}

fn alu_integer_less(x: AluInteger, y: AluInteger) -> u32 {
  return u32(alu_integer_is_below(x, y));
}

fn alu_integer_logical_and(x: AluInteger, y: AluInteger) -> u32 {
  return u32((x.word != 0u) & (y.word != 0u));
}

fn alu_integer_logical_or(x: AluInteger, y: AluInteger) -> u32 {
  return u32((x.word | y.word) != 0u);
}

fn alu_integer_logical_xor(x: AluInteger, y: AluInteger) -> u32 {
  return u32((x.word != 0u) != (y.word != 0u));
}

fn alu_integer_abs_max(x: AluInteger, y: AluInteger) -> u32 {
  return select(y.word, x.word, alu_integer_size(x) > alu_integer_size(y));
}

fn alu_integer_abs_min(x: AluInteger, y: AluInteger) -> u32 {
  return select(y.word, x.word, alu_integer_size(x) < alu_integer_size(y));
}
